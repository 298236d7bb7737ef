"""Vendors of market data: what any of them gives, and how any of them may fail.

ProviderError            a call that brought no bars
├── NotYetError          the session is not out yet; ask again later
├── OutOfTimeError       the rate limit asks for a longer wait than this run has left
├── RefusedError         no call of this kind can succeed until a person acts (key, plan)
├── OutOfPlanError       these dates lie outside what the plan serves
└── BadAnswerError       an answer that cannot be believed: truncated, malformed, failing, redirected
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

from api.records import Bar


class ProviderError(Exception):
    """A call that brought no bars; the message says why and what to do."""


class NotYetError(ProviderError):
    """The session is not out yet; ask again later."""


class OutOfTimeError(ProviderError):
    """The rate limit asks for a longer wait than this run has left."""


class RefusedError(ProviderError):
    """No call can succeed until a person acts: the key or the plan is wrong."""


class OutOfPlanError(ProviderError):
    """The dates lie outside what the plan serves."""


class BadAnswerError(ProviderError):
    """An answer that cannot be believed."""


DECODER = json.JSONDecoder(strict=False, parse_float=Decimal, parse_constant=Decimal)
LIST = re.compile(r"([^\[]*\[)(.*)(\][^\]]*)", re.DOTALL)
BETWEEN_ROWS = re.compile(
    r'(?<=\})\s*,(?!\s*"[^"]*"\s*:)|,\s*(?=\{)'
)  # a comma before a member is inside a row


@dataclass(frozen=True)  # without slots, which leave no place for the document
class Answer:
    """An answer that the vendor sent as a good one: its bytes, for the raw zone, and what can be read in them.

    `partition` names the call in the raw zone: `{"endpoint": "grouped", "date": "2026-02-10"}`.
    """

    partition: Mapping[str, str]
    fetched_at: datetime
    body: bytes

    @cached_property
    def document(self) -> Mapping[str, Any]:
        """The JSON object in the body, read when first asked for: an answer is archived before it is judged."""
        return json_object(self.body)


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a bar that was sent cannot be believed."""

    reason: str


Bars = Mapping[str, Bar | Fault]
"""The bars of one session, by ticker."""

History = Mapping[date, Bar | Fault]
"""The bars of one ticker, by session."""


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
