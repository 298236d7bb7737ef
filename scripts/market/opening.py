"""From what a command line says to a market server."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from ingest.calendar import load_calendar, new_york_date
from scripts.market.clock import shifted_clock
from scripts.market.recorded import RecordedMarket, RecordingError
from scripts.market.server import MarketServer
from scripts.market.simulated import SimulatedMarket

ONE_DAY = timedelta(days=1)
LONGEST_PAUSE = timedelta(days=7)  # between two sessions, with room to spare


def market_server(
    *,
    port: int = 0,
    recorded: Path | None = None,
    offset_seconds: int = 0,
    tickers: Sequence[str] = (),
    rate: int | None = None,
    plan: str | None = None,
) -> MarketServer:
    """A server, not yet started, of the bars in the file `recorded` or, without one, of a simulated market.

    Its clock is `offset_seconds` away from real time; `tickers` are simulated beside the built-in ones. Raises
    `RecordingError` for a file that cannot be used, or not with that clock.
    """
    calendar = load_calendar()
    clock = shifted_clock(offset_seconds)
    market = _recorded(recorded, clock()) if recorded else SimulatedMarket(tickers, calendar)
    return MarketServer(market, clock=clock, calendar=calendar, port=port, rate=rate, plan=plan)


def _recorded(path: Path, now: datetime) -> RecordedMarket:
    market = RecordedMarket.read(path)
    today = new_york_date(now)
    if not market.first < today <= market.last + LONGEST_PAUSE:
        raise RecordingError(
            f"{path}: holds sessions from {market.first} to {market.last}, but the clock stands at {today};"
            f" choose a date after {market.first} and up to {market.last + ONE_DAY} as the present"
        )
    return market
