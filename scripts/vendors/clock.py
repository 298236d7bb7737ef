"""A shifted clock, for replaying recorded sessions."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta

from api.markets import US

NOON = time(12, 0)


def clock_offset_seconds(as_of: date, now: datetime) -> int:
    """What to add to real time, in whole seconds, so that `now` becomes noon of `as_of` in New York."""
    return round((datetime.combine(as_of, NOON, US.clock).astimezone(UTC) - now).total_seconds())


def shifted_clock(offset_seconds: int = 0) -> Callable[[], datetime]:
    """A clock (aware UTC) that runs at real speed, `offset_seconds` away from real time."""
    offset = timedelta(seconds=offset_seconds)
    return lambda: datetime.now(UTC) + offset
