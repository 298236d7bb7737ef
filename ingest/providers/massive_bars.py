"""The bars in Massive's answers. What cannot be believed is a fault of its ticker and day, and of no other."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from api.records import Bar
from ingest.calendar import new_york_date
from ingest.providers import Answer, BadAnswerError, Bars, Fault, History

# Rows with prices of 1e12 have been sent. The table keeps 38 digits, and a percentage takes 6 behind the point.
EXPONENTS = range(-9, 12)
MAX_DIGITS = 30
MAX_MILLISECONDS = 10**14  # the year 5138


def read_grouped(answer: Answer, day: date, tickers: Iterable[str]) -> Bars:
    """The bars of `tickers` in the answer for `day`. Raises `BadAnswerError` if it is no list of bars."""
    wanted, bars = set(tickers), dict[str, Bar | Fault]()
    for row in _rows(answer):
        ticker = row.get("T")
        if isinstance(ticker, str) and ticker in wanted:
            found = _day(row)
            dated = _bar(row) if found == day else Fault(f"carries the date {found}")
            bars[ticker] = _one(bars.get(ticker), dated)
    return bars


def read_range(answers: Iterable[Answer], ticker: str, first: date, last: date) -> History:
    """The bars of one ticker by date. Rows outside the asked days are left out: the vendor has sent such.

    Raises `BadAnswerError` if an answer is about another ticker, or no list of bars.
    """
    bars = dict[date, Bar | Fault]()
    for answer in answers:
        if answer.document.get("ticker") != ticker:
            raise BadAnswerError(f"the answer for {ticker} is about another ticker")
        for row in _rows(answer):
            day = _day(row)
            if day and first <= day <= last:
                bars[day] = _one(bars.get(day), _bar(row))
    return bars


def _rows(answer: Answer) -> list[dict[str, Any]]:
    """The rows; none where `results` is missing or null, as on a day without trading."""
    rows = answer.document.get("results") or []
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise BadAnswerError("Massive's results are no list of bars")
    return rows


def _day(row: Mapping[str, Any]) -> date | None:
    """The New York date of a bar, if it has one: `t` is its midnight in range answers, 16:00 in grouped ones."""
    milliseconds = row.get("t")
    if not isinstance(milliseconds, int) or not 0 < milliseconds < MAX_MILLISECONDS:
        return None
    return new_york_date(datetime.fromtimestamp(milliseconds / 1000, UTC))


def _bar(row: Mapping[str, Any]) -> Bar | Fault:
    """The bar, or what is wrong with it; never the value itself, which could be anything."""
    for name in "ohlcv":
        value = row.get(name)
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            return Fault(f"carries {name} as a {type(value).__name__}, not a number")
        if not _believable(Decimal(value)):
            return Fault(f"carries a number beyond belief as {name}")
    return Bar(*(Decimal(row[name]) for name in "ohlcv"))


def _believable(number: Decimal) -> bool:
    return not number or (number.adjusted() in EXPONENTS and len(number.as_tuple().digits) <= MAX_DIGITS)


def _one(known: Bar | Fault | None, bar: Bar | Fault) -> Bar | Fault:
    """The bar of a row that may come twice."""
    return bar if known in (None, bar) else Fault("comes twice, with different values")
