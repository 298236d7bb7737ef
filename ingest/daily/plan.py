"""Decides which sessions a run must look at, and which upstream calls bring them. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from api.records import Mover
from ingest.calendar import Calendar, Ready
from ingest.providers import Call, Way

WEEK = 7  # a backfill of up to so many sessions asks by whole day, even if that takes more calls


class RequestError(ValueError):
    """The event is invalid, or its sessions aren't available; the message says what is allowed."""


@dataclass(frozen=True, slots=True)
class Horizon:
    """The days that can be requested: from `oldest` (`bound` says what sets it) to the newest ready session."""

    oldest: date
    newest: date
    bound: str = "the plan's history"


def horizon(
    calendar: Calendar, ready: Ready, history_days: int, now: datetime, watched_since: date = date.min
) -> Horizon:
    """Starts where the plan's history starts, or on the first watchlist's first day if that is later."""
    served_since = calendar.market.day(now) - timedelta(days=history_days)
    newest = calendar.newest_ready(now, ready)
    if watched_since > served_since:
        return Horizon(watched_since, newest, "the first watchlist")
    return Horizon(served_since, newest)


def window(calendar: Calendar, within: Horizon, newest_stored: date | None, count: int) -> list[date]:
    """The sessions to check: the latest `count`, or all since the newest stored one if those are more."""
    latest = calendar.latest(count, within.newest)
    if newest_stored and newest_stored < latest[0]:
        latest = calendar.sessions(newest_stored, within.newest)
    return [day for day in latest if day >= within.oldest]


def requested(calendar: Calendar, within: Horizon, first: date, last: date) -> list[date]:
    """The sessions of a backfill. Raises `RequestError` for days that aren't ready or are older than the horizon."""
    if first > last:
        raise RequestError(f"from {first} is after to {last}")
    if last >= calendar.next_session(within.newest):
        raise RequestError(f"{last} is not ready yet; the newest session that is ready is {within.newest}")
    if first < within.oldest:
        raise RequestError(f"{first} is older than {within.bound}, which begins on {within.oldest}")
    sessions = calendar.sessions(first, last)
    if not sessions:
        raise RequestError(f"there are no sessions from {first} to {last}")
    return sessions


def is_unchecked(mover: Mover, after: timedelta, now: datetime) -> bool:
    """Whether a stored session is due for its one re-read, made because vendors correct bars overnight."""
    return mover.checked_at is None and now - mover.recorded_at >= after


def cheapest(ways: Sequence[Way], affordable: float, most_by_day: float) -> Way:
    """The alternative with the fewest calls, with two exceptions.

    Up to `most_by_day` sessions are requested by whole day if the vendor has such a call, because only those answers
    contain the whole market. And if the calls by ticker exceed the `affordable` number, calls by day win: each of them
    completes a session, while calls by ticker help only when all are made.
    """

    def cost(way: Way) -> tuple[bool, bool, int, bool]:
        by_day = all(call.ticker is None for call in way)
        usual = by_day and len(way) <= most_by_day
        return not usual, not by_day and len(way) > affordable, len(way), not by_day

    return min(ways, key=cost)


def in_turn(way: Way, longest_hole: int) -> list[Call]:
    """The calls in the order they are made: as given, but more whole days than `longest_hole` newest first, because
    a long hole shows only in the sessions that follow a bar.
    """
    reverse = len(way) > longest_hole and all(call.ticker is None for call in way)
    return list(reversed(way)) if reverse else list(way)
