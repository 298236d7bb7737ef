"""Which sessions are due, how fresh the stored ones are, and what comes next. Pure."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from api.records import Hole, Mover, Status
from ingest.daily import plan
from ingest.daily.run import Rules
from ingest.daily.stored import Stored

RECORDED = 30  # sessions whose instants the status has
# Closures are told from the oldest of these sessions, or from so long before the next one, to so long after that.
LOOK_BACK, LOOK_AHEAD = timedelta(days=60), timedelta(days=30)


def due(rules: Rules, within: plan.Horizon, stored: Stored) -> list[date]:
    """The sessions of the window, and older ones that earlier runs couldn't store, which stay due until stored."""
    missing = stored.status.missing if stored.status else ()
    open_days = [day for day in missing if rules.calendar.is_session(day)]
    newest_due = max(open_days, default=None)  # if nothing is stored yet
    newest = max(stored.by_day, default=newest_due)
    window = plan.window(rules.calendar, within, newest, rules.window)
    return sorted({*window, *(day for day in open_days if day >= within.oldest)})


def status_of(
    rules: Rules,
    within: plan.Horizon,
    due: Sequence[date],
    stored: Stored,
    holes: Mapping[date, Hole],
    now: datetime,
) -> Status:
    """How fresh the data is, and which `due` sessions are missing. If nothing is stored, the newest ready session is
    next. It keeps the stored `generated_at` while nothing published changes, so that idle runs publish nothing.
    """
    expected = plan.window(rules.calendar, within, None, rules.window)
    as_of = max(stored.by_day, default=None)
    next_session = rules.calendar.next_session(as_of) if as_of else within.newest
    newest = stored.movers[:RECORDED]
    first = newest[-1].date if newest else next_session - LOOK_BACK
    status = Status(
        as_of=as_of,
        generated_at=now.replace(microsecond=0),
        stale_after=rules.stale_after(next_session),
        next_session=next_session,
        expected=tuple(reversed(expected)),
        missing=tuple(day for day in reversed(due) if day not in stored.by_day),
        watchlist=rules.watchlists.on(within.newest),
        source=rules.source,
        holes=holes,
        pages=stored.pages,
        checked_at=_read_at(newest[0]) if newest else None,
        ready_at=rules.calendar.ready_at(next_session, rules.ready),
        names=rules.watchlists.names,
        recorded={mover.date: mover.recorded_at for mover in newest},
        holidays=rules.calendar.closures(first, next_session + LOOK_AHEAD),
    )
    return status.since(stored.status)


def _read_at(mover: Mover) -> datetime:
    """When the session was last read from the provider."""
    return mover.checked_at or mover.recorded_at
