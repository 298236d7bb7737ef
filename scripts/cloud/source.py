"""The local market that stands in for Massive: simulated, or recorded bars with the clock set back."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Literal

from api.watchlists import Watchlists
from ingest.calendar import Calendar, load_calendar
from scripts.errors import CloudError
from scripts.market.clock import clock_offset_seconds, shifted_clock
from scripts.market.endpoints import Market
from scripts.market.recorded import RecordedMarket, RecordingError
from scripts.market.server import MarketServer
from scripts.market.simulated import SimulatedMarket

ONE_DAY = timedelta(days=1)
LEAST_HISTORY_DAYS = 7


@dataclass(frozen=True, slots=True)
class Source:
    """A local market and its now: real time plus `clock_offset_seconds`.

    `context` holds the settings of the stacks that follow from it.
    """

    kind: Literal["simulated", "recorded"]
    market: Market
    calendar: Calendar
    clock_offset_seconds: int = 0
    context: dict[str, object] = field(default_factory=dict)

    def server(
        self, *, port: int = 0, rate: int | None, plan: str | None, key: str | None = None
    ) -> MarketServer:
        """A server of the market, not yet started, that knows `key` alone or, without one, any key."""
        return MarketServer(
            self.market,
            clock=shifted_clock(self.clock_offset_seconds),
            calendar=self.calendar,
            port=port,
            rate=rate,
            plan=plan,
            keys=frozenset({key}) if key else None,
        )


def local_source(
    recorded: Path | None, as_of: date | None, *, now: datetime, watchlists: Watchlists | None = None
) -> Source:
    """The bars of a file, or a simulated market, now or at noon of `as_of` in New York.

    A file's default day is the one after its last session. Raises CloudError when the file cannot be
    read, lacks a ticker that is watched in its time, or has no session for that day.
    """
    calendar = load_calendar()
    if recorded:
        return _recorded(recorded, as_of, now, watchlists, calendar)
    offset = clock_offset_seconds(as_of, now) if as_of else 0
    tickers = watchlists.between(date.min, date.max) if watchlists else ()
    return Source("simulated", SimulatedMarket(tickers, calendar), calendar, offset)


def _recorded(
    path: Path, as_of: date | None, now: datetime, watchlists: Watchlists | None, calendar: Calendar
) -> Source:
    try:
        market = RecordedMarket.read(path)
    except RecordingError as error:
        raise CloudError(f"--recorded {error}") from error
    day = as_of or market.last + ONE_DAY
    _check_date(market, day, calendar)
    _check_tickers(path, market, watchlists.between(market.first, market.last) if watchlists else ())
    history = max(LEAST_HISTORY_DAYS, (day - market.first).days)  # nothing before it can be asked for
    offset = clock_offset_seconds(day, now)
    return Source("recorded", market, calendar, offset, {"history_days": history})


def _check_date(market: RecordedMarket, day: date, calendar: Calendar) -> None:
    earliest, latest = market.first + ONE_DAY, calendar.next_session(market.last)
    if not earliest <= day <= latest:
        raise CloudError(
            f"--as-of {day}: the recorded sessions are {market.first} to {market.last},"
            f" so it may be {earliest} to {latest}."
        )


def _check_tickers(path: Path, market: RecordedMarket, watched: Sequence[str]) -> None:
    if missing := [ticker for ticker in watched if ticker not in market.tickers]:
        raise CloudError(
            f"--recorded {path}: no bars of {', '.join(missing)};"
            " add them, or give another watchlist, as in -c watchlist=AAPL,MSFT."
        )
