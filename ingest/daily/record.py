"""The table, written too: movers with their sessions, ticker rows and the status."""

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
REFUSALS, PAUSE_SECONDS = 8, 0.05  # of a batch's items, which boto3 does not try again by itself


class ThrottledError(Exception):
    """The table takes no more items for now."""


@dataclass(frozen=True, slots=True)
class Record(Store):
    """The table through boto3's DynamoDB client."""

    client: "DynamoDBClient"

    def join(self, mover: Mover, session: Session, replaces: tuple[int | None, int | None]) -> None:
        """Write a mover and its session in one transaction.

        `replaces` are the revisions of the two items that were read, `None` for one that was not there. Raises
        `RevisionConflictError` if the table holds anything else by now.
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

    def note_splits(self, day: date, revision: int, splits: Mapping[str, Fraction]) -> None:
        """Note which splits a session began with. Raises `RevisionConflictError` if it was replaced."""
        self._set(SESSIONS, day, "Splits", items.split_fields(splits), revision)

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

    def _put(self, item: Item, replaces: int | None) -> "TransactWriteItemTypeDef":
        put: dict[str, Any] = {"TableName": self.table, "Item": item}
        if replaces is None:
            put["ConditionExpression"] = "attribute_not_exists(pk)"
        else:
            put["ConditionExpression"] = "Revision = :replaces"
            put["ExpressionAttributeValues"] = typed({":replaces": replaces})
        return {"Put": put}  # type: ignore[typeddict-item]
