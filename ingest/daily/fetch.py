"""Bring the bars of the sessions that a run works on: ask with the fewest calls, archive, and tell each session once
all of it is there.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from aws_lambda_powertools import Logger

from api.records import Bar
from ingest.daily import plan
from ingest.daily.past import LONGEST_HOLE, Strangers
from ingest.daily.run import Parts, Report, Rules
from ingest.daily.work import Work
from ingest.lease import Lease
from ingest.providers import (
    HOPELESS,
    Answer,
    Bars,
    Call,
    NotYetError,
    OutOfTimeError,
    ProviderError,
    Splits,
    Told,
    Waiting,
)
from ingest.providers.reading import Fault

SPLITS_SECONDS = 65
log = Logger(service="ingest")


@dataclass(slots=True)
class Fetch:
    """The calls of one run, and what they have told so far.

    `pending` are the sessions that are still to be told, `watched` all of them by ticker. `cut` says that an answer
    ended at the present, and `last_told` is the newest session with a bar. `waited` are the seconds spent on splits.
    """

    parts: Parts
    rules: Rules
    work: Work
    lease: Lease
    report: Report
    planned: int = 0
    waited: float = 0
    cut: bool = False
    last_told: date = date.min
    pending: set[date] = field(default_factory=set)
    bars: defaultdict[date, dict[str, Bar | Fault]] = field(default_factory=lambda: defaultdict(dict))
    asked: defaultdict[date, list[str]] = field(default_factory=lambda: defaultdict(list))
    watched: defaultdict[str, set[date]] = field(default_factory=lambda: defaultdict(set))
    _splits: list[Mapping[date, Splits] | None] = field(default_factory=list)

    def sessions(self) -> Iterator[tuple[date, Bars]]:
        """Each session with its bars, as soon as no later call tells of it. Those that cannot be had are noted."""
        provider, work = self.parts.provider, self.work
        affordable = provider.affordable()
        most_by_day = plan.WEEK if work.asked_for else affordable
        way = plan.cheapest(provider.calls(work.days, work.tickers), affordable, most_by_day)
        self.pending, self.planned = set(work.tasks), len(way) + bool(self._splits_call())
        for day in work.tasks:
            for ticker in work.watched(day):
                self.watched[ticker].add(day)
        strangers = Strangers(self.rules.calendar, work.stored)
        for complete in self._complete(plan.in_turn(way, LONGEST_HOLE)):
            yield from self._judgeable(complete, strangers)

    def splits(self, day: date) -> Splits | None:
        """The splits of a session's tickers, asked for once, with the first session that needs them.

        A session is whole without them: `None` where the vendor does not tell or they could not be had.
        """
        if day not in self.work.unsplit:
            return None
        if not self._splits:
            self._splits.append(self._ask_splits())
        if (found := self._splits[0]) is None:
            return None
        told = found.get(day, {})
        return {ticker: told[ticker] for ticker in self.work.watched(day) if ticker in told}

    def _complete(self, calls: Sequence[Call]) -> Iterator[set[date]]:
        """Call after call, the sessions of which no later one tells."""
        to_tell = Counter(day for call in calls for day in self._wanted(call))
        shortened, complete = False, set[date]()
        while calls and self.pending:
            call, *to_come = calls
            wanted = self._wanted(call)
            try:
                if wanted:
                    self._take(call)
            except HOPELESS as failure:
                self._drop(self.pending, failure)
            except NotYetError as failure:
                if call.ticker and not shortened:
                    # No session but the newest can be too new: ask once more, without it.
                    shortened = True
                    self._drop({max(self.pending)}, failure)
                    calls = _until(max(self.pending, default=date.min), calls)
                    continue
                self._drop(self.pending if call.ticker else wanted, failure)
            except ProviderError as failure:
                self._drop(wanted, failure)
            to_tell.subtract(wanted)
            complete.update(day for day in wanted if not to_tell[day])
            # The sessions of one range are judged together, since bars are judged by those of other sessions.
            if not to_come or (call.first, call.last) != (to_come[0].first, to_come[0].last):
                yield complete & self.pending
                complete = set()
            calls = to_come

    def _judgeable(self, complete: Collection[date], strangers: Strangers) -> Iterator[tuple[date, Bars]]:
        """The newest session first, as older bars are judged by it. Bars of another company are faults, unless a
        watchlist of that time names the ticker.

        Sessions in between are stored already, but tell whether a ticker traded.
        """
        between = self.rules.calendar.sessions(min(complete), max(complete)) if complete else []
        for day in reversed(between):
            task = self.work.tasks.get(day)
            vouched = self.rules.watchlists.dated or bool(task and task.session)
            asked = self.asked.pop(day, [])
            bars: Bars = self.bars.pop(day, {})
            if not vouched:
                bars = strangers.see(day, asked, bars)
            if day in complete and self.cut and day > self.last_told:
                late = NotYetError("the provider's answer ends before this session, at the present")
                self._drop({day}, late)
            elif day in complete:
                self.pending.discard(day)
                yield day, bars

    def _wanted(self, call: Call) -> set[date]:
        """The pending sessions that a call is for."""
        days = self.pending & self.watched[call.ticker] if call.ticker else self.pending
        return {day for day in days if call.first <= day <= call.last}

    def _take(self, call: Call) -> None:
        told = self._told(
            call, [call.ticker] if call.ticker else self.work.watched(call.first), self._waiting
        )
        self.cut |= told.cut
        for day in self.rules.calendar.sessions(call.first, call.last):
            self.asked[day] += [call.ticker] if call.ticker else self.work.watched(day)
        for day, bars in told.bars.items():
            self.bars[day].update(bars)
            self.last_told = max(self.last_told, day) if bars else self.last_told

    def _told(self, call: Call, tickers: Sequence[str], waiting: Waiting) -> Told:
        """What the answers to a call tell, archived page by page before any is judged."""
        answers = list[Answer]()
        for answer in self.parts.provider.ask(call, waiting):
            self.parts.archive.keep(answer)
            answers.append(answer)
        return self.parts.provider.read(call, answers, tickers)

    def _ask_splits(self) -> Mapping[date, Splits] | None:
        if not (call := self._splits_call()):
            return None
        try:
            return self._told(call, self.work.tickers, self._waiting_for_splits).splits
        except ProviderError as failure:
            log.warning("splits not read", first=str(call.first), last=str(call.last), reason=str(failure))
            return None

    def _splits_call(self) -> Call | None:
        days = self.work.unsplit
        return self.parts.provider.splits(days[0], days[-1]) if days else None

    def _waiting(self, seconds: float) -> None:
        self.lease.report(self.parts.provider.made.total(), self.planned, seconds)

    def _waiting_for_splits(self, seconds: float) -> None:
        """They are worth one wait for the rate limit; the rest of the run is for bars."""
        self.waited += seconds
        if self.waited > SPLITS_SECONDS:
            raise OutOfTimeError("the splits are not worth a longer wait")
        self._waiting(seconds)

    def _drop(self, days: Collection[date], failure: ProviderError) -> None:
        self.report.note(failure, sorted(days))
        self.pending = self.pending - set(days)


def _until(last: date, calls: Sequence[Call]) -> list[Call]:
    """The calls without the days after `last`."""
    return [replace(call, last=min(call.last, last)) for call in calls if call.first <= last]
