"""Which tickers are watched: one list, or several, each with the first day on which it is in force."""

import json
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, Self

from api.markets import Market
from api.records import check_watchlist, strict_date

FORM = (
    'a list of tickers, each optionally followed by its company\'s name ("AAPL Apple"), or such lists by the'
    ' first day on which each is in force: {"2020-01-01": ["AAPL", "FB"], "2022-06-09": ["AAPL", "META"]}'
)


@dataclass(frozen=True)
class Watchlists:
    """A stage's lists by first day, oldest first (a single, undated list is always in force), and company names."""

    lists: Mapping[date, tuple[str, ...]]
    names: Mapping[str, str]

    @classmethod
    def parse(cls, setting: object, market: Market) -> Self:
        """Read the setting `watchlist`. Raises `ValueError` saying what is allowed."""
        dated = setting if isinstance(setting, Mapping) else {str(date.min): setting}
        if not dated:
            raise ValueError(f"watchlist is empty: must be {FORM}")
        entries = {_day(day): _entries(entries) for day, entries in dated.items()}
        lists = {day: tuple(ticker for ticker, _ in entries[day]) for day in sorted(entries)}
        for tickers in lists.values():
            check_watchlist(tickers, market)
        names = {ticker: name for day in lists for ticker, name in entries[day] if name}
        return cls(lists, names)

    @classmethod
    def load(cls, text: str, market: Market) -> Self:
        """Read what `dump` wrote. Raises `ValueError` for anything else."""
        return cls.parse(json.loads(text), market)

    def dump(self) -> str:
        """The setting as JSON."""
        entries = {
            str(day): [self._entry(ticker) for ticker in tickers] for day, tickers in self.lists.items()
        }
        return json.dumps(entries if self.dated else entries[str(date.min)], ensure_ascii=False)

    def on(self, day: date) -> tuple[str, ...]:
        """The list in force on a day; empty before the first one."""
        position = bisect_right(self._days, day)
        return self.lists[self._days[position - 1]] if position else ()

    @property
    def first(self) -> date:
        """The first day on which a list is in force."""
        return self._days[0]

    @property
    def dated(self) -> bool:
        """Whether the setting dates its lists."""
        return self._days != [date.min]

    def between(self, first: date, last: date) -> list[str]:
        """Every ticker watched on any day from `first` to `last`, in the order of the lists."""
        starts = [day for day in self._days if first < day <= last]
        return list(dict.fromkeys(ticker for day in (first, *starts) for ticker in self.on(day)))

    @cached_property
    def _days(self) -> list[date]:
        return list(self.lists)

    def _entry(self, ticker: str) -> str:
        return f"{ticker} {self.names[ticker]}" if ticker in self.names else ticker


def _day(text: object) -> date:
    if day := strict_date(text):
        return day
    raise ValueError(f"watchlist {text!r}: must be a date, YYYY-MM-DD, before each list")


def _entries(setting: Any) -> list[tuple[str, str]]:
    """Tickers and company names, empty where none is given."""
    if not isinstance(setting, list | tuple):
        raise ValueError(f"watchlist {setting!r}: must be {FORM}")
    return [_ticker_and_name(entry) for entry in setting]


def _ticker_and_name(entry: object) -> tuple[str, str]:
    if not isinstance(entry, str):
        raise ValueError(f"watchlist ticker {entry!r}: must be text")
    ticker, _, name = entry.strip().partition(" ")
    return ticker, " ".join(name.split())
