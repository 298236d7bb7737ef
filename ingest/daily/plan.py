"""Decide what a run has to do: which sessions, and the fewest upstream calls that bring them. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from api.records import Mover
from ingest.calendar import Calendar, Ready
from ingest.providers import Call, Way

WEEK = 7  # sessions of a backfill that are asked for by whole day all the same


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
    served_since = calendar.market.day(now) - timedelta(days=history_days)
    newest = calendar.newest_ready(now, ready)
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


def is_unchecked(mover: Mover, after: timedelta, now: datetime) -> bool:
    """Whether a stored session is due for its one re-read: vendors correct bars overnight."""
    return mover.checked_at is None and now - mover.recorded_at >= after


def cheapest(ways: Sequence[Way], affordable: float, most_by_day: float) -> Way:
    """The way with the fewest calls.

    But up to `most_by_day` sessions are asked for by whole day where the vendor has such a call: only these answers
    hold the whole market. And calls by ticker are of use only when all of them are made: where they do not fit into the
    `affordable` number, calls by day come first, of which each completes a session.
    """

    def cost(way: Way) -> tuple[bool, bool, int, bool]:
        by_day = all(call.ticker is None for call in way)
        usual = by_day and len(way) <= most_by_day
        return not usual, not by_day and len(way) > affordable, len(way), not by_day

    return min(ways, key=cost)


def in_turn(way: Way, longest_hole: int) -> list[Call]:
    """The calls in the order in which they are made: oldest first. Whole days that are enough for a long hole come
    newest first, because a bar is judged by those that follow it.
    """
    reverse = len(way) > longest_hole and all(call.ticker is None for call in way)
    return list(reversed(way)) if reverse else list(way)
