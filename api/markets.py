"""The markets a stage can serve: exchange, trading hours, time zone, currency, and spelling of tickers.

Other modules get a `Market` passed in and hard-code none of this.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import cached_property
from zoneinfo import ZoneInfo


@dataclass(frozen=True)
class Market:
    """One exchange. `name` is its value in settings, `mic` its ISO 10383 code, `currency` its ISO 4217 code.

    Hours are in the exchange's time. `early_close` is `None` if the exchange never closes early. `spelling` describes
    what `ticker` matches; `clocks` are those that readers go by, the exchange's last; `weekend` lists the weekdays
    without a session (Monday is 0).
    """

    name: str
    mic: str
    zone: str
    open: time
    close: time
    early_close: time | None
    currency: str
    ticker: re.Pattern[str]
    spelling: str
    clocks: tuple[tuple[str, ZoneInfo], ...]
    weekend: frozenset[int] = frozenset({5, 6})

    @cached_property
    def clock(self) -> ZoneInfo:
        return ZoneInfo(self.zone)

    def day(self, instant: datetime) -> date:
        """The exchange's date at an instant."""
        return instant.astimezone(self.clock).date()

    def instant(self, day: date, at: time) -> datetime:
        """The instant (UTC) at which the exchange's clock shows this time of this day."""
        return datetime.combine(day, at, self.clock).astimezone(UTC)


US = Market(
    name="us",
    mic="XNYS",
    zone="America/New_York",
    open=time(9, 30),
    close=time(16),
    early_close=time(13),
    currency="USD",
    ticker=re.compile(r"[A-Za-z][A-Za-z0-9.]{0,14}"),
    spelling="a letter, then at most 14 letters, digits or dots",
    clocks=(("PT", ZoneInfo("America/Los_Angeles")), ("ET", ZoneInfo("America/New_York"))),
)
INDIA = Market(
    name="india",
    mic="XNSE",
    zone="Asia/Kolkata",
    open=time(9, 15),
    close=time(15, 35),  # since 2026-08-03 an auction follows the last trade at 15:30
    early_close=None,
    currency="INR",
    ticker=re.compile(r"[A-Z0-9][A-Z0-9&-]{0,19}"),
    spelling="a capital letter or digit, then at most 19 capital letters, digits, & or -",
    clocks=(("ET", ZoneInfo("America/New_York")), ("IST", ZoneInfo("Asia/Kolkata"))),
)
SYMBOLS = {US.currency: "$", INDIA.currency: "₹"}
MARKETS = {market.name: market for market in (US, INDIA)}


def market_named(name: str) -> Market:
    """The market of this name. Raises `ValueError` listing the known ones."""
    try:
        return MARKETS[name]
    except KeyError:
        raise ValueError(f"market {name!r} is unknown: must be {' or '.join(MARKETS)}") from None
