"""The run: make the stored sessions equal the sessions that should be there, and the twins equal to the table.

Gather what is stored, decide what is missing, apply it. A crash between any two steps is healed by the next run,
because every run starts from what is really there.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from api.records import Session, Status
from api.store import RevisionConflictError, Store
from ingest import plan
from ingest.apply import Work, apply
from ingest.lease import Lease, held
from ingest.publish import publish
from ingest.run import Ingest, Report, Request

STALE_AFTER_READY = timedelta(hours=10)


def reconcile(ingest: Ingest, request: Request, now: datetime, life: timedelta) -> Report:
    """One run, under the lease. `life` is how long it can last at most.

    Raises `LeaseHeldError` if another run is at work and `RequestError` for a backfill that cannot be served.
    Sessions that could not be stored are in the report.
    """
    within = plan.horizon(ingest.calendar, ingest.ready, ingest.history_days, now)
    backfill = _requested(ingest, request, within)
    with held(ingest.store.client, ingest.store.table, request.run, now, life) as lease:
        return _run(ingest, request, within, backfill, lease, now)


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
    expected = due(ingest, within, stored)
    sessions = expected if backfill is None else backfill
    recheck = _read(ingest.store, plan.unchecked(sessions, stored, now), report)
    work = Work(plan.missing(sessions, stored), recheck, ingest.watchlist, now)
    if work.days:
        apply(ingest, work, lease, report)
    report.upstream_calls = ingest.provider.calls.total()
    status = show(ingest, within, expected, None if lease.found_dead else sessions, now)
    report.behind = [day for day in reversed(status.missing) if stale_after(ingest, day) < now]
    report.published = len(ingest.site.changed)
    if request.invalidate and (ingest.site.changed or lease.found_dead):
        report.invalidation = ingest.site.invalidate(request.run)
    return report


def due(ingest: Ingest, within: plan.Horizon, stored: Iterable[date]) -> list[date]:
    """The sessions of the window, and the holes that earlier runs could not fill: they stay due until they are."""
    status = ingest.store.status()
    holes = [day for day in status.missing if ingest.calendar.is_session(day)] if status else []
    newest = max(stored, default=max(holes, default=None))  # also where nothing could be stored yet
    window = plan.window(ingest.calendar, within, newest, ingest.window)
    return sorted({*window, *(day for day in holes if day >= within.oldest)})


def show(
    ingest: Ingest, within: plan.Horizon, due: Sequence[date], days: Iterable[date] | None, now: datetime
) -> Status:
    """Publish the table as it is by now; the twins of `days` are compared with it, all of them for `None`."""
    movers = ingest.store.movers()
    status = status_of(ingest, within, due, {mover.date for mover in movers}, now)
    publish(ingest.store, ingest.site, movers, status, days, ingest.channel)
    return status


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
        stale_after=stale_after(ingest, next_session),
        next_session=next_session,
        expected=tuple(reversed(expected)),
        missing=tuple(day for day in reversed(due) if day not in stored),
        watchlist=ingest.watchlist,
        source=ingest.source,
    )


def stale_after(ingest: Ingest, day: date) -> datetime:
    """When data without this session is late."""
    return ingest.calendar.ready_at(day, ingest.ready) + STALE_AFTER_READY
