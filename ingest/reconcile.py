"""The run: make the stored sessions equal the sessions that should be there, and the twins equal to the table.

Gather what is stored, decide what is missing, apply it. A crash between any two steps is healed by the next run,
because every run starts from what is really there.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from math import inf

from aws_lambda_powertools import Logger

from api.records import Session, Source, Status
from api.store import RevisionConflictError, Store
from ingest import plan
from ingest.archive import Archive
from ingest.calendar import Calendar, Ready
from ingest.lease import Lease, take
from ingest.movers import IncompleteSessionError, correction, judge, mover_of
from ingest.providers import Bars, NotYetError, OutOfTimeError, ProviderError, RefusedError
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
    calls_per_minute: int
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
    """Sessions to add, and stored ones to read again."""

    missing: Sequence[date]
    recheck: Mapping[date, Session]
    now: datetime

    @property
    def days(self) -> list[date]:
        return sorted({*self.missing, *self.recheck})


def reconcile(ingest: Ingest, request: Request, now: datetime, life: timedelta) -> Report:
    """One run, under the lease. `life` is how long it can last at most.

    Raises `LeaseHeldError` if another run is at work and `RequestError` for a backfill that cannot be served.
    Sessions that could not be stored are in the report.
    """
    within = plan.horizon(ingest.calendar, ingest.ready, ingest.history_days, now)
    if request.first and request.last:
        plan.requested(ingest.calendar, within, request.first, request.last)  # refuse before taking the lease
    lease = take(ingest.store.client, ingest.store.table, request.run, now, life)
    try:
        report = _run(ingest, request, within, lease, now, life)
    except BaseException:
        lease.abandon(now)
        raise
    lease.release()
    return report


def _run(
    ingest: Ingest, request: Request, within: plan.Horizon, lease: Lease, now: datetime, life: timedelta
) -> Report:
    stored = {mover.date: mover for mover in ingest.store.movers()}
    sessions = _sessions(ingest, request, within, max(stored, default=None))
    recheck = _read(ingest.store, plan.unchecked(sessions, stored, now))
    work = Work(plan.missing(sessions, stored), recheck, now)
    report = Report()
    if work.days:
        _apply(ingest, work, lease, report, life)
    report.upstream_calls = ingest.provider.calls.total()
    _publish(ingest, request, within, None if lease.found_dead else sessions, report, now)
    return report


def _sessions(
    ingest: Ingest, request: Request, within: plan.Horizon, newest_stored: date | None
) -> list[date]:
    if request.first and request.last:
        return plan.requested(ingest.calendar, within, request.first, request.last)
    return plan.window(ingest.calendar, within, newest_stored, ingest.window)


def _read(store: Store, days: Iterable[date]) -> dict[date, Session]:
    return {day: found[1] for day in days if (found := store.session(day))}


def _apply(ingest: Ingest, work: Work, lease: Lease, report: Report, life: timedelta) -> None:
    """Fetch, archive, check, rank, store."""
    watched = dict.fromkeys(ingest.watchlist if work.missing else ())
    for session in work.recheck.values():
        watched |= dict.fromkeys(session.watchlist)
    affordable = ingest.calls_per_minute * life / timedelta(minutes=1) or inf
    calls = plan.calls(work.days, list(watched), affordable)
    done = ingest.provider.calls.total
    ingest.provider.progress = lambda waiting: lease.report(done(), len(calls), waiting)
    if isinstance(calls[0], plan.GroupedCall):
        _by_session(ingest, work, report)
    else:
        _by_ticker(ingest, work, list(watched), report)


def _by_session(ingest: Ingest, work: Work, report: Report) -> None:
    """One grouped call per session, each stored before the next is asked for."""
    for position, day in enumerate(work.days):
        try:
            answer = ingest.provider.grouped(day)
            ingest.archive.keep(answer)
            _settle(ingest, work, day, read_grouped(answer, day, _watchlist(ingest, work, day)), report)
        except (OutOfTimeError, RefusedError) as doomed:
            report.note(doomed, work.days[position:])
            return
        except ProviderError as failure:
            report.note(failure, [day])


def _by_ticker(ingest: Ingest, work: Work, tickers: Sequence[str], report: Report) -> None:
    """One range call per ticker, then all sessions: without one of the tickers none is whole."""
    first, last = work.days[0], work.days[-1]
    histories, delayed = {}, False
    try:
        for ticker in tickers:
            answers = []
            for answer in ingest.provider.range(ticker, first, last):
                ingest.archive.keep(answer)
                answers.append(answer)
            histories[ticker] = read_range(answers, ticker, first, last)
            delayed |= any(answer.document["status"] == "DELAYED" for answer in answers)
    except ProviderError as failure:
        report.note(failure, work.days)
        return
    for day in work.days:
        bars = {ticker: history[day] for ticker, history in histories.items() if day in history}
        if delayed and not bars:
            report.note(NotYetError("the provider's answer, marked DELAYED, ends before this session"), [day])
        else:
            _settle(ingest, work, day, bars, report)


def _watchlist(ingest: Ingest, work: Work, day: date) -> tuple[str, ...]:
    """A session is judged by the watchlist it was recorded with; a new watchlist applies forward."""
    return work.recheck[day].watchlist if day in work.recheck else ingest.watchlist


def _settle(ingest: Ingest, work: Work, day: date, bars: Bars, report: Report) -> None:
    """Store a session that is whole, as new, as checked, or as a correction; else note why it is not stored."""
    excused = ingest.calendar.overrides.excused.get(day, {})
    try:
        session = judge(day, _watchlist(ingest, work, day), bars, excused)
        if day not in work.recheck:
            ingest.store.record(mover_of(session, ingest.source.provider, work.now), session, replaces=None)
            report.stored.append(day)
        elif corrected := correction(work.recheck[day], session):
            _correct(ingest, work.recheck[day], corrected, work.now)
            report.corrected.append(day)
        else:
            ingest.store.check(day, work.recheck[day].revision, work.now)
            report.checked.append(day)
    except (IncompleteSessionError, RevisionConflictError) as failure:
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


def _publish(
    ingest: Ingest,
    request: Request,
    within: plan.Horizon,
    compared: Sequence[date] | None,
    report: Report,
    now: datetime,
) -> None:
    """Publish, and invalidate if anything changed or if the run before may have died in between."""
    stored = {mover.date for mover in ingest.store.movers()}
    publish(ingest.store, ingest.site, status_of(ingest, within, stored, now), compared, ingest.site_url)
    report.published = len(ingest.site.changed)
    if request.invalidate and (ingest.site.changed or compared is None):
        report.invalidation = ingest.site.invalidate(request.run)


def status_of(ingest: Ingest, within: plan.Horizon, stored: set[date], now: datetime) -> Status:
    """How fresh `stored` is. With nothing stored yet, the newest ready session is the next to come."""
    expected = ingest.calendar.latest(ingest.window, within.newest)[::-1]
    as_of = max(stored, default=None)
    next_session = ingest.calendar.next_session(as_of) if as_of else within.newest
    return Status(
        as_of=as_of,
        generated_at=now.replace(microsecond=0),
        stale_after=ingest.calendar.ready_at(next_session, ingest.ready) + STALE_AFTER_READY,
        next_session=next_session,
        expected=tuple(expected),
        missing=tuple(day for day in expected if day not in stored),
        watchlist=ingest.watchlist,
        source=ingest.source,
    )
