"""The interface to market-data vendors: calls, answers, and errors.

ProviderError            a call brought no data
├── LaterError           only time is needed: the next runs try again
│   ├── NotYetError      the session isn't available yet
│   ├── OutOfTimeError   the rate limit requires a longer wait than this run has left
│   └── BudgetSpentError the vendor's daily number of calls is used up
├── RefusedError         no call can succeed until a person acts (key, plan)
├── OutOfPlanError       the plan doesn't serve these dates
└── BadAnswerError       an unusable answer: truncated, malformed, failed, redirected
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from fractions import Fraction
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol

from api.markets import Market
from api.records import Bar
from api.vendors import Vendor
from ingest.providers.reading import Fault, json_object

if TYPE_CHECKING:
    from ingest.providers.asking import Line

SPLITS = "splits"


class ProviderError(Exception):
    """A call brought no data; the message says why."""


class LaterError(ProviderError):
    """Only time is needed: the next runs try again."""


class NotYetError(LaterError):
    """The session isn't available yet."""


class OutOfTimeError(LaterError):
    """The rate limit requires a longer wait than this run has left."""


class BudgetSpentError(LaterError):
    """The vendor's daily number of calls is used up."""


class RefusedError(ProviderError):
    """No call can succeed until a person acts: the key or the plan is wrong."""


class OutOfPlanError(ProviderError):
    """The plan doesn't serve these dates."""


class BadAnswerError(ProviderError):
    """The answer is unusable."""


HOPELESS = (OutOfTimeError, BudgetSpentError, RefusedError)
"""Errors that every further call of the same run would hit too."""


@dataclass(frozen=True, slots=True)
class Call:
    """One question to a vendor, for the sessions from `first` to `last` of one ticker or of the whole market (`None`).

    `endpoint` is a name from the vendor's module, or `SPLITS`, which asks for the splits of those days. The raw zone's
    keys are made from these fields.
    """

    endpoint: str
    first: date
    last: date
    ticker: str | None = None


Way = Sequence[Call]
"""One of several alternatives: calls that together bring all bars needed."""


@dataclass(frozen=True)  # no slots: cached_property needs a __dict__
class Answer:
    """A response with status 200: its bytes, which go to the raw zone, and the JSON in them."""

    call: Call
    fetched_at: datetime
    body: bytes

    @cached_property
    def document(self) -> Mapping[str, Any]:
        """The JSON object in the body, empty if there is none. Parsed on first use, so after the answer is archived."""
        return json_object(self.body)


Bars = Mapping[str, Bar | Fault]
"""The bars of one session, by ticker."""

Splits = Mapping[str, Fraction]
"""New shares per old share, by ticker, for splits that take effect at the session's open."""


@dataclass(frozen=True, slots=True)
class Told:
    """The data in the answers to a call. `cut`: they may end at the present, before the last session asked for."""

    bars: Mapping[date, Bars] = field(default_factory=dict)
    splits: Mapping[date, Splits] = field(default_factory=dict)
    cut: bool = False


Waiting = Callable[[float], None]
"""Called before each wait with its seconds, and before each request with 0. It may raise to give up."""


class Provider(Protocol):
    """One vendor, for one run. `ask` and `read` raise only `ProviderError`s."""

    @property
    def vendor(self) -> Vendor: ...

    @property
    def made(self) -> Counter[str]:
        """The number of requests sent, by endpoint; repeated ones count as `retry`."""

    def calls(self, days: Sequence[date], tickers: Sequence[str]) -> Sequence[Way]:
        """Alternative lists of calls for the tickers' bars in these sessions (oldest first); the plan picks one."""

    def splits(self, first: date, last: date) -> Call | None:
        """The call for the splits of these days; `None` if the vendor doesn't offer splits."""

    def affordable(self) -> float:
        """How many calls fit into the rest of this run."""

    def ask(self, call: Call, waiting: Waiting) -> Iterator[Answer]:
        """The answers to a call, page by page. Each is checked only when the next page is requested, or by `read`."""

    def read(self, call: Call, answers: Sequence[Answer], tickers: Sequence[str]) -> Told:
        """Read bars or splits from a call's answers, new or archived. Raises `BadAnswerError`."""


def connect(vendor: Vendor, market: Market, line: "Line") -> Provider:
    """The provider for a vendor, made by the vendor's own module."""
    provider: Provider = import_module(f"{__name__}.{vendor.name}").connect(market, line)
    return provider


def by_day(endpoint: str, days: Sequence[date]) -> Way:
    """One whole-market call for each session."""
    return [Call(endpoint, day, day) for day in days]


def by_ticker(endpoint: str, days: Sequence[date], tickers: Sequence[str], most: int | None = None) -> Way:
    """Calls for each ticker over all sessions, or, with `most`, over so many sessions at a time, newest first."""
    chunks = [days[max(0, end - (most or end)) : end] for end in range(len(days), 0, -(most or len(days)))]
    return [Call(endpoint, chunk[0], chunk[-1], ticker) for chunk in chunks for ticker in tickers]
