"""Whether a ticker's older bars are the same company's: a symbol that is given up may go to another one. Pure."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date

from api.records import Hole, Session
from ingest.calendar import ONE_DAY, Calendar
from ingest.daily.stored import Stored
from ingest.providers import Bars
from ingest.providers.reading import Fault

# Sessions in a row without a bar, as in a long halt; after more, nothing says that it is the same company.
LONGEST_HOLE = 20

STRANGER = "did not trade in the"


@dataclass
class Past:
    """One ticker's sessions, seen from the newest to the oldest."""

    _seen: bool = False
    _absent: int = 0
    _hole: int = 0

    def see(self, *, traded: bool) -> Fault | None:
        """Take in the next older session in which the market traded; the fault of a bar before a long hole."""
        if not traded:
            self._absent += 1
            return None
        if self._seen and self._absent > LONGEST_HOLE:
            self._hole = self._absent
        self._seen, self._absent = True, 0
        return _stranger(self._hole) if self._hole else None

    def after_a_gap(self) -> "Past":
        """The same where sessions follow that were not looked at: the ticker may have traded in them."""
        return Past(self._seen, 0, self._hole)


def _stranger(hole: int) -> Fault:
    return Fault(
        f"{STRANGER} {hole} sessions that followed, so it may have been another company; a watchlist that is"
        " dated before them and names it says that it is the same"
    )


@dataclass
class Strangers:
    """Finds bars of another company while sessions are looked at, best from the newest to the oldest.

    Of the sessions between those, and of newer ones, it knows what is stored, and which holes lack a ticker.
    """

    calendar: Calendar
    stored: Stored
    _pasts: dict[str, Past] = field(default_factory=dict)
    _at: date | None = None

    def see(self, day: date, tickers: Collection[str], bars: Bars) -> Bars:
        """The session's bars of the tickers, with faults for those of another company.

        A session without any bar is none in which the market traded.
        """
        self._recall(day, tickers)
        if not bars and len(tickers) > 1:
            return bars
        faults = {ticker: self._past(ticker).see(traded=ticker in bars) for ticker in tickers}
        return {**bars, **{ticker: fault for ticker, fault in faults.items() if fault}}

    def _recall(self, day: date, tickers: Collection[str]) -> None:
        """Take in what is known of the sessions from the last one looked at, or the newest one, down to this."""
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
    """Whether a ticker traded in a session, by what is remembered of it; `None` where nobody knows."""
    if session and ticker in session.watchlist:
        return ticker in session.bars
    reasons = hole.reason.split(", ") if hole else []
    if f"{ticker} is missing" in reasons:
        return False
    return True if any(reason.startswith(f"{ticker} {STRANGER}") for reason in reasons) else None
