"""Decide what a run has to do: which sessions, and the fewest upstream calls that bring them. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from api.records import Mover
from ingest.calendar import Calendar, Ready, new_york_date

RECHECK_AFTER = timedelta(hours=6)


class RequestError(ValueError):
    """A window was asked for that cannot be served; the message says what is allowed."""


@dataclass(frozen=True, slots=True)
class Horizon:
    """The days that can be asked for: from `oldest`, which `bound` sets, to the newest session that is ready."""

    oldest: date
    newest: date
    bound: str = "the plan's history"


def horizon(
    calendar: Calendar, ready: Ready, history_days: int, now: datetime, watched_since: date = date.min
) -> Horizon:
    """From the day on that the plan serves, or that the first watchlist is in force on, if that is later."""
    served_since, newest = (
        new_york_date(now) - timedelta(days=history_days),
        calendar.newest_ready(now, ready),
    )
    if watched_since > served_since:
        return Horizon(watched_since, newest, "the first watchlist")
    return Horizon(served_since, newest)


def window(calendar: Calendar, within: Horizon, newest_stored: date | None, count: int) -> list[date]:
    """The sessions to look after: the latest `count`, or all from the newest stored one on if that is longer."""
    latest = calendar.latest(count, within.newest)
    if newest_stored and newest_stored < latest[0]:
        latest = calendar.sessions(newest_stored, within.newest)
    return [day for day in latest if day >= within.oldest]


def requested(calendar: Calendar, within: Horizon, first: date, last: date) -> list[date]:
    """The sessions of a backfill. Raises `RequestError` for days that are not ready or that the plan does not serve."""
    if first > last:
        raise RequestError(f"from {first} is after to {last}")
    if last >= calendar.next_session(within.newest):
        raise RequestError(f"{last} is not ready yet; the newest session that is ready is {within.newest}")
    if first < within.oldest:
        raise RequestError(f"{first} is older than {within.bound}, which begins on {within.oldest}")
    sessions = calendar.sessions(first, last)
    if not sessions:
        raise RequestError(f"there is no session from {first} to {last}")
    return sessions


def unchecked(sessions: Iterable[date], stored: Mapping[date, Mover], now: datetime) -> list[date]:
    """Stored sessions due for their one re-read: vendors correct bars overnight."""
    return [
        day
        for day in sessions
        if (mover := stored.get(day))
        and mover.checked_at is None
        and now - mover.recorded_at >= RECHECK_AFTER
    ]


def by_ticker(sessions: int, tickers: int, affordable: float) -> bool:
    """Whether to make one range call per ticker rather than one grouped call per session.

    The fewer calls are better, but range answers are of use only when all of them are there. Where they do not fit
    into the `affordable` number of calls, grouped calls are made, of which each completes a session.
    """
    return tickers < sessions and tickers <= affordable
