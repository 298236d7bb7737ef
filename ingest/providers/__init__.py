"""Vendors of market data: what any of them gives, and how any of them may fail.

ProviderError            a call that brought no bars
├── NotYetError          the session is not out yet; ask again later
├── OutOfTimeError       the rate limit asks for a longer wait than this run has left
├── RefusedError         no call of this kind can succeed until a person acts (key, plan)
├── OutOfPlanError       these dates lie outside what the plan serves
└── BadAnswerError       an answer that cannot be believed: truncated, malformed, failing, redirected
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
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


@dataclass(frozen=True, slots=True)
class Answer:
    """A good answer: the bytes as they came, for the raw zone, and the JSON document in them.

    `partition` names the call in the raw zone: `{"endpoint": "grouped", "date": "2026-02-10"}`.
    """

    partition: Mapping[str, str]
    fetched_at: datetime
    body: bytes
    document: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a bar that was sent cannot be believed."""

    reason: str


Bars = Mapping[str, Bar | Fault]
"""The bars of one session, by ticker."""

History = Mapping[date, Bar | Fault]
"""The bars of one ticker, by session."""


def json_object(body: bytes) -> dict[str, Any]:
    """The object in the body; empty where there is none. Numbers stay exact, NaN and Infinity are refused."""
    try:
        document = json.loads(body, parse_float=Decimal, parse_constant=_reject_constant)
    except (ValueError, ArithmeticError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def _reject_constant(name: str) -> None:
    raise ValueError(f"{name} is no number")
