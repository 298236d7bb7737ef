"""The table's items: how records are laid out in DynamoDB and read back.

| item    | pk          | sk         | contents                                              |
|---------|-------------|------------|-------------------------------------------------------|
| mover   | MOVERS      | 2026-02-10 | who won a session                                     |
| session | SESSIONS    | 2026-02-10 | the watchlist and its bars                            |
| ticker  | TICKER#AAPL | 2026-02-10 | one ticker's bar: its history is one cheap query      |
| status  | STATUS      | LATEST     | how fresh the data is, and what is due                |
| lease   | LEASE       | INGEST     | which run may write (`ingest.lease`)                  |
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from functools import wraps
from typing import Any, TypeVar

from api.attributes import plain, typed
from api.records import Bar, Hole, Mover, Row, Session, Source, Status, Winner, instant

MOVERS, SESSIONS, TICKER, STATUS, LATEST = "MOVERS", "SESSIONS", "TICKER#", "STATUS", "LATEST"
WINNER = "pk, sk, Ticker, PercentChange, ClosingPrice"  # the projection that `winner` reads

Item = Mapping[str, Any]
Fact = TypeVar("Fact")


class DamagedItemError(Exception):
    """An item isn't in the form written here. Every item but the lease can be rebuilt from the others."""

    def __init__(self, pk: str, sk: str, reason: str) -> None:
        super().__init__(
            f"the table's item {pk} / {sk} is damaged ({reason}); delete it, and the next run rebuilds it:"
            " infra/RUNBOOK.md#a-damaged-item"
        )
        self.pk, self.sk = pk, sk


def key(pk: str, sk: str) -> dict[str, Any]:
    """An item's key, in DynamoDB's form."""
    return typed({"pk": pk, "sk": sk})


def _reading(parse: Callable[[Item], Fact]) -> Callable[[Item], Fact]:
    """Wrap a parser: a missing or mistyped attribute raises `DamagedItemError`, which names the item."""

    @wraps(parse)
    def read(item: Item) -> Fact:
        try:
            return parse(item)
        except (ArithmeticError, AttributeError, KeyError, TypeError, ValueError) as wrong:
            pk, sk = (item.get(name, {}).get("S", "?") for name in ("pk", "sk"))
            raise DamagedItemError(pk, sk, f"{type(wrong).__name__}: {wrong}") from wrong

    return read


def mover_item(mover: Mover) -> Item:
    item = {
        "pk": MOVERS,
        "sk": mover.date.isoformat(),
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
    return typed({name: value for name, value in item.items() if value is not None})


@_reading
def mover(item: Item) -> Mover:
    item = plain(item)
    margin, runner_up = item.get("Margin"), item.get("RunnerUp")
    return Mover(
        date=date.fromisoformat(item["sk"]),
        ticker=_text(item["Ticker"]),
        percent_change=_number(item["PercentChange"]),
        closing_price=_number(item["ClosingPrice"]),
        open=_number(item["Open"]),
        runner_up=None if runner_up is None else _text(runner_up),
        margin=None if margin is None else _number(margin),
        provider=_text(item["Provider"]),
        recorded_at=datetime.fromisoformat(item["RecordedAt"]),
        checked_at=_instant(item.get("CheckedAt")),
        revision=_whole(item["Revision"]),
    )


@_reading
def winner(item: Item) -> Winner:
    """Read straight from DynamoDB's form, for speed: a year's list has 366 of them. A wrong type raises too."""
    return Winner(
        date.fromisoformat(item["sk"]["S"]),
        item["Ticker"]["S"],
        Decimal(item["PercentChange"]["N"]),
        Decimal(item["ClosingPrice"]["N"]),
    )


def session_item(session: Session, winner: str) -> Item:
    item = {
        "pk": SESSIONS,
        "sk": session.date.isoformat(),
        "Revision": session.revision,
        "Winner": winner,
        "Watchlist": list(session.watchlist),
        "Bars": {ticker: bar.fields for ticker, bar in session.bars.items()},
        **({"Excused": dict(session.excused)} if session.excused else {}),
        **({} if session.splits is None else {"Splits": split_fields(session.splits)}),
        **({"Previous": session.previous.isoformat()} if session.previous else {}),
        **({"Gone": list(session.gone)} if session.gone else {}),
    }
    return typed(item)


@_reading
def session(item: Item) -> Session:
    item = plain(item)
    return Session(
        date=date.fromisoformat(item["sk"]),
        revision=_whole(item["Revision"]),
        watchlist=_texts(item["Watchlist"]),
        bars={ticker: _bar(bar) for ticker, bar in item["Bars"].items()},
        excused={ticker: _text(reason) for ticker, reason in item.get("Excused", {}).items()},
        splits=_splits(item["Splits"]) if "Splits" in item else None,
        previous=_day(item.get("Previous")),
        rows=_whole(item.get("Rows", Decimal(0))),
        gone=_texts(item.get("Gone", [])),
    )


def split_fields(splits: Mapping[str, Fraction]) -> dict[str, str]:
    """`{"AAPL": "4"}` for four new shares per old one; `"1/10"` where ten shares became one."""
    return {ticker: str(ratio) for ticker, ratio in splits.items()}


def row_item(row: Row) -> Item:
    day = row.date.isoformat()
    return typed(
        {
            "pk": TICKER + row.ticker,
            "sk": day,
            "SymbolDate": f"{row.ticker}#{day}",
            "Open": row.bar.open,
            "High": row.bar.high,
            "Low": row.bar.low,
            "Close": row.bar.close,
            "Volume": row.bar.volume,
            "Won": row.won,
            "Revision": row.revision,
            **({} if row.split is None else {"Split": str(row.split)}),
            **({"Previous": row.previous.isoformat()} if row.previous else {}),
        }
    )


@_reading
def row(item: Item) -> Row:
    item = plain(item)
    won = item["Won"]
    if not isinstance(won, bool):
        raise TypeError(f"Won is {won!r}")
    return Row(
        ticker=item["pk"].removeprefix(TICKER),
        date=date.fromisoformat(item["sk"]),
        bar=_bar(item),
        won=won,
        revision=_whole(item["Revision"]),
        split=Fraction(_text(item["Split"])) if "Split" in item else None,
        previous=_day(item.get("Previous")),
    )


def status_item(status: Status) -> Item:
    item = {
        "pk": STATUS,
        "sk": LATEST,
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
        "Holes": {str(day): _hole_fields(hole) for day, hole in status.holes.items()},
        "CheckedAt": status.checked_at and instant(status.checked_at),
        "ReadyAt": status.ready_at and instant(status.ready_at),
        "Names": dict(status.names),
        "Recorded": {str(day): instant(at) for day, at in status.recorded.items()},
        "Holidays": {str(day): name for day, name in status.holidays.items()},
        "Pages": status.pages,
    }
    return typed(item)


@_reading
def status(item: Item) -> Status:
    item = plain(item)
    return Status(
        as_of=item["AsOf"] and date.fromisoformat(item["AsOf"]),
        generated_at=datetime.fromisoformat(item["GeneratedAt"]),
        stale_after=datetime.fromisoformat(item["StaleAfter"]),
        next_session=date.fromisoformat(item["NextSession"]),
        expected=tuple(map(date.fromisoformat, _texts(item["Expected"]))),
        missing=tuple(map(date.fromisoformat, _texts(item["Missing"]))),
        watchlist=_texts(item["Watchlist"]),
        source=Source(_text(item["Provider"]), _text(item["Kind"]), _whole(item["ClockOffsetSeconds"])),
        holes={date.fromisoformat(day): _hole(fields) for day, fields in item.get("Holes", {}).items()},
        checked_at=_instant(item.get("CheckedAt")),
        ready_at=_instant(item.get("ReadyAt")),
        names={ticker: _text(name) for ticker, name in item.get("Names", {}).items()},
        recorded={
            date.fromisoformat(day): datetime.fromisoformat(at)
            for day, at in item.get("Recorded", {}).items()
        },
        holidays={date.fromisoformat(day): _text(name) for day, name in item.get("Holidays", {}).items()},
        pages=_text(item.get("Pages", "")),
    )


def _hole_fields(hole: Hole) -> dict[str, str]:
    return {"Reason": hole.reason, "AskAfter": instant(hole.ask_after), "Terms": hole.terms}


def _hole(fields: Item) -> Hole:
    return Hole(_text(fields["Reason"]), datetime.fromisoformat(fields["AskAfter"]), _text(fields["Terms"]))


def _bar(item: Item) -> Bar:
    return Bar(*(_number(item[name]) for name in ("Open", "High", "Low", "Close", "Volume")))


def _splits(item: Item) -> dict[str, Fraction]:
    return {ticker: Fraction(_text(ratio)) for ticker, ratio in item.items()}


def _day(text: Any) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _instant(text: Any) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _number(value: Any) -> Decimal:
    if not isinstance(value, Decimal):
        raise TypeError(f"{value!r} isn't a number")
    return value


def _whole(value: Any) -> int:
    return int(_number(value))


def _texts(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise TypeError(f"{value!r} isn't a list")
    return tuple(map(_text, value))


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} isn't text")
    return value
