"""Simulated bars for any session of any listed ticker, made from a hash of ticker and day.

All arithmetic is on integers, so that every machine and every Python makes the same bars. No bar depends on all earlier
ones, so one of 2003 takes as long as one of today.
"""

import csv
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from hashlib import blake2b
from pathlib import Path
from typing import Self

from api.markets import US
from api.records import Bar
from ingest.calendar import Calendar, load_calendar
from scripts.vendors.tape import Split

FIRST_SESSION = date(2003, 9, 10)  # the start of Massive's own history
FRACTIONAL_SHARES_SINCE = date(2026, 2, 23)  # since then, the tape reports them
MILLION = 1_000_000
TICKS_PER_DOLLAR = 10_000
TICKS_PER_CENT = 100
EIGHT_NUMBERS = struct.Struct(">8I")

# open, high, low, close, volume. Exchanges test their systems with these; the tape lists them like shares.
TEST_TICKERS = {
    "ATEST": "20 20 20 20 0",
    "CBOA": "15 15 15 15 0",
    "MTEST": "25 25 25 25 0",
    "NTEST": "25 25 25 25 0",
    "ZBZX": "25 25 25 25 0",
    "ZJZZT": "10 10 10 10 0",
    "ZTEST": "25 25 25 25 0",
    "ZTST": "12345 12345 12345 12345 0",
    "ZVZZT": "10 30 10 28.01 300",  # it trades, so volume alone doesn't identify a test ticker
    "ZWZZT": "10 10 10 10 0",
    "ZXZZT": "10 10 10 10 0",
}


@dataclass(frozen=True, slots=True)
class Profile:
    """A ticker's typical values: price in ticks, volume in shares, volatility in millionths of the price.

    `waves` are slow swings of the price level, each with an amplitude in millionths, a period and a phase in days.
    """

    ticker: str
    price: int
    volume: int
    volatility: int
    waves: tuple[tuple[int, int, int], ...]

    @classmethod
    def of(cls, ticker: str, price: Decimal, volume: int, volatility: Decimal) -> Self:
        """From a price in dollars and a volatility in percent."""
        years, quarters, months, *phases = _words(ticker, "waves")
        periods = (400 + years % 1000, 90 + quarters % 160, 20 + months % 40)
        waves = tuple(zip((250_000, 100_000, 40_000), periods, phases, strict=False))
        return cls(ticker, int(price * TICKS_PER_DOLLAR), volume, int(volatility * 10_000), waves)

    @classmethod
    def unknown(cls, ticker: str) -> Self:
        """A plausible profile for an unknown ticker."""
        price, volume, volatility, *_ = _words(ticker, "profile")
        return cls.of(
            ticker,
            price=Decimal(500 + price % 30_000) / 100,
            volume=50_000 + volume % 5_000_000,
            volatility=Decimal(6 + volatility % 14) / 10,
        )

    def before(self, split: Split) -> Self:
        """The ticker's profile before the split."""
        price = self.price * split.after // split.before
        return replace(self, price=price, volume=self.volume * split.before // split.after)


class SimulatedTape:
    """Deterministic bars for a built-in universe, the exchanges' test tickers and any `tickers` named.

    A few of the universe have splits, where prices jump as on any unadjusted tape.
    """

    def __init__(self, tickers: Sequence[str] = (), calendar: Calendar | None = None) -> None:
        self._calendar = calendar or load_calendar(US)
        self._tests = {ticker: Bar(*map(Decimal, bar.split())) for ticker, bar in TEST_TICKERS.items()}
        self._profiles = {profile.ticker: profile for profile in _universe()}
        for ticker in dict.fromkeys(tickers):
            if ticker not in self._profiles and ticker not in self._tests:
                self._profiles[ticker] = Profile.unknown(ticker)
        self._splits = tuple(_splits())

    @property
    def tickers(self) -> frozenset[str]:
        return frozenset(self._profiles) | frozenset(self._tests)

    def session(self, day: date) -> dict[str, Bar]:
        """The bars of a session by ticker; empty for other days."""
        if day < FIRST_SESSION or not self._calendar.is_session(day):
            return {}
        before = self._calendar.previous_session(day)
        return {
            ticker: _bar(self._profile(ticker, day), day, before) for ticker in self._profiles
        } | self._tests

    def bars(self, ticker: str, first: date, last: date) -> dict[date, Bar]:
        """A ticker's bars by session, oldest first; empty for an unlisted ticker."""
        sessions = self._calendar.sessions(max(first, FIRST_SESSION), last)
        if ticker in self._tests:
            return dict.fromkeys(sessions, self._tests[ticker])
        if ticker not in self._profiles or not sessions:
            return {}
        before = [self._calendar.previous_session(sessions[0]), *sessions]
        pairs = zip(sessions, before, strict=False)
        return {day: _bar(self._profile(ticker, day), day, eve) for day, eve in pairs}

    def splits(self, first: date, last: date) -> list[Split]:
        """The splits of those days, oldest first."""
        return [split for split in self._splits if first <= split.day <= last]

    def _profile(self, ticker: str, day: date) -> Profile:
        """The ticker's profile on a day, with the splits after it undone."""
        profile = self._profiles[ticker]
        for split in self._splits:
            if split.ticker == ticker and day < split.day:
                profile = profile.before(split)
        return profile


def _bar(profile: Profile, day: date, before: date) -> Bar:
    chances = _words(profile.ticker, day)
    _, _, _, _, gap, up, down, turnover = chances
    shock = _shock(profile, chances)
    tick = 1 if turnover % 8 == 0 or profile.price < TICKS_PER_DOLLAR else TICKS_PER_CENT
    eve = _price(profile, before, _shock(profile, _words(profile.ticker, before)))
    volatility = profile.volatility
    opening = _moved(eve, (gap - 2**31) * volatility >> 32, tick)
    close = _moved(_price(profile, day, shock), 0, tick)
    high = _moved(max(opening, close), up * volatility >> 32, tick)
    low = _moved(min(opening, close), -down * volatility >> 32, tick)
    volume = _volume(profile, abs(shock), turnover, fractions=day >= FRACTIONAL_SHARES_SINCE)
    return Bar(_dollars(opening), _dollars(high), _dollars(low), _dollars(close), volume)


def _shock(profile: Profile, chances: tuple[int, ...]) -> int:
    """A close's distance from its level in millionths: nearly normal, and tripled on one day in 40, as by news."""
    shock = (chances[0] + chances[1] + chances[2] - 3 * 2**31) * profile.volatility >> 31
    return shock * 3 if chances[3] % 40 == 0 else shock


def _price(profile: Profile, day: date, shock: int) -> int:
    """The ticker's price in ticks after its waves and the day's shock."""
    number = day.toordinal()
    level = MILLION
    for amplitude, period, phase in profile.waves:
        level += amplitude * (2 * abs(2 * ((number + phase) % period) - period) - period) // period
    return profile.price * level * (MILLION + shock) // MILLION**2


def _volume(profile: Profile, excitement: int, turnover: int, *, fractions: bool) -> Decimal:
    """Shares: more on a day with a large move, and with `fractions` in whole numbers on one day in four."""
    parts = 500_000 + turnover % 700_000 + 300_000 * excitement // profile.volatility
    shares = Decimal(1 + profile.volume * parts // MILLION)
    return shares + Decimal(turnover % MILLION).scaleb(-6) if fractions and turnover % 4 else shares


def _moved(price: int, millionths: int, tick: int) -> int:
    return max(1, (price * (MILLION + millionths) // MILLION + tick // 2) // tick) * tick


def _dollars(ticks: int) -> Decimal:
    return Decimal(ticks).scaleb(-4)


def _words(ticker: str, of: object) -> tuple[int, ...]:
    """Eight hashed 32-bit numbers."""
    return EIGHT_NUMBERS.unpack(blake2b(f"{ticker} {of}".encode(), digest_size=EIGHT_NUMBERS.size).digest())


def _universe() -> Iterator[Profile]:
    for row in _rows("universe.csv"):
        price, volatility = Decimal(row["price"]), Decimal(row["volatility"])
        yield Profile.of(row["ticker"], price, int(row["volume"]), volatility)


def _splits() -> Iterator[Split]:
    """The splits of the universe, oldest first; some are real, the latest are made up."""
    for row in _rows("splits.csv"):
        yield Split(date.fromisoformat(row["date"]), row["ticker"], int(row["before"]), int(row["after"]))


def _rows(name: str) -> Iterator[dict[str, str]]:
    with Path(__file__).with_name(name).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)
