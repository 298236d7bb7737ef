"""Recorded bars from a CSV file: `date,ticker,open,high,low,close,volume`, plain or gzipped.

A whole market for a year is a few million numbers. Each is checked when the file is read and kept as text;
a number becomes a `Decimal` again when its bar is asked for.
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
    """A file of recorded bars that cannot be used. The message names the file, the line and what is allowed."""


class RecordedTape:
    """The bars of a file and no others."""

    def __init__(self, sessions: Mapping[date, Mapping[str, str]]) -> None:
        self._sessions = dict(sorted(sessions.items()))
        self._days = list(self._sessions)

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read and check a whole file. Raises `RecordingError`."""
        try:
            return cls(_sessions(path))
        except (OSError, EOFError, UnicodeDecodeError, zlib.error, csv.Error) as error:
            raise RecordingError(f"{path}: cannot be read as CSV, plain or gzipped: {error}") from error

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
        """The bars of a session by ticker; empty for a day that is not in the file."""
        return {ticker: _bar(numbers) for ticker, numbers in self._sessions.get(day, {}).items()}

    def bars(self, ticker: str, first: date, last: date) -> dict[date, Bar]:
        """The bars of a ticker by session, oldest first."""
        days = self._days[bisect_left(self._days, first) : bisect_right(self._days, last)]
        return {day: _bar(self._sessions[day][ticker]) for day in days if ticker in self._sessions[day]}

    def splits(self, first: date, last: date) -> tuple[Split, ...]:
        """None: a file of bars does not tell of them."""
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
                raise ValueError(f"{ticker} on {day} was given before; one row for each is allowed")
        except ValueError as error:
            raise RecordingError(f"{path}:{line}: {error}") from error
        bars[ticker] = numbers
    if not sessions:
        raise RecordingError(f"{path}: holds no bars; a header and one row for each bar are needed")
    return sessions


def _rows(path: Path) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Line number and cells in the order of `COLUMNS`; further columns are left out."""
    with _open(path) as text:
        reader = csv.reader(text)
        header = next(reader, [])
        if missing := [column for column in COLUMNS if column not in header]:
            raise RecordingError(f"{path}:1: no column {', '.join(missing)}; needed are {','.join(COLUMNS)}")
        cells = itemgetter(*map(header.index, COLUMNS))
        for row in filter(None, reader):
            if len(row) != len(header):
                reason = f"{len(row)} cells; allowed are {len(header)}, as in the header"
                raise RecordingError(f"{path}:{reader.line_num}: {reason}")
            yield reader.line_num, cells(row)


def _open(path: Path) -> TextIO:
    with path.open("rb") as file:
        gzipped = file.read(2) == GZIP_MAGIC
    if gzipped:
        return gzip.open(path, "rt", encoding="utf-8-sig", newline="")
    return path.open(encoding="utf-8-sig", newline="")


def _checked(day: str, ticker: str, *cells: str) -> tuple[date, str, str]:
    """A row's session, ticker (always text: `NA` and `TRUE` are tickers) and its five numbers, found sound."""
    numbers = " ".join(cells)
    if not ticker.strip():
        raise ValueError("no ticker; every row needs one")
    if not FIVE_NUMBERS.fullmatch(numbers):
        raise ValueError(
            f"{','.join(NUMBERS)} are {','.join(cells)}; plain numbers such as 203.5 are allowed"
        )
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
    raise ValueError(f"date is {text!r}; YYYY-MM-DD is allowed")
