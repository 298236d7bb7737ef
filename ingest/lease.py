"""The lease: one run writes at a time.

A run takes the lease for as long as it can live, so a dead run's lease expires by itself. A run that ends well deletes
its lease. One that dies or fails leaves it behind, which tells the next run that the twins may lag behind the table.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import TYPE_CHECKING, Any, cast
from uuid import uuid4

from api.names import LEASE
from api.records import instant

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEY = {"pk": {"S": LEASE}, "sk": {"S": "INGEST"}}
MARGIN = timedelta(minutes=1)


class LeaseHeldError(Exception):
    """Another run is in progress."""


@dataclass(frozen=True, slots=True)
class Lease:
    """This run's lease. `found_dead`: the previous run left its lease behind, so it may have died or failed."""

    client: "DynamoDBClient"
    table: str
    token: str
    found_dead: bool

    def report(self, done: int, planned: int, waiting_seconds: float = 0) -> None:
        """Write the progress, in upstream calls, for `movers backfill` to show. Raises if the lease was lost."""
        self._update(
            "SET Done = :done, Planned = :planned, Waiting = :waiting",
            done={"N": str(done)},
            planned={"N": str(planned)},
            waiting={"N": str(ceil(waiting_seconds))},
        )

    def release(self) -> None:
        """End well. An already deleted lease is fine: the client repeats a delete whose response was lost."""
        self.client.delete_item(
            TableName=self.table,
            Key=KEY,
            ConditionExpression="attribute_not_exists(pk) OR #token = :token",
            ExpressionAttributeNames={"#token": "Token"},
            ExpressionAttributeValues={":token": {"S": self.token}},
        )

    def abandon(self, now: datetime) -> None:
        """End badly: expire now, so that the next run can start, and compares every twin with the table."""
        with suppress(self.client.exceptions.ConditionalCheckFailedException):  # already lost to another run
            self._update("SET ExpiresAt = :now", now={"S": _stamp(now)})

    def _update(self, expression: str, **values: dict[str, str]) -> None:
        self.client.update_item(
            TableName=self.table,
            Key=KEY,
            UpdateExpression=expression,
            ConditionExpression="#token = :token",
            ExpressionAttributeNames={"#token": "Token"},
            ExpressionAttributeValues={":token": {"S": self.token}}
            | {f":{name}": value for name, value in values.items()},
        )


@dataclass(frozen=True, slots=True)
class Leases:
    """Takes and reads the lease, an item of the table."""

    client: "DynamoDBClient"
    table: str

    @contextmanager
    def held(self, owner: str, now: datetime, life: timedelta) -> Iterator[Lease]:
        """Hold the lease for a `with` block, then release it, or abandon it after an exception.

        Raises `LeaseHeldError` while another run holds it.
        """
        lease = self.take(owner, now, life)
        try:
            yield lease
        except BaseException:
            lease.abandon(now)
            raise
        lease.release()

    def take(self, owner: str, now: datetime, life: timedelta) -> Lease:
        """Take the lease for `life` (how long this run can last at most) plus a minute.

        Raises `LeaseHeldError` while another run holds it. If a response is lost, the client tries again and finds its
        own lease, which it recognizes by the token; the owner wouldn't do, because a repeated invocation shares it.
        """
        token, until = {"S": uuid4().hex}, {"S": _stamp(now + life + MARGIN)}
        try:
            answer = self.client.put_item(
                TableName=self.table,
                Item={**KEY, "Owner": {"S": owner}, "Token": token, "ExpiresAt": until},
                ConditionExpression="attribute_not_exists(pk) OR ExpiresAt <= :now OR #token = :token",
                ExpressionAttributeNames={"#token": "Token"},
                ExpressionAttributeValues={":now": {"S": _stamp(now)}, ":token": token},
                ReturnValues="ALL_OLD",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except self.client.exceptions.ConditionalCheckFailedException as held:
            raise LeaseHeldError(_held(cast(Any, held.response).get("Item", {}))) from held
        return Lease(self.client, self.table, token["S"], found_dead=bool(answer.get("Attributes")))

    def read(self) -> dict[str, Any]:
        """The lease's item; empty if there is none."""
        return cast(dict[str, Any], self.client.get_item(TableName=self.table, Key=KEY).get("Item", {}))


def _held(holder: dict[str, dict[str, str]]) -> str:
    owner, until = (holder.get(name, {}).get("S", "unknown") for name in ("Owner", "ExpiresAt"))
    return f"run {owner} is in progress, until {until} at the latest"


def _stamp(moment: datetime) -> str:
    """RFC 3339, rounded up to a second; as text, stamps sort by time."""
    return instant(datetime.fromtimestamp(ceil(moment.timestamp()), UTC))
