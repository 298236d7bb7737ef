"""Which days are sessions of the New York Stock Exchange (XNYS), and when a session's bars can be had.

The regular calendar comes from `holidays`; `overrides.json` beside this file has the last word, because an
unscheduled closure reaches a library only with its next release.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Self
from zoneinfo import ZoneInfo

NEW_YORK = ZoneInfo("America/New_York")
REGULAR_CLOSE = time(16, 0)
EARLY_CLOSE = time(13, 0)
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Overrides:
    """What no library knows: closures, early closes, tickers excused from a session; each with its reason."""

    closed: Mapping[date, str] = field(default_factory=dict)
    early: Mapping[date, str] = field(default_factory=dict)
    excused: Mapping[date, Mapping[str, str]] = field(default_factory=dict)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the override file's JSON. Raises `ValueError` on an unknown key, a bad date, or no reason in words."""
        content = json.loads(text)
        if unknown := set(content) - {"closed", "early", "excused"}:
            raise ValueError(f"overrides: unknown {sorted(unknown)}; allowed are closed, early, excused")
        return cls(**{key: _by_date(key, value) for key, value in content.items()})


def _by_date(key: str, entries: Mapping[str, Any]) -> dict[date, Any]:
    for day, told in entries.items():
        if not _fits(key, told):
            form = '{"TICKER": "reason"}' if key == "excused" else '"reason"'
            raise ValueError(f"overrides: {key} of {day} must have the form {form}")
    return {date.fromisoformat(day): told for day, told in entries.items()}


def _fits(key: str, told: Any) -> bool:
    if key == "excused":
        return isinstance(told, dict) and all(isinstance(reason, str) for reason in told.values())
    return isinstance(told, str)


@dataclass(frozen=True, slots=True)
class Ready:
    """When a session's bars can be had from the provider: `days` after the session, at `at` New York time."""

    days: int
    at: time

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `T+1 00:05`. Raises `ValueError` for another form or for an instant before the close."""
        match = re.fullmatch(r"T\+(\d) (\d\d):(\d\d)", text)
        try:
            ready = cls(int(match[1]), time(int(match[2]), int(match[3]))) if match else None
        except ValueError:
            ready = None
        if ready is None:
            raise ValueError(
                f"ready {text!r} is not of the form 'T+1 00:05' (days after the session, New York time)"
            )
        if ready.days == 0 and ready.at < REGULAR_CLOSE:
            raise ValueError(f"ready {text!r} is before the close at 16:00 New York time")
        return ready


class Calendar:
    """The sessions of XNYS."""

    def __init__(self, overrides: Overrides | None = None) -> None:
        # It loads the holidays of the whole world, a second for which only those who need a calendar wait.
        from holidays.constants import HALF_DAY
        from holidays.financial.ny_stock_exchange import NewYorkStockExchange

        self.overrides = overrides or Overrides()
        self._holidays = NewYorkStockExchange()
        self._half_days = NewYorkStockExchange(categories=(HALF_DAY,))

    def is_session(self, day: date) -> bool:
        return day.weekday() < 5 and day not in self._holidays and day not in self.overrides.closed

    def holiday(self, day: date) -> str | None:
        """The name of the holiday on which the exchange is closed."""
        name: str | None = self._holidays.get(day)
        return name

    def sessions(self, first: date, last: date) -> list[date]:
        """The sessions from `first` to `last`, both included, oldest first."""
        days = (first + ONE_DAY * n for n in range((last - first).days + 1))
        return [day for day in days if self.is_session(day)]

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
        return _utc(day, EARLY_CLOSE if self.is_early_close(day) else REGULAR_CLOSE)

    def ready_at(self, day: date, ready: Ready) -> datetime:
        """The instant (UTC) from which the bars of `day` can be had."""
        return _utc(day + ONE_DAY * ready.days, ready.at)

    def newest_ready(self, now: datetime, ready: Ready) -> date:
        """The newest session whose bars can be had at `now`."""
        today = now.astimezone(NEW_YORK).date()
        return next(day for day in self._walk(today + ONE_DAY, -ONE_DAY) if self.ready_at(day, ready) <= now)

    def _walk(self, day: date, step: timedelta) -> Iterator[date]:
        while True:
            day += step
            if self.is_session(day):
                yield day


def new_york_date(instant: datetime) -> date:
    return instant.astimezone(NEW_YORK).date()


def _utc(day: date, at: time) -> datetime:
    return datetime.combine(day, at, NEW_YORK).astimezone(UTC)


@cache
def load_calendar() -> Calendar:
    """The calendar with the overrides of this release."""
    return Calendar(Overrides.parse(Path(__file__).with_name("overrides.json").read_text()))
