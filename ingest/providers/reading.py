"""Helpers to read any vendor's answers. An implausible row is its own fault and doesn't affect the others."""

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
# A comma followed by a member (`"name":`) is inside a row.
BETWEEN_ROWS = re.compile(r'(?<=\})\s*,(?!\s*"[^"]*"\s*:)|,\s*(?=\{)')
# Vendors have sent prices of 1e12. The table keeps 38 digits, and a percentage has 6 decimals.
EXPONENTS = range(-9, 12)
MAX_DIGITS = 30


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a ticker has no usable bar."""

    reason: str


def json_object(body: bytes) -> dict[str, Any]:
    """The JSON object in the body; empty if there is none. Numbers stay exact, and a bad row doesn't spoil the others.

    Control characters stay in their strings, bytes that aren't UTF-8 become U+FFFD, NaN and Infinity become `Decimal`,
    and a row that isn't JSON becomes a string. None of these can be mistaken for a ticker or a price.
    """
    text = body.decode("utf-8-sig", errors="replace")
    document = _decoded(text)
    if document is None:
        document = _decoded(_with_bad_rows_quoted(text))
    return document if isinstance(document, dict) else {}


def bar_of(row: Mapping[str, Any], names: Sequence[str]) -> Bar | Fault:
    """The bar in a row, whose open, high, low, close and volume have these names; or what is wrong with it.

    A fault never repeats the value itself, which could be anything.
    """
    for name in names:
        value = row.get(name)
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            return Fault(f"has {name} as a {type(value).__name__}, not a number")
        if not believable(Decimal(value)):
            return Fault(f"has an implausible number as {name}")
    open_, high, low, close, volume = (Decimal(row[name]) for name in names)
    return Bar(open=open_, high=high, low=low, close=close, volume=volume)


def believable(number: Decimal) -> bool:
    """Whether a number is finite, not extreme, and short enough to be stored exactly."""
    return not number or (
        number.is_finite() and number.adjusted() in EXPONENTS and len(number.as_tuple().digits) <= MAX_DIGITS
    )


def only(known: Bar | Fault | None, bar: Bar | Fault) -> Bar | Fault:
    """The bar of a ticker whose row may come twice: equal rows are fine, different ones are a fault."""
    return bar if known in (None, bar) else Fault("comes twice, with different values")


def words(said: object) -> str:
    """A vendor's message, made safe for logs and terminals. It should be text, but may be anything."""
    text = said if isinstance(said, str) else reprlib.repr(said)
    return "".join(each if each.isprintable() else "?" for each in text[:300])


def _decoded(text: str) -> Any:
    """The JSON value in the text; `None` if Python can't read it (which includes deep nesting and huge numbers)."""
    try:
        return DECODER.decode(text)
    except (ValueError, ArithmeticError, RecursionError):
        return None


def _with_bad_rows_quoted(text: str) -> str:
    """The text of a document with one list of flat objects; those that can't be read become strings."""
    if not (found := LIST.fullmatch(text)):
        return text
    before, rows, after = found.groups()
    return before + ",".join(_quoted_if_bad(row.strip()) for row in BETWEEN_ROWS.split(rows)) + after


def _quoted_if_bad(row: str) -> str:
    """The row; as a JSON string if it has both braces but can't be read, even nested as deep as in its document."""
    whole = row.startswith("{") and row.endswith("}")
    return json.dumps(row) if whole and _decoded(f"[[[[{row}]]]]") is None else row
