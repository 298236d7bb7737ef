"""What ingest has stored at chosen moments, and what it publishes of it, all by the product's own functions.

The moments are fixed and the sessions are those of the real calendar: a state of the page is the same on every day
that it is looked at.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from functools import cache, cached_property
from typing import cast

from api import documents
from api.markets import US
from api.records import Bar, Mover, Row, Session, Source, rows
from api.store import Store
from api.vendors import MASSIVE
from api.watchlists import Watchlists
from ingest.calendar import Ready, load_calendar
from ingest.daily.feed import Channel
from ingest.daily.freshness import status_of
from ingest.daily.judge import judge, mover_of
from ingest.daily.plan import window
from ingest.daily.run import Rules
from ingest.daily.stored import Stored
from ingest.daily.twins import status_twin, twins
from ingest.site import Twin
from scripts.vendors.tape.simulated import SimulatedTape

# Noon in New York.
RECORDED = datetime(2026, 5, 30, 16, tzinfo=UTC)
FRIDAY = datetime(2026, 11, 20, 17, tzinfo=UTC)
SATURDAY = datetime(2026, 11, 21, 17, tzinfo=UTC)
MONDAY = datetime(2026, 11, 23, 17, tzinfo=UTC)
TUESDAY = datetime(2026, 11, 24, 17, tzinfo=UTC)
THANKSGIVING = datetime(2026, 11, 26, 17, tzinfo=UTC)

WATCHLIST = ("AAPL", "MSFT", "GOOGL", "AMZN", "TSLA", "NVDA")
NAMES = {
    "AAPL": "Apple",
    "MSFT": "Microsoft",
    "GOOGL": "Alphabet",
    "AMZN": "Amazon",
    "TSLA": "Tesla",
    "NVDA": "Nvidia",
}
YEAR = 260
READY = Ready(1, time(0, 5))
SITE_URL = "https://localhost"


@dataclass(frozen=True)
class Record:
    """Everything that is stored when ingest has run `at` an instant; sessions are newest first."""

    at: datetime
    sessions: tuple[Session, ...]
    watchlist: tuple[str, ...] = WATCHLIST
    kind: str = "live"

    def ticker(self, symbol: str, limit: int) -> list[Row]:
        """As the store reads them."""
        return self._rows.get(symbol, [])[:limit]

    @cached_property
    def _rows(self) -> dict[str, list[Row]]:
        found: dict[str, list[Row]] = {}
        for session, mover in zip(self.sessions, self._movers, strict=True):
            for row in rows(session, mover.ticker):
                found.setdefault(row.ticker, []).append(row)
        return found

    @cached_property
    def _movers(self) -> list[Mover]:
        return [_mover(session) for session in self.sessions]

    @cached_property
    def stored(self) -> Stored:
        return Stored(self._movers, [*self.sessions], None, {}, whole=True)

    @cached_property
    def twins(self) -> list[Twin]:
        """Every twin but the status."""
        symbols = {ticker for session in self.sessions for ticker in session.bars}
        channel = self._rules(timedelta()).channel
        return list(twins(cast(Store, self), self.stored, sorted(symbols), channel))

    def status(self, clock_offset: timedelta) -> Twin:
        """The status; with nothing stored, that of the time before the first run."""
        if not self.sessions:
            return status_twin(None, US)
        rules = self._rules(clock_offset)
        within = rules.horizon(self.at)
        due = window(rules.calendar, within, self.sessions[0].date, rules.window)
        return status_twin(status_of(rules, within, due, self.stored, {}, self.at), US)

    def with_latest(self, *sessions: Session) -> "Record":
        """The same with these in place of as many latest ones."""
        return replace(self, sessions=(*sessions, *self.sessions[len(sessions) :]))

    def _rules(self, clock_offset: timedelta) -> Rules:
        calendar = load_calendar(US)
        return Rules(
            market=US,
            calendar=calendar,
            watchlists=Watchlists.parse([f"{each} {NAMES.get(each, '')}" for each in self.watchlist], US),
            excused={},
            source=Source(MASSIVE.name, self.kind, int(clock_offset.total_seconds())),
            ready=READY,
            window=documents.LATEST_MOVERS,
            history_days=MASSIVE.history_days,
            recheck_after=MASSIVE.recheck_after,
            channel=Channel("local", SITE_URL, US, calendar.close_at, NAMES, MASSIVE.title),
        )


@cache
def record(
    at: datetime, *, kind: str = "live", watchlist: tuple[str, ...] = WATCHLIST, count: int = YEAR
) -> Record:
    """The latest sessions that a simulated market has at an instant, none missing."""
    calendar = load_calendar(US)
    days = calendar.latest(count, calendar.newest_ready(at, READY))
    market = SimulatedTape(watchlist, calendar)
    bars = {ticker: market.bars(ticker, days[0], days[-1]) for ticker in watchlist}
    sessions = [
        replace(
            judge(day, watchlist, {ticker: bars[ticker][day] for ticker in watchlist}, {}),
            splits={},
            previous=calendar.previous_session(day),
        )
        for day in days
    ]
    return Record(at, tuple(reversed(sessions)), watchlist, kind)


def tied(session: Session, first: str, second: str, change: Decimal) -> Session:
    """The session with two tickers that have made exactly the same move, up and down, and all others none."""
    moves = {first: change, second: -change}
    bars = {ticker: _moved(bar, moves.get(ticker, Decimal(0))) for ticker, bar in session.bars.items()}
    return replace(session, bars=bars)


def _moved(bar: Bar, change: Decimal) -> Bar:
    """The bar with another close; `change` is a ratio."""
    close = Decimal(100) * (1 + change)
    return Bar(Decimal(100), max(close, Decimal(100)), min(close, Decimal(100)), close, bar.volume)


def _mover(session: Session) -> Mover:
    """The winner, recorded with the first run that could have the bars."""
    return mover_of(
        session, "massive", load_calendar(US).ready_at(session.date, READY) + timedelta(minutes=5)
    )
