"""The table, read: movers, sessions, ticker rows and the status. `api.items` has its layout.

Reads are consistent: an answer is cached for minutes, so a stale read would outlive the write it missed.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Any, Protocol

from api import items
from api.attributes import typed
from api.items import LATEST, MOVERS, SESSIONS, STATUS, TICKER, Item, key
from api.records import Mover, Row, Session, Status, Winner

READS = 3


class Reader(Protocol):
    """What reading takes of a DynamoDB client."""

    @property
    def get_item(self) -> Callable[..., Mapping[str, Any]]: ...

    @property
    def query(self) -> Callable[..., Mapping[str, Any]]: ...


class RevisionConflictError(Exception):
    """The stored session is not the one that was read: somebody else wrote it meanwhile."""


@dataclass(frozen=True, slots=True)
class Store:
    """The table through a client that can read it.

    Every read raises `DamagedItemError` for an item that is not as this code writes it.
    """

    client: Reader
    table: str

    def movers(self, limit: int | None = None) -> list[Mover]:
        """The newest movers first; all of them without a limit."""
        return list(map(items.mover, self._newest(MOVERS, limit)))

    def winners(self, limit: int | None = None) -> list[Winner]:
        """The same with only what lists show."""
        return list(map(items.winner, self._newest(MOVERS, limit, ProjectionExpression=items.WINNER)))

    def sessions_between(self, first: date, last: date) -> Iterator[Session]:
        """Those from `first` to `last`, newest first. They are read page by page: a long history takes no memory."""
        return map(items.session, self._newest(SESSIONS, None, (first, last)))

    def session(self, day: date) -> tuple[Mover, Session] | None:
        """A mover and its session, of one and the same revision.

        Raises `RevisionConflictError` if only one of the two is there, or if they keep changing while being read.
        """
        for _ in range(READS):
            mover, session = self.halves(day)
            if not mover and not session:
                return None
            if mover and session and mover.revision == session.revision:
                return mover, session
        raise RevisionConflictError(
            f"the mover and the session of {day} do not belong together; the next run, or"
            f" `movers rebuild --from {day} --to {day} --apply`, joins them again"
        )

    def halves(self, day: date) -> tuple[Mover | None, Session | None]:
        """A mover and its session as they stand, whether they belong together or not."""
        mover, session = self._get(MOVERS, day.isoformat()), self._get(SESSIONS, day.isoformat())
        return (items.mover(mover) if mover else None), (items.session(session) if session else None)

    def ticker(self, symbol: str, limit: int) -> list[Row]:
        """The newest rows of a ticker, newest first."""
        return list(map(items.row, self._newest(TICKER + symbol, limit)))

    def status(self) -> Status | None:
        item = self._get(STATUS, LATEST)
        return items.status(item) if item else None

    def _get(self, pk: str, sk: str) -> Item | None:
        answer = self.client.get_item(TableName=self.table, Key=key(pk, sk), ConsistentRead=True)
        return answer.get("Item")

    def _newest(
        self, pk: str, limit: int | None, days: tuple[date, date] | None = None, **query: Any
    ) -> Iterator[Item]:
        """At most `limit` items of a partition, newest first. A page ends at 1 MB whatever the limit says."""
        condition, values = "pk = :pk", {":pk": pk}
        if days:
            condition += " AND sk BETWEEN :first AND :last"
            values |= {":first": days[0].isoformat(), ":last": days[1].isoformat()}
        if limit:
            query["Limit"] = limit
        query |= {
            "TableName": self.table,
            "KeyConditionExpression": condition,
            "ExpressionAttributeValues": typed(values),
            "ScanIndexForward": False,
            "ConsistentRead": True,
        }
        return islice(self._pages(query), limit)

    def _pages(self, query: dict[str, Any]) -> Iterator[Item]:
        while True:
            page = self.client.query(**query)
            yield from page["Items"]
            if "LastEvaluatedKey" not in page:
                return
            query["ExclusiveStartKey"] = page["LastEvaluatedKey"]
