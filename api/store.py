"""Reads the table: movers, sessions, ticker rows and the status. Its layout is in `api.items`.

Reads are consistent: answers are cached for minutes, so one stale read would be served long after the write it missed.
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
    """The part of a DynamoDB client that reading needs."""

    @property
    def get_item(self) -> Callable[..., Mapping[str, Any]]: ...

    @property
    def query(self) -> Callable[..., Mapping[str, Any]]: ...


class RevisionConflictError(Exception):
    """Another writer changed the stored session since it was read, or its two items don't match."""


@dataclass(frozen=True, slots=True)
class Store:
    """The table, read-only. Every read raises `DamagedItemError` for an item that isn't in the form of `api.items`."""

    client: Reader
    table: str

    def movers(self, limit: int | None = None) -> list[Mover]:
        """Movers, newest first; all of them without a limit."""
        return list(map(items.mover, self._newest(MOVERS, limit)))

    def winners(self, limit: int | None = None, last: date | None = None) -> list[Winner]:
        """Like `movers`, but reads only the four published fields; with `last`, none of later days."""
        days = (date.min, last) if last else None
        return list(map(items.winner, self._newest(MOVERS, limit, days, ProjectionExpression=items.WINNER)))

    def sessions_between(self, first: date, last: date) -> Iterator[Session]:
        """Sessions from `first` to `last`, newest first, read page by page to save memory."""
        return map(items.session, self._newest(SESSIONS, None, (first, last)))

    def session(self, day: date) -> tuple[Mover, Session] | None:
        """A mover and its session, both of the same revision; `None` if there are neither.

        Raises `RevisionConflictError` if only one of them exists, or if they keep changing while being read.
        """
        for _ in range(READS):
            mover, session = self.halves(day)
            if not mover and not session:
                return None
            if mover and session and mover.revision == session.revision:
                return mover, session
        raise RevisionConflictError(
            f"the mover and the session of {day} do not belong together; the next run, or"
            f" `movers rebuild --from {day} --to {day} --apply`, repairs them"
        )

    def before(self, session: Session) -> Session | None:
        """The exchange's session before this one; `None` if it isn't stored, or not known."""
        item = self._get(SESSIONS, session.previous.isoformat()) if session.previous else None
        return items.session(item) if item else None

    def halves(self, day: date) -> tuple[Mover | None, Session | None]:
        """A day's mover and session, whether or not their revisions match; `None` for one that doesn't exist."""
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
        """At most `limit` items of a partition, newest first. DynamoDB ends a page at 1 MB, even below the limit."""
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
