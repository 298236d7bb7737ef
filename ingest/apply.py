"""Carry out what was decided: fetch, archive, check, rank, store; a session is stored whole or not at all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from aws_lambda_powertools import Logger

from api.records import Session
from api.store import RevisionConflictError
from ingest import plan
from ingest.lease import Lease
from ingest.movers import IncompleteSessionError, correction, judge, mover_of
from ingest.providers import Bars, History, NotYetError, OutOfTimeError, ProviderError, RefusedError
from ingest.providers.massive_bars import read_grouped, read_range
from ingest.run import Ingest, Report

log = Logger(service="ingest")


@dataclass(frozen=True, slots=True)
class Work:
    """Sessions to add, each judged by today's watchlist, and stored ones to read again, each judged by its own."""

    missing: Sequence[date]
    recheck: Mapping[date, Session]
    watchlist: tuple[str, ...]
    now: datetime

    @property
    def days(self) -> list[date]:
        return sorted({*self.missing, *self.recheck})

    @property
    def tickers(self) -> list[str]:
        return list(dict.fromkeys(ticker for day in self.days for ticker in self.watched(day)))

    def watched(self, day: date) -> tuple[str, ...]:
        return self.recheck[day].watchlist if day in self.recheck else self.watchlist


def apply(ingest: Ingest, work: Work, lease: Lease, report: Report) -> None:
    """Fetch, archive, check, rank, store, with the fewest upstream calls."""
    sessions, tickers, done = len(work.days), len(work.tickers), ingest.provider.calls.total
    by_ticker = plan.by_ticker(sessions, tickers, ingest.provider.affordable())
    planned = tickers if by_ticker else sessions
    ingest.provider.progress = lambda waiting: lease.report(done(), planned, waiting)
    (_by_ticker if by_ticker else _by_session)(ingest, work, report)


def _by_session(ingest: Ingest, work: Work, report: Report) -> None:
    """One grouped call per session, each stored before the next is asked for."""
    for position, day in enumerate(work.days):
        try:
            answer = ingest.provider.grouped(day)
            ingest.archive.keep(answer)
            _settle(ingest, work, day, read_grouped(answer, day, work.watched(day)), report)
        except (OutOfTimeError, RefusedError) as doomed:
            report.note(doomed, work.days[position:])
            return
        except ProviderError as failure:
            report.note(failure, [day])


def _by_ticker(ingest: Ingest, work: Work, report: Report) -> None:
    """One range call per ticker, then all sessions that lack none of their tickers."""
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
    for day in pending:
        if delayed and day > newest:
            report.note(NotYetError("the provider's answer, marked DELAYED, ends before this session"), [day])
        else:
            _settle(ingest, work, day, {t: h[day] for t, h in histories.items() if day in h}, report)


def _history(ingest: Ingest, ticker: str, first: date, last: date) -> tuple[History, bool]:
    """A ticker's bars, archived page by page, and whether the provider cut them at the present."""
    answers = []
    for answer in ingest.provider.range(ticker, first, last):
        ingest.archive.keep(answer)
        answers.append(answer)
    cut = any(answer.document["status"] == "DELAYED" for answer in answers)
    return read_range(answers, ticker, first, last), cut


def _settle(ingest: Ingest, work: Work, day: date, bars: Bars, report: Report) -> None:
    """Store a session that is whole, as new, as checked, or as a correction; else note why it is not stored."""
    stored = work.recheck.get(day)
    excused = ingest.calendar.overrides.excused.get(day, {})
    try:
        session = judge(day, work.watched(day), bars, excused)
        if not stored:
            ingest.store.record(mover_of(session, ingest.source.provider, work.now), session, replaces=None)
            report.stored.append(day)
        elif corrected := correction(stored, session):
            _correct(ingest, stored, corrected, work.now)
            report.corrected.append(day)
        else:
            ingest.store.check(day, stored.revision, work.now)
            report.checked.append(day)
    except IncompleteSessionError as failure:
        if stored:  # the one re-read was made, and what is stored is better than what came
            ingest.store.check(day, stored.revision, work.now)
            failure = IncompleteSessionError(f"kept as it was, because in the re-read {failure}")
        report.note(failure, [day])
    except RevisionConflictError as failure:
        report.note(failure, [day])


def _correct(ingest: Ingest, old: Session, new: Session, now: datetime) -> None:
    mover = replace(mover_of(new, ingest.source.provider, now), checked_at=now)
    ingest.store.record(mover, new, replaces=old.revision)
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
