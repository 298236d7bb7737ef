"""Vendors of market data: what any of them is asked and gives, and how any of them may fail.

ProviderError            a call that brought no bars
├── LaterError           only time is needed: the next runs ask again
│   ├── NotYetError      the session is not out yet
│   ├── OutOfTimeError   the rate limit asks for a longer wait than this run has left
│   └── BudgetSpentError the calls that the vendor grants for a day are used up
├── RefusedError         no call can succeed until a person acts (key, plan)
├── OutOfPlanError       these dates lie outside what the plan serves
└── BadAnswerError       an answer that cannot be believed: truncated, malformed, failing, redirected
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
    """A call that brought no bars; the message says why and what to do."""


class LaterError(ProviderError):
    """Only time is needed: the next runs ask again."""


class NotYetError(LaterError):
    """The session is not out yet."""


class OutOfTimeError(LaterError):
    """The rate limit asks for a longer wait than this run has left."""


class BudgetSpentError(LaterError):
    """The calls that the vendor grants for a day are used up."""


class RefusedError(ProviderError):
    """No call can succeed until a person acts: the key or the plan is wrong."""


class OutOfPlanError(ProviderError):
    """The dates lie outside what the plan serves."""


class BadAnswerError(ProviderError):
    """An answer that cannot be believed."""


HOPELESS = (OutOfTimeError, BudgetSpentError, RefusedError)
"""What every other call of the same run would meet as well."""


@dataclass(frozen=True, slots=True)
class Call:
    """One question to a vendor: what the plan counts, the raw zone files answers under, and a reader is told.

    It asks for the sessions from `first` to `last`, of one ticker, or of the whole market (`None`). `endpoint` is the
    vendor's own word, but for `SPLITS`, which asks for the splits of those days.
    """

    endpoint: str
    first: date
    last: date
    ticker: str | None = None


Way = Sequence[Call]
"""Calls that together bring what is wanted."""


@dataclass(frozen=True)  # without slots, which leave no place for the document
class Answer:
    """An answer that the vendor sent as a good one: its bytes, for the raw zone, and what can be read in them."""

    call: Call
    fetched_at: datetime
    body: bytes

    @cached_property
    def document(self) -> Mapping[str, Any]:
        """The JSON object in the body, read when first asked for: an answer is archived before it is judged."""
        return json_object(self.body)


Bars = Mapping[str, Bar | Fault]
"""The bars of one session, by ticker."""

Splits = Mapping[str, Fraction]
"""How many new shares a ticker's holders have for an old one, from the session's open on."""


@dataclass(frozen=True, slots=True)
class Told:
    """What the answers to a call tell. `cut` says that they end at the present, before what was asked for."""

    bars: Mapping[date, Bars] = field(default_factory=dict)
    splits: Mapping[date, Splits] = field(default_factory=dict)
    cut: bool = False


Waiting = Callable[[float], None]
"""Hears before each request, and each wait, how many seconds the wait will be."""


class Provider(Protocol):
    """One vendor, for one run. Whatever it raises is a `ProviderError`."""

    @property
    def vendor(self) -> Vendor: ...

    @property
    def made(self) -> Counter[str]:
        """The requests sent, by endpoint; those that had to be repeated as `retry`."""

    def calls(self, days: Sequence[date], tickers: Sequence[str]) -> Sequence[Way]:
        """The ways to bring the tickers' bars of these sessions (oldest first); the plan takes one of them."""

    def splits(self, first: date, last: date) -> Call | None:
        """The call for the splits of these days; `None` where the vendor does not tell."""

    def affordable(self) -> float:
        """How many calls fit into the rest of this run."""

    def ask(self, call: Call, waiting: Waiting) -> Iterator[Answer]:
        """The answers to a call, page by page; each is judged only when the next is asked for, or by `read`."""

    def read(self, call: Call, answers: Sequence[Answer], tickers: Sequence[str]) -> Told:
        """What the answers tell of these tickers, also answers of long ago. Raises `BadAnswerError`."""


def connect(vendor: Vendor, market: Market, line: "Line") -> Provider:
    """The provider of this vendor: what its own module makes of a line to it."""
    provider: Provider = import_module(f"{__name__}.{vendor.name}").connect(market, line)
    return provider


def by_day(endpoint: str, days: Sequence[date]) -> Way:
    """A call for each session, with the whole market in its answer."""
    return [Call(endpoint, day, day) for day in days]


def by_ticker(endpoint: str, days: Sequence[date], tickers: Sequence[str], most: int | None = None) -> Way:
    """Calls for each ticker, over all the sessions, or over at most so many: then the newest sessions come first."""
    chunks = [days[max(0, end - (most or end)) : end] for end in range(len(days), 0, -(most or len(days)))]
    return [Call(endpoint, chunk[0], chunk[-1], ticker) for chunk in chunks for ticker in tickers]
