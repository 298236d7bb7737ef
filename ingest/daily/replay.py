"""Reads sessions from archived responses: each ticker's bar comes from the newest response that covers it."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import date

from api.records import Bar
from ingest.archive import Archive, DamagedAnswerError, Kept
from ingest.calendar import Calendar
from ingest.daily.past import Past
from ingest.providers import SPLITS, BadAnswerError, Bars, Call, Provider, Splits
from ingest.providers.reading import Fault

History = Mapping[date, Bar | Fault]
"""The bars of one ticker, by session."""

MISSING = Fault("is missing from the newest archived answer")
UNTOLD = Fault("is in no archived answer")


class Replay:
    """The raw zone, read with the provider's usual checks.

    Of a whole-market answer, only the bars asked for stay in memory; answers for one ticker are kept. `damaged` has the
    reasons for objects that couldn't be read; an older answer is used in their place.
    """

    def __init__(self, archive: Archive, provider: Provider, calendar: Calendar) -> None:
        self.damaged: dict[str, str] = {}
        self._archive = archive
        self._provider = provider
        self._calendar = calendar
        self._histories: dict[str, History] = {}
        self._strangers: dict[str, dict[date, Fault]] = {}
        self._about: defaultdict[date, list[Kept]] = defaultdict(list)
        newest_first = self._newest_first()
        self._splits: dict[Call, list[Kept]] = {}
        self._splits_told: dict[Call, Mapping[date, Splits] | None] = {}
        for kept in newest_first:
            if kept.call.endpoint == SPLITS:
                self._splits.setdefault(kept.call, []).append(kept)
                continue
            for day in calendar.sessions(kept.call.first, kept.call.last):
                self._about[day].append(kept)

    def sessions(self, watched: Callable[[date], Collection[str]]) -> set[date]:
        """The sessions covered by a whole-market answer, or by one for a ticker watched on that day."""
        return {
            day
            for day, answers in self._about.items()
            if (tickers := watched(day))
            and any(not kept.call.ticker or kept.call.ticker in tickers for kept in answers)
        }

    def bars(self, day: date, tickers: Collection[str], *, vouched: bool) -> Bars:
        """The tickers' bars, each from the newest answer that covers it; a ticker that none covers gets a fault.

        So does a bar that may be another company's, unless `vouched` (the tickers are known to be that day's).
        """
        bars = dict[str, Bar | Fault]()
        for kept in self._about.get(day, ()):
            ticker = kept.call.ticker
            if asked := [t for t in tickers if t not in bars and ticker in (None, t)]:
                told = self._told(kept, day, asked)
                stranger = None if vouched or not told else self._strangers.get(kept.key, {}).get(day)
                bars |= {ticker: stranger} if ticker and stranger else told
        return dict.fromkeys(tickers, UNTOLD) | bars

    def splits(self, day: date, tickers: Collection[str]) -> Splits | None:
        """The tickers' splits on a day, from the newest readable call that covers it; `None` if there is none."""
        for call in self._splits:
            if call.first <= day <= call.last and (told := self._told_splits(call)) is not None:
                of_the_day = told.get(day, {})
                return {ticker: of_the_day[ticker] for ticker in tickers if ticker in of_the_day}
        return None

    def _told_splits(self, call: Call) -> Mapping[date, Splits] | None:
        """The splits in all answers to a call, read together, oldest first: each may be one page of several."""
        if call not in self._splits_told:
            try:
                answers = [self._archive.read(kept) for kept in reversed(self._splits[call])]
                self._splits_told[call] = self._provider.read(call, answers, ()).splits
            except (DamagedAnswerError, BadAnswerError) as reason:
                self.damaged[self._splits[call][0].key] = str(reason)
                self._splits_told[call] = None
        return self._splits_told[call]

    def _newest_first(self) -> list[Kept]:
        found = []
        for key in self._archive.listing():
            try:
                found.append(Kept.parse(key))
            except DamagedAnswerError as reason:
                self.damaged[key] = str(reason)
        return sorted(found, key=lambda kept: (kept.fetched_at, kept.key), reverse=True)

    def _told(self, kept: Kept, day: date, tickers: Iterable[str]) -> Bars:
        """The bars of a day in one answer; empty if it can't be read or doesn't cover the day."""
        try:
            if kept.call.ticker:
                return _of_day(kept.call.ticker, day, self._history(kept, kept.call.ticker))
            told = self._provider.read(kept.call, [self._archive.read(kept)], [*tickers])
            bars = told.bars.get(day, {})
            return {ticker: bars.get(ticker, MISSING) for ticker in tickers}
        except (DamagedAnswerError, BadAnswerError) as reason:
            self.damaged[kept.key] = str(reason)
            return {}

    def _history(self, kept: Kept, ticker: str) -> History:
        if kept.key not in self._histories:
            self._histories[kept.key] = {}  # stays empty if it can't be read, so that it is tried only once
            told = self._provider.read(kept.call, [self._archive.read(kept)], [ticker])
            history = {day: bars[ticker] for day, bars in told.bars.items() if ticker in bars}
            self._histories[kept.key] = history
            self._strangers[kept.key] = _strangers(history, self._calendar)
        return self._histories[kept.key]


def _strangers(history: History, calendar: Calendar) -> dict[date, Fault]:
    """Faults for bars that are before a long hole in one ticker's answer."""
    past, sessions = Past(), calendar.sessions(min(history), max(history)) if history else []
    faults = {day: past.see(traded=day in history) for day in reversed(sessions)}
    return {day: fault for day, fault in faults.items() if fault}


def _of_day(ticker: str, day: date, history: History) -> Bars:
    """A ticker's bar in one range answer. The answer covers only the days from its first bar to its last.

    It may be one page of several, or cut at the present, so it shows nothing about days outside.
    """
    if not history or not min(history) <= day <= max(history):
        return {}
    return {ticker: history.get(day, MISSING)}
