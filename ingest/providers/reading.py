"""What the answers of any vendor are read with. A row that cannot be believed is a fault of its own and of no other."""

import json
import re
import reprlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from api.records import Bar

DECODER = json.JSONDecoder(strict=False, parse_float=Decimal, parse_constant=Decimal)
LIST = re.compile(r"([^\[]*\[)(.*)(\][^\]]*)", re.DOTALL)
# A comma before a member is inside a row.
BETWEEN_ROWS = re.compile(r'(?<=\})\s*,(?!\s*"[^"]*"\s*:)|,\s*(?=\{)')
# Rows with prices of 1e12 have been sent. The table keeps 38 digits, and a percentage takes 6 behind the point.
EXPONENTS = range(-9, 12)
MAX_DIGITS = 30


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a bar that was sent cannot be believed."""

    reason: str


def json_object(body: bytes) -> dict[str, Any]:
    """The object in the body; empty where there is none. Numbers stay exact, and one bad row spoils no other.

    Control characters stay in their strings, bytes that are not UTF-8 become U+FFFD, NaN and Infinity the `Decimal` of
    that name, and a row that is not JSON becomes a string. None of these can be taken for a ticker or a price.
    """
    text = body.decode("utf-8-sig", errors="replace")
    document = _decoded(text)
    if document is None:
        document = _decoded(_with_bad_rows_quoted(text))
    return document if isinstance(document, dict) else {}


def bar_of(row: Mapping[str, Any], names: Sequence[str]) -> Bar | Fault:
    """The bar whose open, high, low, close and volume a row has under these names, or what is wrong with it.

    A fault never repeats the value itself, which could be anything.
    """
    for name in names:
        value = row.get(name)
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            return Fault(f"carries {name} as a {type(value).__name__}, not a number")
        if not believable(Decimal(value)):
            return Fault(f"carries a number beyond belief as {name}")
    open_, high, low, close, volume = (Decimal(row[name]) for name in names)
    return Bar(open=open_, high=high, low=low, close=close, volume=volume)


def believable(number: Decimal) -> bool:
    """Whether a number can be stored and reckoned with: finite, and not too long."""
    return not number or (
        number.is_finite() and number.adjusted() in EXPONENTS and len(number.as_tuple().digits) <= MAX_DIGITS
    )


def only(known: Bar | Fault | None, bar: Bar | Fault) -> Bar | Fault:
    """The bar of a row that may come twice."""
    return bar if known in (None, bar) else Fault("comes twice, with different values")


def words(said: object) -> str:
    """A vendor's words as they can stand in a log and on a terminal; they should be text, but may be anything."""
    text = said if isinstance(said, str) else reprlib.repr(said)
    return "".join(each if each.isprintable() else "?" for each in text[:300])


def _decoded(text: str) -> Any:
    """The JSON value in the text; `None` where Python cannot read it, be it too deep or a number too long."""
    try:
        return DECODER.decode(text)
    except (ValueError, ArithmeticError, RecursionError):
        return None


def _with_bad_rows_quoted(text: str) -> str:
    """The text of a document with one list of flat objects; those that cannot be read are strings."""
    if not (found := LIST.fullmatch(text)):
        return text
    before, rows, after = found.groups()
    return before + ",".join(_quoted_if_bad(row.strip()) for row in BETWEEN_ROWS.split(rows)) + after


def _quoted_if_bad(row: str) -> str:
    """The row; as a string, if it has both its ends and still cannot be read where it stands, or a little deeper."""
    whole = row.startswith("{") and row.endswith("}")
    return json.dumps(row) if whole and _decoded(f"[[[[{row}]]]]") is None else row
