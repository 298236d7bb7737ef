"""Bars, sessions and movers as the tests need them."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction

from api.records import Bar, Mover, Session, Source, Status
from ingest.daily.judge import mover_of
from ingest.daily.record import Record
from ingest.daily.rows import writes

DAY = date(2026, 2, 10)
WATCHLIST = ("AAPL", "MSFT", "TSLA")
NIGHT = datetime(2026, 2, 11, 5, 10, 9, tzinfo=UTC)


def bar(open_: str, close: str, volume: str = "1000") -> Bar:
    """A sane bar between two prices."""
    prices = (Decimal(open_), Decimal(close))
    return Bar(prices[0], max(prices), min(prices), prices[1], Decimal(volume))


BARS = {"AAPL": bar("100", "101"), "MSFT": bar("300", "297.5"), "TSLA": bar("250", "241.345678")}


def session(day: date = DAY, revision: int = 1, **bars: Bar) -> Session:
    return Session(day, revision, WATCHLIST, BARS | bars)


NEXT = replace(session(date(2026, 2, 11)), splits={"TSLA": Fraction(5, 2)}, previous=DAY)
"""The session after that of `DAY`, at whose open TSLA was split."""


def mover(of: Session, now: datetime = NIGHT) -> Mover:
    return mover_of(of, "massive", now)


def record(store: Record, session: Session, replaces: int | None = None) -> None:
    """Store a session as a run does, ticker rows included."""
    store.join(mover(session), session, (replaces, replaces))
    for write in writes(store, session, mover(session).ticker):
        write()
    store.rows_written(session)


def status(as_of: date | None = DAY) -> Status:
    return Status(
        as_of=as_of,
        generated_at=NIGHT,
        stale_after=datetime(2026, 2, 12, 15, 5, tzinfo=UTC),
        next_session=date(2026, 2, 11),
        expected=(DAY, date(2026, 2, 9)),
        missing=(date(2026, 2, 9),),
        watchlist=WATCHLIST,
        source=Source("massive", "live"),
    )


TOLD = replace(
    status(),
    checked_at=NIGHT,
    ready_at=datetime(2026, 2, 12, 5, 5, tzinfo=UTC),
    names={"TSLA": "Tesla", "AAPL": "Apple", "IBM": "Big Blue"},
    recorded={date(2026, 2, 9): NIGHT, DAY: NIGHT},
    holidays={date(2026, 2, 16): "Washington's Birthday", date(2026, 1, 19): "Martin Luther King Jr. Day"},
)
"""A status with all that it may have."""
