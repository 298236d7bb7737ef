"""The calendar, day by day over ten years, against a second one that has been made independently."""

import warnings
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

import tests.profiles  # noqa: F401 - how many examples
from api.markets import US
from ingest.calendar import Calendar, Overrides, Ready, load_calendar

FIRST, LAST = date(2018, 1, 1), date(2027, 12, 31)
ONE_DAY = timedelta(days=1)

Closes = Mapping[date, datetime]
SUNDAY = 6

pytestmark = pytest.mark.xdist_group("exchange")  # one worker, so that the other calendar is made once


def days() -> Iterator[date]:
    return (FIRST + ONE_DAY * n for n in range((LAST - FIRST).days + 1))


@pytest.fixture(scope="session")
def closes() -> Closes:
    """When each session closes, of these years and a few days around them, by `exchange_calendars`."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it uses what its own libraries deprecate
        import exchange_calendars  # type: ignore[import-untyped]  # takes seconds: only where it is needed

        xnys = exchange_calendars.get_calendar("XNYS", start="2017-11-01", end="2028-02-29")
        return {session.date(): close.to_pydatetime() for session, close in xnys.closes.items()}


@pytest.fixture(scope="session")
def sessions(closes: Closes) -> list[date]:
    return sorted(closes)


def test_every_session_of_ten_years_is_one_and_no_other_day_is(sessions: list[date]) -> None:
    theirs = [day for day in sessions if FIRST <= day <= LAST]
    assert load_calendar(US).sessions(FIRST, LAST) == theirs
    assert len(theirs) > 2500


def test_every_session_closes_at_the_exchanges_instant(closes: Closes) -> None:
    calendar = load_calendar(US)
    ours = {day: calendar.close_at(day) for day in calendar.sessions(FIRST, LAST)}
    assert ours == {day: close for day, close in closes.items() if FIRST <= day <= LAST}


def test_the_half_days_are_the_exchanges(closes: Closes) -> None:
    calendar = load_calendar(US)
    early = {day for day, close in closes.items() if FIRST <= day <= LAST and close.hour < 20}
    assert {day for day in days() if calendar.is_session(day) and calendar.is_early_close(day)} == early
    assert len(early) > 15


def test_every_day_has_the_exchanges_neighbours(sessions: list[date]) -> None:
    calendar = load_calendar(US)
    for day in days():
        assert calendar.next_session(day) == sessions[bisect_right(sessions, day)]
        assert calendar.previous_session(day) == sessions[bisect_left(sessions, day) - 1]


@pytest.mark.parametrize("count", [1, 7, 30])
def test_the_latest_sessions_up_to_any_day_are_the_exchanges(sessions: list[date], count: int) -> None:
    calendar = load_calendar(US)
    for day in days():
        until = bisect_right(sessions, day)
        assert calendar.latest(count, day) == sessions[max(0, until - count) : until]


def summer(day: date) -> bool:
    """Whether New York keeps summer time at the first hour of the day, by the law's words."""
    return nth_sunday(day.year, 3, 2) < day <= nth_sunday(day.year, 11, 1)


def nth_sunday(year: int, month: int, nth: int) -> date:
    first = date(year, month, 1)
    return first + ONE_DAY * ((SUNDAY - first.weekday()) % 7 + 7 * (nth - 1))


@pytest.mark.parametrize("later", [1, 2, 3])
def test_ready_is_five_past_midnight_in_new_york_in_summer_and_winter(
    sessions: list[date], later: int
) -> None:
    """Two days after a Friday is a Sunday, and so the very day of a change of the clocks."""
    calendar, ready = load_calendar(US), Ready.parse(f"T+{later} 00:05", US)
    for day in sessions:
        then = day + ONE_DAY * later
        hour = 4 if summer(then) else 5
        assert calendar.ready_at(day, ready) == datetime(then.year, then.month, then.day, hour, 5, tzinfo=UTC)


@given(st.data())
def test_a_closure_in_the_overrides_takes_away_that_session_and_no_other(
    sessions: list[date], data: st.DataObject
) -> None:
    year = sessions[bisect_left(sessions, date(2026, 1, 1)) : bisect_left(sessions, date(2027, 1, 1))]
    closed = data.draw(st.sets(st.sampled_from(year), max_size=20))
    calendar = Calendar(US, Overrides(closed=dict.fromkeys(closed, "mourning")))
    left = [day for day in sessions if day not in closed]
    assert calendar.sessions(year[0], year[-1]) == [day for day in year if day not in closed]
    for day in closed:
        assert calendar.next_session(day) == left[bisect_right(left, day)]
        assert calendar.previous_session(day) == left[bisect_left(left, day) - 1]
        assert calendar.latest(1, day) == [calendar.previous_session(day)]


@given(st.data())
def test_an_early_close_in_the_overrides_closes_that_session_at_one_and_opens_no_other_day(
    sessions: list[date], closes: Closes, data: st.DataObject
) -> None:
    year = [FIRST + ONE_DAY * n for n in range(365)]
    early = data.draw(st.sets(st.sampled_from(year), max_size=20))
    calendar = Calendar(US, Overrides(early=dict.fromkeys(early, "storm")))
    found = calendar.sessions(year[0], year[-1])
    assert found == load_calendar(US).sessions(year[0], year[-1])
    for day in found:
        before = timedelta(hours=3) if day in early and closes[day].hour >= 20 else timedelta(0)
        assert calendar.close_at(day) == closes[day] - before
