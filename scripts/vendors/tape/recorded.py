"""Recorded bars from a CSV file: `date,ticker,open,high,low,close,volume`, plain or gzipped.

A whole market for a year is millions of numbers. Each is checked when the file is read, but stored as text; it
becomes a `Decimal` only when its bar is needed.
"""

import csv
import gzip
import re
import zlib
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from functools import cache
from operator import itemgetter
from pathlib import Path
from typing import Self, TextIO

from api.records import Bar, strict_date
from scripts.vendors.tape import Split

NUMBERS = ("open", "high", "low", "close", "volume")
COLUMNS = ("date", "ticker", *NUMBERS)
GZIP_MAGIC = b"\x1f\x8b"
FIVE_NUMBERS = re.compile(r"(?:(?:^| )\d+(?:\.\d+)?(?:[eE][+-]?\d\d?)?){5}", re.ASCII)


class RecordingError(ValueError):
    """An unusable file of recorded bars. The message has the file, the line and what is allowed."""


class RecordedTape:
    """The bars in a file."""

    def __init__(self, sessions: Mapping[date, Mapping[str, str]]) -> None:
        self._sessions = dict(sorted(sessions.items()))
        self._days = list(self._sessions)

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read and check a whole file. Raises `RecordingError`."""
        try:
            return cls(_sessions(path))
        except (OSError, EOFError, UnicodeDecodeError, zlib.error, csv.Error) as error:
            raise RecordingError(f"{path}: can't be read as CSV, plain or gzipped: {error}") from error

    @property
    def first(self) -> date:
        return self._days[0]

    @property
    def last(self) -> date:
        return self._days[-1]

    @property
    def tickers(self) -> frozenset[str]:
        return frozenset[str]().union(*self._sessions.values())

    def session(self, day: date) -> dict[str, Bar]:
        """The bars of a session by ticker; empty for a day that isn't in the file."""
        return {ticker: _bar(numbers) for ticker, numbers in self._sessions.get(day, {}).items()}

    def bars(self, ticker: str, first: date, last: date) -> dict[date, Bar]:
        """A ticker's bars by session, oldest first."""
        days = self._days[bisect_left(self._days, first) : bisect_right(self._days, last)]
        return {day: _bar(self._sessions[day][ticker]) for day in days if ticker in self._sessions[day]}

    def splits(self, first: date, last: date) -> tuple[Split, ...]:
        """None: a file of bars doesn't contain them."""
        return ()


def _bar(numbers: str) -> Bar:
    return Bar(*map(Decimal, numbers.split()))


def _sessions(path: Path) -> dict[date, dict[str, str]]:
    sessions: dict[date, dict[str, str]] = {}
    for line, row in _rows(path):
        try:
            day, ticker, numbers = _checked(*row)
            bars = sessions.setdefault(day, {})
            if ticker in bars:
                raise ValueError(f"duplicate row for {ticker} on {day}; one row for each is allowed")
        except ValueError as error:
            raise RecordingError(f"{path}:{line}: {error}") from error
        bars[ticker] = numbers
    if not sessions:
        raise RecordingError(f"{path}: no bars; a header and one row for each bar are needed")
    return sessions


def _rows(path: Path) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Line number and cells in the order of `COLUMNS`; other columns are ignored."""
    with _open(path) as text:
        reader = csv.reader(text)
        header = next(reader, [])
        if missing := [column for column in COLUMNS if column not in header]:
            raise RecordingError(f"{path}:1: missing {', '.join(missing)}; needed are {','.join(COLUMNS)}")
        cells = itemgetter(*map(header.index, COLUMNS))
        for row in filter(None, reader):
            if len(row) != len(header):
                reason = f"{len(row)} cells; the header has {len(header)}"
                raise RecordingError(f"{path}:{reader.line_num}: {reason}")
            yield reader.line_num, cells(row)


def _open(path: Path) -> TextIO:
    with path.open("rb") as file:
        gzipped = file.read(2) == GZIP_MAGIC
    if gzipped:
        return gzip.open(path, "rt", encoding="utf-8-sig", newline="")
    return path.open(encoding="utf-8-sig", newline="")


def _checked(day: str, ticker: str, *cells: str) -> tuple[date, str, str]:
    """A row's session, ticker (as text: `NA` and `TRUE` are tickers) and five valid numbers. Raises `ValueError`."""
    numbers = " ".join(cells)
    if not ticker.strip():
        raise ValueError("no ticker; every row needs one")
    if not FIVE_NUMBERS.fullmatch(numbers):
        raise ValueError(f"{','.join(NUMBERS)} are {','.join(cells)}; use plain numbers such as 203.5")
    opening, high, low, close = map(Decimal, cells[:4])
    if not (0 < low <= opening <= high and low <= close <= high):
        raise ValueError(
            f"impossible bar: open {opening}, high {high}, low {low}, close {close};"
            " allowed are 0 < low <= open, close <= high"
        )
    return _day(day), ticker.strip(), numbers


@cache
def _day(text: str) -> date:
    if day := strict_date(text):
        return day
    raise ValueError(f"{text!r} isn't a date; use YYYY-MM-DD")
