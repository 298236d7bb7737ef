"""The table, read and written: movers, sessions, ticker rows and the status. `api.items` has its layout.

Reads are consistent: an answer is cached for minutes, so a stale read would outlive the write it missed.
"""

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

from api import items
from api.attributes import typed
from api.documents import instant
from api.items import LATEST, MOVERS, SESSIONS, STATUS, TICKER, Item, key
from api.records import Mover, Row, Session, Status, Winner

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

READS = 3
BATCH = 25  # items that one BatchWriteItem takes
REFUSALS, PAUSE_SECONDS = 8, 0.05  # of a batch's items, which boto3 does not try again by itself


class RevisionConflictError(Exception):
    """The stored session is not the one that was read: somebody else wrote it meanwhile."""


class ThrottledError(Exception):
    """The table takes no more items for now."""


@dataclass(frozen=True, slots=True)
class Store:
    """The table through boto3's DynamoDB client; what only reads can do with `api.dynamodb.Reader`.

    Every read raises `DamagedItemError` for an item that is not as this code writes it.
    """

    client: "DynamoDBClient"
    table: str

    def movers(self, limit: int | None = None) -> list[Mover]:
        """The newest movers first; all of them without a limit."""
        return list(map(items.mover, self._newest(MOVERS, limit)))

    def winners(self, limit: int | None = None) -> list[Winner]:
        """The same with only what lists show."""
        return list(map(items.winner, self._newest(MOVERS, limit, ProjectionExpression=items.WINNER)))

    def sessions(self, limit: int | None = None) -> list[Session]:
        """The newest sessions first; all of them without a limit."""
        return list(map(items.session, self._newest(SESSIONS, limit)))

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

    def record(self, mover: Mover, session: Session, replaces: int | None) -> None:
        """Write a mover and its session in one transaction.

        `replaces` is the revision that was read, or `None` where there was none. Raises `RevisionConflictError` if the
        table holds anything else by now.
        """
        self.join(mover, session, (replaces, replaces))

    def join(self, mover: Mover, session: Session, replaces: tuple[int | None, int | None]) -> None:
        """The same where the two items that were read are of different revisions, or only one is there."""
        try:
            self.client.transact_write_items(
                TransactItems=[
                    self._put(items.mover_item(mover), replaces[0]),
                    self._put(items.session_item(session, mover.ticker), replaces[1]),
                ]
            )
        except self.client.exceptions.TransactionCanceledException as refused:
            codes = {reason.get("Code") for reason in refused.response.get("CancellationReasons", [])}
            if codes & {"ConditionalCheckFailed", "TransactionConflict"}:
                raise RevisionConflictError(
                    f"the table's items of {mover.date} are not those that were read; the next run reads them again"
                ) from refused
            raise

    def check(self, day: date, revision: int, now: datetime) -> None:
        """Note that a re-read found the session unchanged. Raises `RevisionConflictError` if it was replaced."""
        self._set(MOVERS, day, "CheckedAt", instant(now), revision)

    def write_rows(self, rows: Iterable[Row], stale: Iterable[tuple[str, date]] = ()) -> None:
        """Put ticker rows, and delete those of the `stale` tickers and days."""
        puts = [{"PutRequest": {"Item": items.row_item(row)}} for row in rows]
        deletes = [{"DeleteRequest": {"Key": key(TICKER + ticker, day.isoformat())}} for ticker, day in stale]
        requests: list[Any] = [*puts, *deletes]
        refused = 0
        while requests:
            answer = self.client.batch_write_item(RequestItems={self.table: requests[:BATCH]})
            left = answer["UnprocessedItems"].get(self.table, [])
            requests = [*left, *requests[BATCH:]]
            refused = refused + 1 if left else 0
            if refused > REFUSALS:
                raise ThrottledError(f"the table has refused ticker rows {refused} times in a row")
            if left:
                time.sleep(PAUSE_SECONDS * 2**refused)

    def rows_written(self, day: date, revision: int) -> None:
        """Note that the ticker rows of a session are those of its revision.

        Raises `RevisionConflictError` if it was replaced.
        """
        self._set(SESSIONS, day, "Rows", revision, revision, " REMOVE Gone")

    def put_status(self, status: Status) -> None:
        self.client.put_item(TableName=self.table, Item=items.status_item(status))

    def _set(self, pk: str, day: date, name: str, value: Any, revision: int, also: str = "") -> None:
        """Set one attribute of an item of this revision."""
        try:
            self.client.update_item(
                TableName=self.table,
                Key=key(pk, day.isoformat()),
                UpdateExpression="SET #name = :value" + also,
                ConditionExpression="Revision = :revision",
                ExpressionAttributeNames={"#name": name},
                ExpressionAttributeValues=typed({":value": value, ":revision": revision}),
            )
        except self.client.exceptions.ConditionalCheckFailedException as refused:
            raise RevisionConflictError(f"{day} is no longer at revision {revision}") from refused

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

    def _put(self, item: Item, replaces: int | None) -> "TransactWriteItemTypeDef":
        put: dict[str, Any] = {"TableName": self.table, "Item": item}
        if replaces is None:
            put["ConditionExpression"] = "attribute_not_exists(pk)"
        else:
            put["ConditionExpression"] = "Revision = :replaces"
            put["ExpressionAttributeValues"] = typed({":replaces": replaces})
        return {"Put": put}  # type: ignore[typeddict-item]
