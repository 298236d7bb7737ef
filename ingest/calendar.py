"""Which days are sessions of an exchange, and when a session's bars are available.

The regular calendar comes from the library `holidays`. `overrides.json` next to this file takes precedence, because the
library learns of an unscheduled closure only in its next release.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Self

from api.markets import MARKETS, Market
from api.records import strict_date

ONE_DAY = timedelta(days=1)
OVERRIDES = Path(__file__).with_name("overrides.json")


@dataclass(frozen=True, slots=True)
class Hours:
    """A special session's hours, by the exchange's clock, and its reason."""

    open: time
    close: time
    reason: str


@dataclass(frozen=True, slots=True)
class Overrides:
    """What the library doesn't know about an exchange: closures, early closes, sessions on other days, and tickers
    excused from a session, each with a reason. `verified_through` is the last year whose holidays somebody has compared
    with the exchange's own list.
    """

    closed: Mapping[date, str] = field(default_factory=dict)
    early: Mapping[date, str] = field(default_factory=dict)
    opened: Mapping[date, Hours] = field(default_factory=dict)
    excused: Mapping[date, Mapping[str, str]] = field(default_factory=dict)
    verified_through: int | None = None

    @classmethod
    def parse(cls, text: str, market: Market) -> Self:
        """Read one exchange's part of the file. Raises `ValueError` saying what is allowed."""
        exchanges = {market.mic for market in MARKETS.values()}
        content = json.loads(text)
        if unknown := set(content) - exchanges:
            raise ValueError(f"overrides: unknown {sorted(unknown)}; allowed: {', '.join(sorted(exchanges))}")
        content = content.get(market.mic, {})
        if content.get("early") and not market.early_close:
            raise ValueError(f"overrides: remove early from {market.mic}, which never closes early")
        if unknown := set(content) - set(FORMS):
            raise ValueError(f"overrides: unknown {sorted(unknown)}; allowed: {', '.join(FORMS)}")
        return cls(**{name: FORMS[name](name, value) for name, value in content.items()})


def _reasons(name: str, told: Any) -> dict[date, str]:
    return {_day(name, day): _text(name, day, reason) for day, reason in told.items()}


def _hours(name: str, told: Any) -> dict[date, Hours]:
    """`{"2026-11-08": {"open": "18:00", "close": "19:15", "reason": "Muhurat"}}`"""
    try:
        return {
            _day(name, day): Hours(
                time.fromisoformat(hours["open"]), time.fromisoformat(hours["close"]), hours["reason"]
            )
            for day, hours in told.items()
        }
    except (KeyError, TypeError) as wrong:
        form = '{"open": "18:00", "close": "19:15", "reason": "…"}'
        raise ValueError(f"overrides: {name} of a day must have the form {form}") from wrong


def _excuses(name: str, told: Any) -> dict[date, dict[str, str]]:
    """`{"2026-02-10": {"AAPL": "halted"}, "2026-02-11/2026-02-13": {"TSLA": "halted"}}`, by day."""
    excuses: dict[date, dict[str, str]] = {}
    for days, reasons in told.items():
        if not isinstance(reasons, dict) or not all(isinstance(reason, str) for reason in reasons.values()):
            raise ValueError(f'overrides: {name} of {days} must have the form {{"TICKER": "reason"}}')
        first, _, last = days.partition("/")
        begin, end = _day(name, first), _day(name, last or first)
        if end < begin:
            raise ValueError(f"overrides: {name} has {days!r}, which ends before it begins")
        for n in range((end - begin).days + 1):
            excuses.setdefault(begin + n * ONE_DAY, {}).update(reasons)
    return excuses


def _year(name: str, told: Any) -> int:
    if not isinstance(told, int):
        raise ValueError(f"overrides: {name} {told!r} must be a year")
    return told


def _day(name: str, text: str) -> date:
    if day := strict_date(text):
        return day
    raise ValueError(f"overrides: {name} has {text!r}, which must be a date, YYYY-MM-DD")


def _text(name: str, day: str, told: Any) -> str:
    if not isinstance(told, str):
        raise ValueError(f'overrides: {name} of {day} must have the form "reason"')
    return told


FORMS: Mapping[str, Callable[[str, Any], Any]] = {
    "closed": _reasons,
    "early": _reasons,
    "opened": _hours,
    "excused": _excuses,
    "verified_through": _year,
}


@dataclass(frozen=True, slots=True)
class Ready:
    """When the provider has a session's bars: `days` after the session, at `at` by the exchange's clock."""

    days: int
    at: time

    @classmethod
    def parse(cls, text: str, market: Market) -> Self:
        """Read `T+1 00:05`. Raises `ValueError` for any other form, or for a time before the close."""
        match = re.fullmatch(r"T\+(\d) (\d\d):(\d\d)", text)
        try:
            ready = cls(int(match[1]), time(int(match[2]), int(match[3]))) if match else None
        except ValueError:
            ready = None
        if ready is None:
            raise ValueError(
                f"ready {text!r} must have the form 'T+1 00:05' (days after the session, {market.zone} time)"
            )
        if ready.days == 0 and ready.at < market.close:
            raise ValueError(f"ready {text!r} is before the close at {market.close:%H:%M} {market.zone} time")
        return ready


class Calendar:
    """The sessions of a market's exchange."""

    def __init__(self, market: Market, overrides: Overrides | None = None) -> None:
        # Imported here because it takes a second: it loads the holidays of the whole world.
        from holidays import financial_holidays
        from holidays.constants import HALF_DAY

        self.market = market
        self.overrides = overrides or Overrides()
        # In the library's English, whatever the machine's language is.
        self._holidays = financial_holidays(market.mic, language="en_US")
        self._half_days: Any = (
            financial_holidays(market.mic, categories=(HALF_DAY,)) if market.early_close else ()
        )

    def is_session(self, day: date) -> bool:
        if day in self.overrides.opened:
            return True
        on_a_weekend = day.weekday() in self.market.weekend
        return not on_a_weekend and day not in self._holidays and day not in self.overrides.closed

    def sessions(self, first: date, last: date) -> list[date]:
        """The sessions from `first` through `last`, oldest first."""
        days = (first + ONE_DAY * n for n in range((last - first).days + 1))
        return [day for day in days if self.is_session(day)]

    def closures(self, first: date, last: date) -> dict[date, str]:
        """The days from `first` through `last`, weekends aside, on which the exchange is closed, and why."""
        days = (first + ONE_DAY * n for n in range((last - first).days + 1))
        closed = (
            day for day in days if day.weekday() not in self.market.weekend and not self.is_session(day)
        )
        return {day: self.overrides.closed.get(day) or self._holidays.get(day, "") for day in closed}

    def next_session(self, day: date) -> date:
        return next(self._walk(day, ONE_DAY))

    def previous_session(self, day: date) -> date:
        return next(self._walk(day, -ONE_DAY))

    def latest(self, count: int, last: date) -> list[date]:
        """The `count` latest sessions up to and including `last`, oldest first."""
        walk = self._walk(last + ONE_DAY, -ONE_DAY)
        return sorted(next(walk) for _ in range(count))

    def is_early_close(self, day: date) -> bool:
        return day in self._half_days or day in self.overrides.early

    def close_at(self, day: date) -> datetime:
        """The instant (UTC) at which the session of `day` closes."""
        return self.market.instant(day, self._close(day))

    def ready_at(self, day: date, ready: Ready) -> datetime:
        """The instant (UTC) when the bars of `day` become available; later if the session closes later than usual."""
        on_time = self.market.instant(day + ONE_DAY * ready.days, ready.at)
        if self._close(day) <= self.market.close:
            return on_time
        return on_time + (self.close_at(day) - self.market.instant(day, self.market.close))

    def newest_ready(self, now: datetime, ready: Ready) -> date:
        """The newest session whose bars are available at `now`."""
        today = self.market.day(now)
        return next(day for day in self._walk(today + ONE_DAY, -ONE_DAY) if self.ready_at(day, ready) <= now)

    def _close(self, day: date) -> time:
        if day in self.overrides.opened:
            return self.overrides.opened[day].close
        early = self.market.early_close
        return early if early and self.is_early_close(day) else self.market.close

    def _walk(self, day: date, step: timedelta) -> Iterator[date]:
        while True:
            day += step
            if self.is_session(day):
                yield day


@cache
def load_calendar(market: Market) -> Calendar:
    """A market's calendar, with the overrides of this release."""
    return Calendar(market, load_overrides(market))


def load_overrides(market: Market) -> Overrides:
    """A market's part of `overrides.json`. Raises `ValueError` if the file is invalid."""
    return Overrides.parse(OVERRIDES.read_text(encoding="utf-8"), market)
