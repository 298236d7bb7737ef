"""Carries out a run's work: fetch, check, rank, store. A session is stored completely or not at all."""

from dataclasses import dataclass, replace
from datetime import date, datetime

from aws_lambda_powertools import Logger

from api.records import Bar, Session
from api.store import RevisionConflictError
from ingest.daily import rows
from ingest.daily.fetch import Fetch
from ingest.daily.judge import IncompleteSessionError, correction, judge, mover_of
from ingest.daily.record import Record
from ingest.daily.run import Parts, Report, Rules
from ingest.daily.stored import dated
from ingest.daily.work import Task, Work
from ingest.lease import Lease
from ingest.providers import Bars

log = Logger(service="ingest")


def apply(parts: Parts, rules: Rules, work: Work, lease: Lease, report: Report) -> None:
    """Fetch the sessions of `work`, store those that are complete, and enter all of them in the report."""
    fetch = Fetch(parts, rules, work, lease, report)
    settling = Settling(parts.record, rules, work.now, report)
    read, faulty = set[str](), set[str]()
    for day, bars in fetch.sessions():
        for ticker in work.watched(day):
            (read if isinstance(bars.get(ticker), Bar) else faulty).add(ticker)
        settling.settle(day, work.tasks[day], bars, fetch)
    report.tickers_read, report.tickers_failed = len(read - faulty), len(faulty)
    report.sort()


@dataclass(frozen=True, slots=True)
class Settling:
    """Checks sessions and stores the good ones."""

    record: Record
    rules: Rules
    now: datetime
    report: Report

    def settle(self, day: date, task: Task, bars: Bars, fetch: Fetch) -> None:
        """Store a complete session (new, unchanged or corrected); otherwise report why it isn't stored."""
        try:
            try:
                session = judge(day, task.watchlist, bars, self.rules.excuses(day))
            except IncompleteSessionError as failure:
                if not task.session:
                    raise
                # This was the session's one re-read. What is stored is better than what came.
                self.report.failed[day] = f"kept as stored, because in the re-read {failure}"
                self.record.check(day, task.session.revision, self.now)
            else:
                self._store(task, dated(replace(session, splits=fetch.splits(day)), self.rules.calendar))
        except (IncompleteSessionError, RevisionConflictError) as failure:
            self.report.note(failure, [day])

    def _store(self, task: Task, fresh: Session) -> None:
        """Write a fetched session. Raises `RevisionConflictError` if another writer changed it meanwhile."""
        if not task.session:
            newest = max((revision for revision in task.replaces if revision), default=0)
            session = replace(fresh, revision=newest + 1)
            mover = mover_of(session, self.rules.source.provider, self.now)
            self.record.join(mover, session, task.replaces)
            self.report.stored.append(session.date)
        elif corrected := correction(task.session, fresh):
            self._correct(task.session, corrected)
            self.report.corrected.append(corrected.date)
        else:
            if task.session.splits is None and fresh.splits is not None:
                self.record.note_splits(fresh.date, task.session.revision, fresh.splits)
            self.record.check(fresh.date, task.session.revision, self.now)
            self.report.checked.append(fresh.date)

    def _correct(self, old: Session, new: Session) -> None:
        mover = replace(mover_of(new, self.rules.source.provider, self.now), checked_at=self.now)
        new = rows.succeeding(new, old)
        self.record.join(mover, new, (old.revision, old.revision))
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
