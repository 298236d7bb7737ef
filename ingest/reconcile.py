"""The run: make the stored sessions equal the sessions that should be there, and the twins equal to the table.

Gather what is stored, decide what is missing, apply it. A crash between any two steps is healed by the next run,
because every run starts from what is really there.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from aws_lambda_powertools import Logger

from api.records import Session, Source, Status
from api.store import RevisionConflictError, Store
from ingest import plan
from ingest.archive import Archive
from ingest.calendar import Calendar, Ready
from ingest.lease import Lease, take
from ingest.movers import IncompleteSessionError, correction, judge, mover_of
from ingest.providers import Bars, History, NotYetError, OutOfTimeError, ProviderError, RefusedError
from ingest.providers.massive import Massive, read_grouped, read_range
from ingest.publish import Site, publish

STALE_AFTER_READY = timedelta(hours=10)
log = Logger(service="ingest")


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of a run: the usual window, or a backfill from `first` to `last`.

    `invalidate` is off where the caller does it, once, after several runs.
    """

    run: str
    first: date | None = None
    last: date | None = None
    invalidate: bool = True


@dataclass(frozen=True, slots=True)
class Ingest:
    """Everything a run works with."""

    store: Store
    archive: Archive
    site: Site
    provider: Massive
    calendar: Calendar
    watchlist: tuple[str, ...]
    source: Source
    ready: Ready
    window: int
    history_days: int
    site_url: str


@dataclass(slots=True)
class Report:
    """What a run did, by session. `left` is for a later run, `failed` wants a person."""

    stored: list[date] = field(default_factory=list)
    corrected: list[date] = field(default_factory=list)
    checked: list[date] = field(default_factory=list)
    left: dict[date, str] = field(default_factory=dict)
    failed: dict[date, str] = field(default_factory=dict)
    upstream_calls: int = 0
    published: int = 0
    invalidation: str | None = None

    def note(self, failure: Exception, days: Iterable[date]) -> None:
        """Enter sessions that were not stored: those that only need time under `left`, the others under `failed`."""
        only_time = isinstance(failure, NotYetError | OutOfTimeError)
        (self.left if only_time else self.failed).update(dict.fromkeys(days, str(failure)))


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


def reconcile(ingest: Ingest, request: Request, now: datetime, life: timedelta) -> Report:
    """One run, under the lease. `life` is how long it can last at most.

    Raises `LeaseHeldError` if another run is at work and `RequestError` for a backfill that cannot be served.
    Sessions that could not be stored are in the report.
    """
    within = plan.horizon(ingest.calendar, ingest.ready, ingest.history_days, now)
    backfill = _requested(ingest, request, within)
    lease = take(ingest.store.client, ingest.store.table, request.run, now, life)
    try:
        report = _run(ingest, request, within, backfill, lease, now)
    except BaseException:
        lease.abandon(now)
        raise
    lease.release()
    return report


def _requested(ingest: Ingest, request: Request, within: plan.Horizon) -> list[date] | None:
    """The sessions of a backfill; refused, if need be, before the lease is taken."""
    if not request.first or not request.last:
        return None
    return plan.requested(ingest.calendar, within, request.first, request.last)


def _run(
    ingest: Ingest,
    request: Request,
    within: plan.Horizon,
    backfill: list[date] | None,
    lease: Lease,
    now: datetime,
) -> Report:
    report = Report()
    stored = {mover.date: mover for mover in ingest.store.movers()}
    due = _due(ingest, within, max(stored, default=None))
    sessions = due if backfill is None else backfill
    recheck = _read(ingest.store, plan.unchecked(sessions, stored, now), report)
    work = Work(plan.missing(sessions, stored), recheck, ingest.watchlist, now)
    if work.days:
        _apply(ingest, work, lease, report)
    report.upstream_calls = ingest.provider.calls.total()
    movers = ingest.store.movers()
    status = status_of(ingest, within, due, {mover.date for mover in movers}, now)
    publish(
        ingest.store, ingest.site, movers, status, None if lease.found_dead else sessions, ingest.site_url
    )
    report.published = len(ingest.site.changed)
    if request.invalidate and (ingest.site.changed or lease.found_dead):
        report.invalidation = ingest.site.invalidate(request.run)
    return report


def _due(ingest: Ingest, within: plan.Horizon, newest_stored: date | None) -> list[date]:
    """The sessions of the window, and the holes that earlier runs could not fill: they stay due until they are."""
    status = ingest.store.status()
    holes = [day for day in status.missing if ingest.calendar.is_session(day)] if status else []
    window = plan.window(ingest.calendar, within, newest_stored, ingest.window)
    return sorted({*window, *(day for day in holes if day >= within.oldest)})


def _read(store: Store, days: Iterable[date], report: Report) -> dict[date, Session]:
    """The stored sessions of the days; one that is damaged is a failure of its own."""
    sessions = {}
    for day in days:
        try:
            if found := store.session(day):
                sessions[day] = found[1]
        except RevisionConflictError as damaged:
            report.note(damaged, [day])
    return sessions


def _apply(ingest: Ingest, work: Work, lease: Lease, report: Report) -> None:
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


def status_of(
    ingest: Ingest, within: plan.Horizon, due: Sequence[date], stored: set[date], now: datetime
) -> Status:
    """How fresh `stored` is, and what of `due` is missing. With nothing stored, the newest ready session is next."""
    expected = plan.window(ingest.calendar, within, None, ingest.window)
    as_of = max(stored, default=None)
    next_session = ingest.calendar.next_session(as_of) if as_of else within.newest
    return Status(
        as_of=as_of,
        generated_at=now.replace(microsecond=0),
        stale_after=ingest.calendar.ready_at(next_session, ingest.ready) + STALE_AFTER_READY,
        next_session=next_session,
        expected=tuple(reversed(expected)),
        missing=tuple(day for day in reversed(due) if day not in stored),
        watchlist=ingest.watchlist,
        source=ingest.source,
    )
