"""The lease: one run writes at a time.

A run holds the lease for as long as it can live, so a dead holder's lease ends by itself. A run that ended well
takes its lease away; one that died or failed leaves it behind, and whoever finds it knows that the twins may lag
behind the table.
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
    """Another run is at work."""


@dataclass(frozen=True, slots=True)
class Lease:
    """What this run holds. `found_dead` tells that the run before it may not have ended well."""

    client: "DynamoDBClient"
    table: str
    token: str
    found_dead: bool

    def report(self, done: int, planned: int, waiting_seconds: float = 0) -> None:
        """Show the progress in upstream calls to whoever watches. Raises if the lease was lost."""
        self._update(
            "SET Done = :done, Planned = :planned, Waiting = :waiting",
            done={"N": str(done)},
            planned={"N": str(planned)},
            waiting={"N": str(ceil(waiting_seconds))},
        )

    def release(self) -> None:
        """End well. To find it released is no fault: the client tries again when an answer is lost."""
        self.client.delete_item(
            TableName=self.table,
            Key=KEY,
            ConditionExpression="attribute_not_exists(pk) OR #token = :token",
            ExpressionAttributeNames={"#token": "Token"},
            ExpressionAttributeValues={":token": {"S": self.token}},
        )

    def abandon(self, now: datetime) -> None:
        """End badly: free for the next run at once, which then compares every twin with the table."""
        with suppress(self.client.exceptions.ConditionalCheckFailedException):  # lost: nothing to give up
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
    """Where the lease is: the table."""

    client: "DynamoDBClient"
    table: str

    @contextmanager
    def held(self, owner: str, now: datetime, life: timedelta) -> Iterator[Lease]:
        """Work under the lease: it is released after a good end and abandoned after a bad one.

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
        """Take the lease for `life`, which is how long this run can last at most, plus a minute.

        Raises `LeaseHeldError` while another run holds it. A lost answer makes the client try again, and then the lease
        is this one's already; the token tells so. The owner does not: an invocation that comes twice shares it.
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
        """The lease's item as it stands in the table; empty where nobody holds it."""
        return cast(dict[str, Any], self.client.get_item(TableName=self.table, Key=KEY).get("Item", {}))


def _held(holder: dict[str, dict[str, str]]) -> str:
    owner, until = (holder.get(name, {}).get("S", "unknown") for name in ("Owner", "ExpiresAt"))
    return f"run {owner} is at work, until {until} at the latest"


def _stamp(moment: datetime) -> str:
    """RFC 3339 to the second, rounded up, so that stamps compare like the instants they stand for."""
    return instant(datetime.fromtimestamp(ceil(moment.timestamp()), UTC))
