"""Writes the table: movers with their sessions, ticker rows and the status."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from api import items
from api.attributes import typed
from api.items import MOVERS, SESSIONS, TICKER, Item, key
from api.records import Mover, Row, Session, Status, instant
from api.store import RevisionConflictError, Store

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

BATCH = 25  # items that one BatchWriteItem takes
REFUSALS, PAUSE_SECONDS = 8, 0.05  # for the items a batch write leaves unprocessed, which boto3 doesn't retry


class ThrottledError(Exception):
    """The table keeps refusing items."""


@dataclass(frozen=True, slots=True)
class Record(Store):
    """The table, read and written through boto3's DynamoDB client."""

    client: "DynamoDBClient"

    def join(self, mover: Mover, session: Session, replaces: tuple[int | None, int | None]) -> None:
        """Write a mover and its session in one transaction.

        `replaces` are the revisions of the stored mover and session as they were read, `None` for one that didn't
        exist. Raises `RevisionConflictError` if that has changed.
        """
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
                    f"another writer changed the items of {mover.date} meanwhile; the next run reads them again"
                ) from refused
            raise

    def check(self, day: date, revision: int, now: datetime) -> None:
        """Note that the session's re-read was made. Raises `RevisionConflictError` if the session was replaced."""
        self._set(MOVERS, day, {"CheckedAt": instant(now)}, revision)

    def write_rows(self, rows: Iterable[Row], stale: Iterable[tuple[str, date]] = ()) -> None:
        """Put ticker rows, and delete those of the `stale` tickers and days. Raises `ThrottledError`."""
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

    def rows_written(self, session: Session) -> None:
        """Note that the session's ticker rows are written for its revision and say which session was before it, and
        that no old ones are left to delete.

        Raises `RevisionConflictError` if the session was replaced.
        """
        noted: dict[str, Any] = {"Rows": session.revision}
        if session.previous:
            noted["Previous"] = session.previous.isoformat()
        self._set(SESSIONS, session.date, noted, session.revision, " REMOVE Gone")

    def note_splits(self, day: date, revision: int, splits: Mapping[str, Fraction]) -> None:
        """Add the splits to a stored session, whose rows must then be written again.

        Raises `RevisionConflictError` if the session was replaced.
        """
        self._set(SESSIONS, day, {"Splits": items.split_fields(splits), "Rows": 0}, revision)

    def put_status(self, status: Status) -> None:
        self.client.put_item(TableName=self.table, Item=items.status_item(status))

    def _set(self, pk: str, day: date, values: Mapping[str, Any], revision: int, also: str = "") -> None:
        """Set attributes of an item, if the item still has this revision."""
        pairs = ", ".join(f"#{name} = :{name}" for name in values)
        try:
            self.client.update_item(
                TableName=self.table,
                Key=key(pk, day.isoformat()),
                UpdateExpression=f"SET {pairs}{also}",
                ConditionExpression="Revision = :revision",
                ExpressionAttributeNames={f"#{name}": name for name in values},
                ExpressionAttributeValues=typed(
                    {":revision": revision, **{f":{name}": value for name, value in values.items()}}
                ),
            )
        except self.client.exceptions.ConditionalCheckFailedException as refused:
            raise RevisionConflictError(f"{day} is no longer at revision {revision}") from refused

    def _put(self, item: Item, replaces: int | None) -> "TransactWriteItemTypeDef":
        put: dict[str, Any] = {"TableName": self.table, "Item": item}
        if replaces is None:
            put["ConditionExpression"] = "attribute_not_exists(pk)"
        else:
            put["ConditionExpression"] = "Revision = :replaces"
            put["ExpressionAttributeValues"] = typed({":replaces": replaces})
        return {"Put": put}  # type: ignore[typeddict-item]
