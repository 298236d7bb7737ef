"""Carry out what was decided: fetch, archive, check, rank, store; a session is stored whole or not at all."""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from aws_lambda_powertools import Logger

from api.records import Bar, Session
from api.store import RevisionConflictError
from ingest.daily import plan, rows
from ingest.daily.judge import IncompleteSessionError, correction, judge, mover_of
from ingest.daily.past import LONGEST_HOLE, Strangers
from ingest.daily.run import Ingest, Report
from ingest.daily.work import Task, Work
from ingest.lease import Lease
from ingest.providers import Bars, History, NotYetError, OutOfTimeError, ProviderError, RefusedError
from ingest.providers.massive_bars import read_grouped, read_range

log = Logger(service="ingest")


@dataclass(slots=True)
class Arriving:
    """The bars as they come. `read` and `faulty` are the tickers that had a believable bar, and that lacked one."""

    ingest: Ingest
    work: Work
    strangers: Strangers
    read: set[str] = field(default_factory=set)
    faulty: set[str] = field(default_factory=set)

    def see(self, day: date, tickers: Collection[str], bars: Bars) -> Bars:
        """The session's bars; those of another company are faults unless a watchlist of that time names the ticker."""
        task = self.work.tasks.get(day)
        vouched = self.ingest.watchlists.dated or bool(task and task.session)
        return bars if vouched else self.strangers.see(day, tickers, bars)

    def settle(self, day: date, bars: Bars, report: Report) -> None:
        """Judge a session, and store or note it."""
        for ticker in self.work.watched(day):
            (self.read if isinstance(bars.get(ticker), Bar) else self.faulty).add(ticker)
        _settle(self.ingest, self.work.tasks[day], day, bars, self.work.now, report)


def apply(ingest: Ingest, work: Work, lease: Lease, report: Report) -> None:
    """Fetch, archive, check, rank, store, with the fewest upstream calls."""
    sessions, tickers, done = len(work.days), len(work.tickers), ingest.provider.calls.total
    by_ticker = plan.by_ticker(sessions, tickers, ingest.provider.affordable())
    planned = tickers if by_ticker else sessions
    ingest.provider.progress = lambda waiting: lease.report(done(), planned, waiting)
    arriving = Arriving(ingest, work, Strangers(ingest.calendar, work.stored))
    (_by_ticker if by_ticker else _by_session)(arriving, report)
    report.tickers_read = len(arriving.read - arriving.faulty)
    report.tickers_failed = len(arriving.faulty)
    report.sort()


def _by_session(arriving: Arriving, report: Report) -> None:
    """One grouped call per session, each stored before the next is asked for.

    Where there are enough of them for a long hole, the newest comes first: a bar is judged by those that follow it.
    """
    ingest, work = arriving.ingest, arriving.work
    days = work.days if len(work.days) <= LONGEST_HOLE else work.days[::-1]
    for position, day in enumerate(days):
        try:
            answer = ingest.provider.grouped(day)
            ingest.archive.keep(answer)
            bars = read_grouped(answer, day, work.watched(day))
            arriving.settle(day, arriving.see(day, work.watched(day), bars), report)
        except (OutOfTimeError, RefusedError) as doomed:
            report.note(doomed, sorted(days[position:]))
            return
        except ProviderError as failure:
            report.note(failure, [day])


def _by_ticker(arriving: Arriving, report: Report) -> None:
    """One range call per ticker, then all sessions that lack none of their tickers."""
    ingest, work = arriving.ingest, arriving.work
    pending, tickers = work.days, work.tickers
    histories, delayed, too_new = dict[str, History](), False, None
    while tickers and pending:
        ticker = tickers[0]
        waiting = [day for day in pending if ticker in work.watched(day)]
        try:
            if waiting:
                histories[ticker], cut = _history(ingest, ticker, pending[0], pending[-1])
                delayed |= cut
        except (OutOfTimeError, RefusedError) as doomed:
            report.note(doomed, pending)
            return
        except NotYetError as failure:
            if too_new:
                report.note(failure, pending)
                return
            too_new = pending.pop()  # no session but the newest can be: ask once more, without it
            report.note(failure, [too_new])
            continue
        except ProviderError as failure:
            report.note(failure, waiting)
            pending = [day for day in pending if day not in waiting]
        tickers = tickers[1:]
    newest = max((day for history in histories.values() for day in history), default=date.min)
    for day in reversed(ingest.calendar.sessions(pending[0], pending[-1]) if pending else ()):
        bars = arriving.see(day, histories, {t: h[day] for t, h in histories.items() if day in h})
        if day not in pending:
            continue
        if delayed and day > newest:
            report.note(NotYetError("the provider's answer, marked DELAYED, ends before this session"), [day])
        else:
            arriving.settle(day, bars, report)


def _history(ingest: Ingest, ticker: str, first: date, last: date) -> tuple[History, bool]:
    """A ticker's bars, archived page by page, and whether the provider cut them at the present."""
    answers = []
    for answer in ingest.provider.range(ticker, first, last):
        ingest.archive.keep(answer)
        answers.append(answer)
    cut = any(answer.document["status"] == "DELAYED" for answer in answers)
    return read_range(answers, ticker, first, last), cut


def _settle(ingest: Ingest, task: Task, day: date, bars: Bars, now: datetime, report: Report) -> None:
    """Store a session that is whole, as new, as checked, or as a correction; else note why it is not stored."""
    excused = ingest.calendar.overrides.excused.get(day, {})
    try:
        try:
            session = judge(day, task.watchlist, bars, excused)
        except IncompleteSessionError as failure:
            if not task.session:
                raise
            # The one re-read was made, and what is stored is better than what came.
            report.failed[day] = f"kept as it was, because in the re-read {failure}"
            ingest.store.check(day, task.session.revision, now)
        else:
            _store(ingest, task, session, now, report)
    except (IncompleteSessionError, RevisionConflictError) as failure:
        report.note(failure, [day])


def _store(ingest: Ingest, task: Task, fresh: Session, now: datetime, report: Report) -> None:
    """Write what a session has become. Raises `RevisionConflictError` if somebody else wrote it meanwhile."""
    if not task.session:
        newest = max((revision for revision in task.replaces if revision), default=0)
        session = replace(fresh, revision=newest + 1)
        mover = mover_of(session, ingest.source.provider, now)
        ingest.store.join(mover, session, task.replaces)
        rows.write(ingest.store, session, mover.ticker)
        report.stored.append(session.date)
    elif corrected := correction(task.session, fresh):
        _correct(ingest, task.session, corrected, now)
        report.corrected.append(corrected.date)
    else:
        ingest.store.check(fresh.date, task.session.revision, now)
        report.checked.append(fresh.date)


def _correct(ingest: Ingest, old: Session, new: Session, now: datetime) -> None:
    mover = replace(mover_of(new, ingest.source.provider, now), checked_at=now)
    new = rows.succeeding(new, old)
    ingest.store.record(mover, new, replaces=old.revision)
    rows.write(ingest.store, new, mover.ticker)
    differing = [ticker for ticker in new.watchlist if old.bars.get(ticker) != new.bars.get(ticker)]
    log.warning(
        "session corrected",
        session=new.date.isoformat(),
        revision=new.revision,
        winner={"old": old.ranked()[0][0], "new": mover.ticker},
        bars={
            ticker: {"old": str(old.bars.get(ticker)), "new": str(new.bars.get(ticker))}
            for ticker in differing
        },
    )
