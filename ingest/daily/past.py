"""Whether a ticker's older bars are the same company's: a ticker can be reused by another company. Pure."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date

from api.records import Hole, Session
from ingest.calendar import ONE_DAY, Calendar
from ingest.daily.stored import Stored
from ingest.providers import Bars
from ingest.providers.reading import Fault

# This many sessions in a row without a bar may be a long halt; after more it may be another company.
LONGEST_HOLE = 20

STRANGER = "did not trade in the"


@dataclass
class Past:
    """One ticker's history, read from the newest session to the oldest."""

    _seen: bool = False
    _absent: int = 0
    _hole: int = 0

    def see(self, *, traded: bool) -> Fault | None:
        """Note the next older session. Returns a fault if the ticker traded before a long hole."""
        if not traded:
            self._absent += 1
            return None
        if self._seen and self._absent > LONGEST_HOLE:
            self._hole = self._absent
        self._seen, self._absent = True, 0
        return _stranger(self._hole) if self._hole else None

    def after_a_gap(self) -> "Past":
        """The state after sessions that weren't looked at, in which the ticker may have traded."""
        return Past(self._seen, 0, self._hole)


def _stranger(hole: int) -> Fault:
    return Fault(
        f"{STRANGER} {hole} sessions that followed, so it may have been another company; if it is the same, use dated"
        " watchlists that list it on this day"
    )


@dataclass
class Strangers:
    """Finds bars that may be another company's, in sessions that are best passed in from the newest to the oldest.

    For skipped and newer sessions it uses what is stored, and which tickers are known to be missing in holes.
    """

    calendar: Calendar
    stored: Stored
    _pasts: dict[str, Past] = field(default_factory=dict)
    _at: date | None = None

    def see(self, day: date, tickers: Collection[str], bars: Bars) -> Bars:
        """The session's bars, with faults for those that may be another company's.

        If none of several tickers has a bar, the market didn't trade, and the session doesn't count.
        """
        self._recall(day, tickers)
        if not bars and len(tickers) > 1:
            return bars
        faults = {ticker: self._past(ticker).see(traded=ticker in bars) for ticker in tickers}
        return {**bars, **{ticker: fault for ticker, fault in faults.items() if fault}}

    def _recall(self, day: date, tickers: Collection[str]) -> None:
        """Note what is known of the sessions between this one and the last one seen (or the newest stored one)."""
        newest = max(self.stored.session_by_day, default=day)
        if self._at is None or day > self._at:
            self._pasts, self._at = {}, newest + ONE_DAY
        for between in reversed(self.calendar.sessions(day + ONE_DAY, self._at - ONE_DAY)):
            session, hole = self.stored.session_by_day.get(between), self.stored.holes.get(between)
            for ticker in tickers:
                traded = _traded(ticker, session, hole)
                if traded is None:
                    self._pasts[ticker] = self._past(ticker).after_a_gap()
                else:
                    self._past(ticker).see(traded=traded)
        self._at = day

    def _past(self, ticker: str) -> Past:
        return self._pasts.setdefault(ticker, Past())


def _traded(ticker: str, session: Session | None, hole: Hole | None) -> bool | None:
    """Whether a ticker traded in a session, by its stored session or hole; `None` if unknown."""
    if session and ticker in session.watchlist:
        return ticker in session.bars
    reasons = hole.reason.split(", ") if hole else []
    if f"{ticker} is missing" in reasons:
        return False
    return True if any(reason.startswith(f"{ticker} {STRANGER}") for reason in reasons) else None
