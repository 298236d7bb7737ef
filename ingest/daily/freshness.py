"""What is due, how fresh the stored sessions are, and what comes next."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from api.records import Hole, Status
from ingest.daily import plan
from ingest.daily.run import Ingest
from ingest.daily.stored import Stored

STALE_AFTER_READY = timedelta(hours=10)


def horizon(ingest: Ingest, now: datetime) -> plan.Horizon:
    """The days that can be asked for."""
    return plan.horizon(ingest.calendar, ingest.ready, ingest.history_days, now, ingest.watchlists.first)


def due(ingest: Ingest, within: plan.Horizon, stored: Stored) -> list[date]:
    """The sessions of the window, and the holes that earlier runs could not fill: they stay due until they are."""
    missing = stored.status.missing if stored.status else ()
    open_days = [day for day in missing if ingest.calendar.is_session(day)]
    newest = max(
        stored.by_day, default=max(open_days, default=None)
    )  # also where nothing could be stored yet
    window = plan.window(ingest.calendar, within, newest, ingest.window)
    return sorted({*window, *(day for day in open_days if day >= within.oldest)})


def status_of(
    ingest: Ingest,
    within: plan.Horizon,
    due: Sequence[date],
    stored: Stored,
    holes: Mapping[date, Hole],
    now: datetime,
) -> Status:
    """How fresh the record is, and what of `due` is missing. With nothing stored, the newest ready session is next."""
    expected = plan.window(ingest.calendar, within, None, ingest.window)
    as_of = max(stored.by_day, default=None)
    next_session = ingest.calendar.next_session(as_of) if as_of else within.newest
    return Status(
        as_of=as_of,
        generated_at=now.replace(microsecond=0),
        stale_after=stale_after(ingest, next_session),
        next_session=next_session,
        expected=tuple(reversed(expected)),
        missing=tuple(day for day in reversed(due) if day not in stored.by_day),
        watchlist=ingest.watchlists.on(within.newest),
        source=ingest.source,
        holes=holes,
    )


def stale_after(ingest: Ingest, day: date) -> datetime:
    """When data without this session is late."""
    return ingest.calendar.ready_at(day, ingest.ready) + STALE_AFTER_READY
