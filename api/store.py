"""The table: how movers, sessions and the status are laid out in DynamoDB, read, and written.

| item    | pk       | sk         |
|---------|----------|------------|
| mover   | MOVERS   | 2026-02-10 |
| session | SESSIONS | 2026-02-10 |
| status  | STATUS   | LATEST     |

Reads are consistent: an answer is cached for minutes, so a stale read would outlive the write it missed.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

from api.attributes import plain, typed
from api.records import Bar, Mover, Session, Source, Status, Winner
from api.resources import bar_fields, instant

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

MOVERS, SESSIONS, STATUS = "MOVERS", "SESSIONS", "STATUS"
LATEST = "LATEST"
READS = 3

Item = dict[str, Any]


class RevisionConflictError(Exception):
    """The stored session is not the one that was read: somebody else wrote it meanwhile."""


@dataclass(frozen=True, slots=True)
class Store:
    """The table through boto3's DynamoDB client; what only reads can do with `api.dynamodb.Reader`."""

    client: "DynamoDBClient"
    table: str

    def movers(self, limit: int | None = None) -> list[Mover]:
        """The newest movers first; all of them without a limit."""
        return [_mover(item) for item in islice(self._newest(MOVERS, limit), limit)]

    def winners(self, limit: int | None = None) -> list[Winner]:
        """The same, of which no more is read than lists tell."""
        newest = self._newest(MOVERS, limit, ProjectionExpression="sk, Ticker, PercentChange, ClosingPrice")
        return [
            Winner(
                date.fromisoformat(item["sk"]), item["Ticker"], item["PercentChange"], item["ClosingPrice"]
            )
            for item in islice(newest, limit)
        ]

    def sessions(self, limit: int | None = None) -> list[Session]:
        """The newest sessions first; all of them without a limit."""
        return [_session(item) for item in islice(self._newest(SESSIONS, limit), limit)]

    def sessions_between(self, first: date, last: date) -> Iterator[Session]:
        """Those from `first` to `last`, newest first. They are read page by page: a long history takes no memory."""
        return map(_session, self._newest(SESSIONS, None, (first, last)))

    def session(self, day: date) -> tuple[Mover, Session] | None:
        """A mover and its session, of one and the same revision.

        Raises `RevisionConflictError` if only one of the two is there, or if they keep changing while being read.
        """
        for _ in range(READS):
            mover, session = self._get(MOVERS, day.isoformat()), self._get(SESSIONS, day.isoformat())
            if not mover and not session:
                return None
            if mover and session and mover["Revision"] == session["Revision"]:
                return _mover(mover), _session(session)
        raise RevisionConflictError(
            f"the mover and the session of {day} do not belong together; if one of the two items is lost, delete"
            " the other, and the next run fetches the session again"
        )

    def ticker(self, symbol: str, limit: int) -> list[tuple[date, Bar, str]]:
        """`(date, bar, winner)` of the sessions that hold the ticker, among the `limit` newest, newest first."""
        newest = self._newest(
            SESSIONS,
            limit,
            ProjectionExpression="sk, Winner, Bars.#ticker",
            ExpressionAttributeNames={"#ticker": symbol},
        )
        return [
            (date.fromisoformat(item["sk"]), _bar(item["Bars"][symbol]), item["Winner"])
            for item in islice(newest, limit)
            if symbol in item.get("Bars", {})
        ]

    def status(self) -> Status | None:
        item = self._get(STATUS, LATEST)
        return _status(item) if item else None

    def record(self, mover: Mover, session: Session, replaces: int | None) -> None:
        """Write a mover and its session in one transaction.

        `replaces` is the revision that was read, or `None` where there was none. Raises `RevisionConflictError` if the
        table holds anything else by now.
        """
        try:
            self.client.transact_write_items(
                TransactItems=[
                    self._put(_mover_item(mover), replaces),
                    self._put(_session_item(session, mover.ticker), replaces),
                ]
            )
        except self.client.exceptions.TransactionCanceledException as refused:
            codes = {reason.get("Code") for reason in refused.response.get("CancellationReasons", [])}
            if codes & {"ConditionalCheckFailed", "TransactionConflict"}:
                expected = f"at revision {replaces}" if replaces else "absent"
                raise RevisionConflictError(
                    f"the table's items of {mover.date} are not {expected}; if one of the two, mover and session, is"
                    " lost, delete the other, and the next run fetches the session again"
                ) from refused
            raise

    def check(self, day: date, revision: int, now: datetime) -> None:
        """Note that a re-read found the session unchanged. Raises `RevisionConflictError` if it was replaced."""
        try:
            self.client.update_item(
                TableName=self.table,
                Key=_key(MOVERS, day.isoformat()),
                UpdateExpression="SET CheckedAt = :now",
                ConditionExpression="Revision = :revision",
                ExpressionAttributeValues=typed({":now": instant(now), ":revision": revision}),
            )
        except self.client.exceptions.ConditionalCheckFailedException as refused:
            raise RevisionConflictError(f"{day} is no longer at revision {revision}") from refused

    def put_status(self, status: Status) -> None:
        self.client.put_item(TableName=self.table, Item=typed(_status_item(status)))

    def _get(self, pk: str, sk: str) -> Item:
        answer = self.client.get_item(TableName=self.table, Key=_key(pk, sk), ConsistentRead=True)
        return plain(answer.get("Item", {}))

    def _newest(
        self, pk: str, limit: int | None, days: tuple[date, date] | None = None, **query: Any
    ) -> Iterator[Item]:
        """Items of a partition, newest first, page after page: a page ends at 1 MB whatever the limit says."""
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
        while True:
            page = self.client.query(**query)
            yield from map(plain, page["Items"])
            if "LastEvaluatedKey" not in page:
                return
            query["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def _put(self, item: Item, replaces: int | None) -> "TransactWriteItemTypeDef":
        put: dict[str, Any] = {"TableName": self.table, "Item": typed(item)}
        if replaces is None:
            put["ConditionExpression"] = "attribute_not_exists(pk)"
        else:
            put["ConditionExpression"] = "Revision = :replaces"
            put["ExpressionAttributeValues"] = typed({":replaces": replaces})
        return {"Put": put}  # type: ignore[typeddict-item]


def _mover_item(mover: Mover) -> Item:
    item = {
        **_keys(MOVERS, mover.date.isoformat()),
        "Date": mover.date.isoformat(),
        "Ticker": mover.ticker,
        "PercentChange": mover.percent_change,
        "ClosingPrice": mover.closing_price,
        "Open": mover.open,
        "RunnerUp": mover.runner_up,
        "Margin": mover.margin,
        "Provider": mover.provider,
        "RecordedAt": instant(mover.recorded_at),
        "CheckedAt": mover.checked_at and instant(mover.checked_at),
        "Revision": mover.revision,
    }
    return {name: value for name, value in item.items() if value is not None}


def _mover(item: Item) -> Mover:
    checked_at = item.get("CheckedAt")
    return Mover(
        date=date.fromisoformat(item["Date"]),
        ticker=item["Ticker"],
        percent_change=item["PercentChange"],
        closing_price=item["ClosingPrice"],
        open=item["Open"],
        runner_up=item.get("RunnerUp"),
        margin=item.get("Margin"),
        provider=item["Provider"],
        recorded_at=datetime.fromisoformat(item["RecordedAt"]),
        checked_at=checked_at and datetime.fromisoformat(checked_at),
        revision=int(item["Revision"]),
    )


def _session_item(session: Session, winner: str) -> Item:
    return {
        **_keys(SESSIONS, session.date.isoformat()),
        "Revision": session.revision,
        "Winner": winner,
        "Watchlist": list(session.watchlist),
        "Bars": {ticker: bar_fields(bar) for ticker, bar in session.bars.items()},
        **({"Excused": dict(session.excused)} if session.excused else {}),
    }


def _session(item: Item) -> Session:
    return Session(
        date=date.fromisoformat(item["sk"]),
        revision=int(item["Revision"]),
        watchlist=tuple(item["Watchlist"]),
        bars={ticker: _bar(bar) for ticker, bar in item["Bars"].items()},
        excused=item.get("Excused", {}),
    )


def _bar(item: Mapping[str, Any]) -> Bar:
    return Bar(item["Open"], item["High"], item["Low"], item["Close"], item["Volume"])


def _status_item(status: Status) -> Item:
    return {
        **_keys(STATUS, LATEST),
        "AsOf": status.as_of and status.as_of.isoformat(),
        "GeneratedAt": instant(status.generated_at),
        "StaleAfter": instant(status.stale_after),
        "NextSession": status.next_session.isoformat(),
        "Expected": [day.isoformat() for day in status.expected],
        "Missing": [day.isoformat() for day in status.missing],
        "Watchlist": list(status.watchlist),
        "Provider": status.source.provider,
        "Kind": status.source.kind,
        "ClockOffsetSeconds": status.source.clock_offset_seconds,
    }


def _status(item: Item) -> Status:
    return Status(
        as_of=item["AsOf"] and date.fromisoformat(item["AsOf"]),
        generated_at=datetime.fromisoformat(item["GeneratedAt"]),
        stale_after=datetime.fromisoformat(item["StaleAfter"]),
        next_session=date.fromisoformat(item["NextSession"]),
        expected=tuple(map(date.fromisoformat, item["Expected"])),
        missing=tuple(map(date.fromisoformat, item["Missing"])),
        watchlist=tuple(item["Watchlist"]),
        source=Source(item["Provider"], item["Kind"], int(item["ClockOffsetSeconds"])),
    )


def _keys(pk: str, sk: str) -> dict[str, str]:
    return {"pk": pk, "sk": sk}


def _key(pk: str, sk: str) -> dict[str, Any]:
    return typed(_keys(pk, sk))
