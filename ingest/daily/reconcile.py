"""The run: stores every session that is due, and makes the twins equal to the table.

Gather what is stored, repair what was lost, decide what is missing, fetch it, publish. The next run recovers from a
crash between any two steps, because every run starts from what is really there.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from api.records import Hole
from ingest.daily import holes, plan
from ingest.daily.apply import apply
from ingest.daily.freshness import due, status_of
from ingest.daily.mend import mend
from ingest.daily.pages import Pages
from ingest.daily.run import Parts, Report, Request, Rules
from ingest.daily.stored import Stored, gather
from ingest.daily.twins import Compare, publish
from ingest.daily.work import decide
from ingest.lease import Lease


def reconcile(parts: Parts, rules: Rules, request: Request, now: datetime, life: timedelta) -> Report:
    """One run, under the lease. `life` is how long it can last at most.

    Raises `LeaseHeldError` if another run is in progress, and `RequestError` for a backfill that can't be served.
    Sessions that couldn't be stored are in the report.
    """
    within = rules.horizon(now)
    backfill = requested(rules, request, within)
    with parts.leases.held(request.run, now, life) as lease:
        return _run(parts, rules, request, within, backfill, lease, now)


def requested(rules: Rules, request: Request, within: plan.Horizon) -> Sequence[date]:
    """The sessions of a backfill, empty for a usual run. Checked before the lease is taken."""
    if not request.first or not request.last:
        return ()
    return plan.requested(rules.calendar, within, request.first, request.last)


def _run(
    parts: Parts,
    rules: Rules,
    request: Request,
    within: plan.Horizon,
    backfill: Sequence[date],
    lease: Lease,
    now: datetime,
) -> Report:
    report = Report()
    found = gather(parts.record, parts.site.listing, width=parts.width)
    stored = mend(parts, rules, found, report, now).dated(rules.calendar)
    thorough = lease.found_dead or stored.unfinished or stored.pages != Pages(rules.channel).digest
    expected = due(rules, within, stored)
    days = backfill or expected
    stored = stored.with_older(parts.record, days)
    report.already_stored = sum(day in stored.by_day for day in days)
    work = decide(rules, request, stored, days, report.failed, now)
    if work.tasks:
        # Write what is due before the first call: if this run dies, the next one knows.
        before = status_of(rules, within, expected, stored, stored.holes, now)
        if before != stored.status:
            parts.record.put_status(before)
        apply(parts, rules, work, lease, report)
        report.forget_what_is_mended()
        listing = stored.listing  # the run has changed no file yet
        stored = gather(parts.record, lambda: listing, width=parts.width).dated(rules.calendar)
    report.upstream_calls = parts.provider.made.total()
    open_holes = _holes(rules, within, stored, report, now, tell_again=bool(backfill))
    status = status_of(rules, within, expected, stored, open_holes, now)
    report.behind = [day for day in reversed(status.missing) if rules.stale_after(day) < now]
    looked_at = {*backfill, *work.tasks}
    compare = Compare.of(stored, rules.market, looked_at, report.written, now, thorough=thorough)
    published = publish(parts, rules, stored, compare, status)
    report.kept, report.published = len(published.kept), len(published.changed)
    report.on_record = len(stored.movers)
    if request.invalidate and (published.to_drop or lease.found_dead):
        report.invalidation = parts.site.invalidate(request.run)
    return report


def _holes(
    rules: Rules, within: plan.Horizon, stored: Stored, report: Report, now: datetime, *, tell_again: bool
) -> dict[date, Hole]:
    """The holes after this run. New ones, and sessions not late yet, become `failed`; with `tell_again`, all do."""
    known, found = stored.holes, dict[date, Hole]()
    for day, reason in [*report.unfilled.items()]:
        found[day] = holes.hole(known.get(day), reason, rules.terms(day), now)
        if tell_again or now < rules.stale_after(day) or not holes.told(known.get(day), found[day]):
            report.failed[day] = report.unfilled.pop(day)
    still = {day: each for day, each in known.items() if day >= within.oldest}
    return holes.remembered(still, found, filled=report.stored)
