"""The prices that a stand-in serves in its vendor's format."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from api.records import Bar


@dataclass(frozen=True, slots=True)
class Split:
    """From the open of `day` on, `before` shares of the ticker are `after` shares, which may be fewer."""

    day: date
    ticker: str
    before: int
    after: int


class Tape(Protocol):
    """Prices as traded, recorded or simulated. Missing data are an empty result, not an error."""

    @property
    def tickers(self) -> frozenset[str]:
        """Every ticker that has bars."""

    def session(self, day: date) -> Mapping[str, Bar]:
        """The bars of a session by ticker."""

    def bars(self, ticker: str, first: date, last: date) -> Mapping[date, Bar]:
        """A ticker's bars by session, oldest first, both days included."""

    def splits(self, first: date, last: date) -> Sequence[Split]:
        """The splits from one day to another, oldest first, both days included."""
