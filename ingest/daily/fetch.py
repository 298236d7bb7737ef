"""Fetches the bars of a run's sessions with the fewest calls, archives every answer, and yields each session as soon as
it is complete.
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
    """The calls of one run, and what they have brought so far.

    `pending` are the sessions not yielded or dropped yet; `watched` are all sessions of the run, by ticker. `cut`: an
    answer ended at the present. `last_told` is the newest session with a bar. `waited` are seconds spent on splits.
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
        """Each session with its bars, once all calls for it are made. Those not available go into the report."""
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
        """The splits of a session's tickers. One call, made when the first session needs them, asks for all sessions.

        A session is complete without them: `None` if they aren't needed, not offered by the vendor, or not available.
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
        """Make one call after the other, and yield the sessions for which all calls are made."""
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
                    # Only the newest session can be unavailable yet: try once more without it.
                    shortened = True
                    self._drop({max(self.pending)}, failure)
                    calls = _until(max(self.pending, default=date.min), calls)
                    continue
                self._drop(self.pending if call.ticker else wanted, failure)
            except ProviderError as failure:
                self._drop(wanted, failure)
            to_tell.subtract(wanted)
            complete.update(day for day in wanted if not to_tell[day])
            # All sessions of a range are yielded together, because bars are checked against those of other sessions.
            if not to_come or (call.first, call.last) != (to_come[0].first, to_come[0].last):
                yield complete & self.pending
                complete = set()
            calls = to_come

    def _judgeable(self, complete: Collection[date], strangers: Strangers) -> Iterator[tuple[date, Bars]]:
        """The complete sessions, newest first, because older bars are checked against newer ones. A bar that may be
        another company's becomes a fault, unless a dated watchlist or the stored session names the ticker.

        Sessions in between are stored already, but show whether a ticker traded.
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
                late = NotYetError("the provider's answer ends at the present, before this session")
                self._drop({day}, late)
            elif day in complete:
                self.pending.discard(day)
                yield day, bars

    def _wanted(self, call: Call) -> set[date]:
        """The pending sessions that a call asks for."""
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
        """Make a call, archive its answers page by page, then read them."""
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
        """Report progress, but for a first call that need not wait: the lease was taken just now."""
        if (made := self.parts.provider.made.total()) or seconds:
            self.lease.report(made, self.planned, seconds)

    def _waiting_for_splits(self, seconds: float) -> None:
        """Allow splits one wait for the rate limit in total; the rest of the run is for bars."""
        self.waited += seconds
        if self.waited > SPLITS_SECONDS:
            raise OutOfTimeError("splits aren't worth a longer wait")
        self._waiting(seconds)

    def _drop(self, days: Collection[date], failure: ProviderError) -> None:
        self.report.note(failure, sorted(days))
        self.pending = self.pending - set(days)


def _until(last: date, calls: Sequence[Call]) -> list[Call]:
    """The calls, without the days after `last`."""
    return [replace(call, last=min(call.last, last)) for call in calls if call.first <= last]
