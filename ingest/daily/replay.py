"""What the archived answers say of a session: for each ticker, the newest answer that covers it."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from datetime import date

from api.records import Bar
from ingest.archive import Archive, DamagedAnswerError, Kept
from ingest.calendar import Calendar
from ingest.daily.past import Past
from ingest.providers import BadAnswerError, Bars, Fault, History
from ingest.providers.massive_bars import read_grouped, read_range

MISSING = Fault("is missing from the newest archived answer")
UNTOLD = Fault("stands in no archived answer")


class Replay:
    """The raw zone, read as if its answers came now.

    An answer with the whole market is let go before the next is read; the few about one ticker and many days are
    kept. `damaged` gives reasons for objects that could not be read; where one is, an older answer speaks.
    """

    def __init__(self, archive: Archive, calendar: Calendar) -> None:
        self.damaged: dict[str, str] = {}
        self._archive = archive
        self._calendar = calendar
        self._histories: dict[str, History] = {}
        self._strangers: dict[str, dict[date, Fault]] = {}
        self._about: defaultdict[date, list[Kept]] = defaultdict(list)
        for kept in self._newest_first():
            for day in calendar.sessions(kept.first, kept.last):
                self._about[day].append(kept)

    def sessions(self, watched: Callable[[date], Collection[str]]) -> set[date]:
        """The sessions of which an answer about a ticker watched on that day, or about the whole market, speaks."""
        return {
            day
            for day, answers in self._about.items()
            if (tickers := watched(day))
            and any(not kept.ticker or kept.ticker in tickers for kept in answers)
        }

    def bars(self, day: date, tickers: Collection[str], *, vouched: bool) -> Bars:
        """The tickers' bars, each as the newest answer has it; one that no answer covers is a fault.

        So is one that may be another company's, unless it is `vouched` for that the tickers are those of the day.
        """
        bars = dict[str, Bar | Fault]()
        for kept in self._about.get(day, ()):
            if asked := [t for t in tickers if t not in bars and kept.ticker in (None, t)]:
                told = self._told(kept, day, asked)
                stranger = None if vouched or not told else self._strangers.get(kept.key, {}).get(day)
                bars |= {kept.ticker: stranger} if kept.ticker and stranger else told
        return dict.fromkeys(tickers, UNTOLD) | bars

    def _newest_first(self) -> list[Kept]:
        found = []
        for key in self._archive.listing():
            try:
                found.append(Kept.parse(key))
            except DamagedAnswerError as reason:
                self.damaged[key] = str(reason)
        return sorted(found, key=lambda kept: (kept.fetched_at, kept.key), reverse=True)

    def _told(self, kept: Kept, day: date, tickers: Iterable[str]) -> Bars:
        """What one answer says of a day; nothing if it cannot be read."""
        try:
            if kept.ticker:
                return _of_day(kept.ticker, day, self._history(kept))
            bars = read_grouped(self._archive.read(kept), day, tickers)
            return {ticker: bars.get(ticker, MISSING) for ticker in tickers}
        except (DamagedAnswerError, BadAnswerError) as reason:
            self.damaged[kept.key] = str(reason)
            return {}

    def _history(self, kept: Kept) -> History:
        if kept.key not in self._histories:
            self._histories[kept.key] = {}  # also where it cannot be read: once is enough
            answer = self._archive.read(kept)
            history = read_range([answer], kept.ticker or "", kept.first, kept.last)
            self._histories[kept.key] = history
            self._strangers[kept.key] = _strangers(history, self._calendar)
        return self._histories[kept.key]


def _strangers(history: History, calendar: Calendar) -> dict[date, Fault]:
    """The faults of the bars that lie before a long hole of their answer."""
    past, sessions = Past(), calendar.sessions(min(history), max(history)) if history else []
    faults = {day: past.see(traded=day in history) for day in reversed(sessions)}
    return {day: fault for day, fault in faults.items() if fault}


def _of_day(ticker: str, day: date, history: History) -> Bars:
    """A ticker's bar in one range answer, which covers the days from its first bar to its last.

    It may be one page of several, or cut at the present: of the days around it, it says nothing.
    """
    if not history or not min(history) <= day <= max(history):
        return {}
    return {ticker: history.get(day, MISSING)}
