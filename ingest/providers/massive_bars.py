"""The bars in Massive's answers. What cannot be believed is a fault of its ticker and day, and of no other."""

import re
import reprlib
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from api.records import Bar
from ingest.calendar import new_york_date
from ingest.providers import Answer, BadAnswerError, Bars, Fault, History

GOOD = ("OK", "DELAYED")  # DELAYED: a range reached the present and was cut to what the plan may see
TICKER = re.compile(r'"T"\s*:\s*"([^"]*)"')
# Rows with prices of 1e12 have been sent. The table keeps 38 digits, and a percentage takes 6 behind the point.
EXPONENTS = range(-9, 12)
MAX_DIGITS = 30
MAX_MILLISECONDS = 10**14  # the year 5138
UNREADABLE = Fault("stands in a row that cannot be read")


def read_grouped(answer: Answer, day: date, tickers: Iterable[str]) -> Bars:
    """The bars of `tickers` in the answer for `day`. Raises `BadAnswerError` if it is not a list of bars.

    Rows of another day, and rows that cannot be read, count only for a ticker that has no other.
    """
    rows, unreadable = _rows(answer)
    wanted, bars = set(tickers), dict[str, Bar | Fault]()
    strays = dict.fromkeys(wanted.intersection(TICKER.findall(unreadable)), UNREADABLE)
    for row in rows:
        ticker = row.get("T")
        if isinstance(ticker, str) and ticker in wanted:
            if (found := _day(row)) == day:
                bars[ticker] = _one(bars.get(ticker), _bar(row))
            else:
                strays[ticker] = Fault(f"carries the date {found}")
    return strays | bars


def read_range(answers: Iterable[Answer], ticker: str, first: date, last: date) -> History:
    """The bars of one ticker by date. Rows outside the asked days are left out: the vendor has sent such.

    Raises `BadAnswerError` if an answer is about another ticker, or not a list of bars.
    """
    bars = dict[date, Bar | Fault]()
    for answer in answers:
        if good_document(answer).get("ticker") != ticker:
            raise BadAnswerError(f"the answer for {ticker} is about another ticker")
        for row in _rows(answer)[0]:
            day = _day(row)
            if day and first <= day <= last:
                bars[day] = _one(bars.get(day), _bar(row))
    return bars


def good_document(answer: Answer) -> Mapping[str, Any]:
    """The document of an answer, if it says of itself that it is good. Raises `BadAnswerError` for any other."""
    document, body = answer.document, answer.body
    if not document:
        raise BadAnswerError(
            f"Massive answered 200 with {len(body)} bytes that are not a JSON object: {body[:40]!r}"
        )
    if document.get("status") not in GOOD:
        status = words(document.get("status"))
        raise BadAnswerError(f"Massive answered 200 with status {status}: {message(document)}")
    return document


def message(document: Mapping[str, Any]) -> str:
    """What Massive says to explain itself."""
    return words(document.get("error") or document.get("message") or "no message")


def words(said: object) -> str:
    """A vendor's words as they can stand in a log and on a terminal; they should be text, but may be anything."""
    text = said if isinstance(said, str) else reprlib.repr(said)
    return "".join(each if each.isprintable() else "?" for each in text[:300])


def _rows(answer: Answer) -> tuple[list[dict[str, Any]], str]:
    """The rows, and the text of those that cannot be read.

    There are none where `results` is missing or null, as on a day without trading.
    """
    results = good_document(answer).get("results")
    if results is None:
        return [], ""
    rows = [row for row in results if isinstance(row, dict)] if isinstance(results, list) else []
    if not rows and results != []:
        raise BadAnswerError("Massive's results are not a list of bars")
    return rows, "".join(row for row in results if isinstance(row, str))


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
    return not number or (
        number.is_finite() and number.adjusted() in EXPONENTS and len(number.as_tuple().digits) <= MAX_DIGITS
    )


def _one(known: Bar | Fault | None, bar: Bar | Fault) -> Bar | Fault:
    """The bar of a row that may come twice."""
    return bar if known in (None, bar) else Fault("comes twice, with different values")
