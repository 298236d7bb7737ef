"""The run: make the stored sessions equal the sessions that should be there, and the twins equal to the table.

Gather what is stored, mend what was lost, decide what is missing, apply it. A crash between any two steps is healed by
the next run, because every run starts from what is really there.
"""

from collections.abc import Collection
from datetime import date, datetime, timedelta

from api.records import Hole, Status
from ingest.daily import holes, plan
from ingest.daily.apply import apply
from ingest.daily.freshness import due, horizon, stale_after, status_of
from ingest.daily.mend import mend
from ingest.daily.run import Ingest, Report, Request
from ingest.daily.stored import Stored
from ingest.daily.twins import Compare, keep_status, publish, status_twin
from ingest.daily.work import decide, terms
from ingest.lease import Lease, held


def reconcile(ingest: Ingest, request: Request, now: datetime, life: timedelta) -> Report:
    """One run, under the lease. `life` is how long it can last at most.

    Raises `LeaseHeldError` if another run is at work and `RequestError` for a backfill that cannot be served.
    Sessions that could not be stored are in the report.
    """
    within = horizon(ingest, now)
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
    stored = sound(ingest, report, now)
    # A session without rows was stored by a run that died, or by a release that had none.
    thorough = lease.found_dead or not all(session.rows for session in stored.sessions)
    expected = due(ingest, within, stored)
    days = expected if backfill is None else backfill
    report.already_stored = sum(day in stored.by_day for day in days)
    work = decide(ingest, request, stored, days, report, now)
    if work.tasks:
        # What is due is written before the first call: should this run die, the next one knows of it.
        before = status_of(ingest, within, expected, stored, stored.holes, now)
        keep_status(ingest.store, stored.status, before)
        apply(ingest, work, lease, report)
        report.forget_what_is_mended()
        stored = Stored.read(ingest.store)
    report.upstream_calls = ingest.provider.calls.total()
    found = _holes(ingest, within, stored, report, now, tell_again=backfill is not None)
    status = status_of(ingest, within, expected, stored, found, now)
    report.behind = [day for day in reversed(status.missing) if stale_after(ingest, day) < now]
    compare = Compare.of(ingest.site, stored, backfill or (), report.written, now, thorough=thorough)
    report.kept = len(show(ingest, stored, status, compare))
    report.on_record, report.published = len(stored.movers), len(ingest.site.changed)
    if request.invalidate and (ingest.site.changed or lease.found_dead):
        report.invalidation = ingest.site.invalidate(request.run)
    return report


def sound(ingest: Ingest, report: Report, now: datetime) -> Stored:
    """What is stored, once lost items have been put right."""
    ingest.site.look()
    stored = Stored.read(ingest.store)
    mend(ingest, stored, report, now)
    return Stored.read(ingest.store) if report.mended else stored


def show(ingest: Ingest, stored: Stored, status: Status, compare: Compare) -> Collection[str]:
    """Publish what is stored, the status last; gives the files that were kept though no session stands behind them."""
    kept = publish(ingest.store, ingest.site, stored, compare, ingest.channel)
    ingest.site.put(status_twin(keep_status(ingest.store, stored.status, status)))
    return kept


def _holes(
    ingest: Ingest,
    within: plan.Horizon,
    stored: Stored,
    report: Report,
    now: datetime,
    *,
    tell_again: bool,
) -> dict[date, Hole]:
    """The holes as this run leaves them. It fails for those that are new, and for sessions that are not late yet."""
    known, found = stored.holes, dict[date, Hole]()
    for day, reason in [*report.unfilled.items()]:
        found[day] = holes.hole(known.get(day), reason, terms(ingest, day), now)
        if tell_again or now < stale_after(ingest, day) or not holes.told(known.get(day), found[day]):
            report.failed[day] = report.unfilled.pop(day)
    still = {day: each for day, each in known.items() if day >= within.oldest}
    return holes.remembered(still, found, filled=report.stored)
