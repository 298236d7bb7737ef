import re
from datetime import UTC, date, datetime

import pytest

from ingest.calendar import Calendar, Overrides, Ready, load_calendar, new_york_date

READY = Ready.parse("T+1 00:05")


@pytest.mark.parametrize(
    "closed",
    ["2025-01-09", "2026-04-03", "2026-07-03", "2026-11-26", "2026-11-28", "2022-06-20", "2018-12-05"],
)
def test_closed_days_are_no_sessions(closed: str) -> None:
    assert not load_calendar().is_session(date.fromisoformat(closed))


@pytest.mark.parametrize("open_", ["2021-06-18", "2021-12-31", "2025-12-26", "2026-07-02", "2026-11-27"])
def test_days_that_look_like_holidays_may_be_sessions(open_: str) -> None:
    assert load_calendar().is_session(date.fromisoformat(open_))


def test_the_year_of_the_recorded_bars_has_247_sessions() -> None:
    assert len(load_calendar().sessions(date(2025, 6, 5), date(2026, 5, 29))) == 247


def test_neighbours_step_over_weekends_and_holidays() -> None:
    calendar = load_calendar()
    assert calendar.next_session(date(2026, 11, 25)) == date(2026, 11, 27)
    assert calendar.previous_session(date(2026, 11, 30)) == date(2026, 11, 27)
    assert calendar.latest(3, date(2026, 11, 29)) == [date(2026, 11, day) for day in (24, 25, 27)]


@pytest.mark.parametrize(
    ("day", "closes"),
    [
        (date(2026, 11, 25), datetime(2026, 11, 25, 21, tzinfo=UTC)),
        (date(2026, 11, 27), datetime(2026, 11, 27, 18, tzinfo=UTC)),  # the half day after Thanksgiving
        (date(2026, 7, 1), datetime(2026, 7, 1, 20, tzinfo=UTC)),
    ],
)
def test_a_session_closes_by_new_yorks_clock(day: date, closes: datetime) -> None:
    assert load_calendar().close_at(day) == closes


@pytest.mark.parametrize(
    ("day", "ready"),
    [
        (date(2026, 3, 6), datetime(2026, 3, 7, 5, 5, tzinfo=UTC)),  # winter
        (date(2026, 3, 9), datetime(2026, 3, 10, 4, 5, tzinfo=UTC)),  # summer time began on the 8th
        (date(2026, 10, 30), datetime(2026, 10, 31, 4, 5, tzinfo=UTC)),
        (date(2026, 11, 2), datetime(2026, 11, 3, 5, 5, tzinfo=UTC)),  # it ended on the 1st
    ],
)
def test_ready_follows_daylight_saving(day: date, ready: datetime) -> None:
    assert load_calendar().ready_at(day, READY) == ready


def test_the_newest_ready_session_changes_at_its_ready_time() -> None:
    calendar = load_calendar()
    before, at = datetime(2026, 11, 24, 5, 4, 59, tzinfo=UTC), datetime(2026, 11, 24, 5, 5, tzinfo=UTC)
    assert calendar.newest_ready(before, READY) == date(2026, 11, 20)
    assert calendar.newest_ready(at, READY) == date(2026, 11, 23)
    same_day = Ready.parse("T+0 16:20")
    assert calendar.newest_ready(datetime(2026, 11, 23, 21, 20, tzinfo=UTC), same_day) == date(2026, 11, 23)


def test_overrides_have_the_last_word() -> None:
    text = """{"closed": {"2026-11-23": "mourning"}, "early": {"2026-11-24": "storm"},
               "excused": {"2026-11-20": {"TSLA": "halted"}}}"""
    calendar = Calendar(Overrides.parse(text))
    assert not calendar.is_session(date(2026, 11, 23))
    assert calendar.close_at(date(2026, 11, 24)) == datetime(2026, 11, 24, 18, tzinfo=UTC)
    assert calendar.overrides.excused[date(2026, 11, 20)] == {"TSLA": "halted"}


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ('{"shut": {}}', "shut"),
        ('{"closed": {"Monday": ""}}', "Monday"),
        ('{"closed": {"2026-11-23": true}}', 'closed of 2026-11-23 must have the form "reason"'),
        ('{"early": {"2026-11-24": {"TSLA": "storm"}}}', "early of 2026-11-24"),
        (
            '{"excused": {"2026-11-20": "TSLA"}}',
            'excused of 2026-11-20 must have the form {"TICKER": "reason"}',
        ),
        ('{"excused": {"2026-11-20": {"TSLA": null}}}', "excused of 2026-11-20"),
    ],
)
def test_a_wrong_override_is_refused(text: str, wrong: str) -> None:
    with pytest.raises(ValueError, match=re.escape(wrong)):
        Overrides.parse(text)


@pytest.mark.parametrize("text", ["T+1", "T+1 24:00", "T+1 0:05", "00:05", "T+0 15:59", "T-1 00:05", ""])
def test_a_wrong_ready_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="ready"):
        Ready.parse(text)


def test_a_trading_day_is_new_yorks() -> None:
    assert new_york_date(datetime(2026, 11, 21, 4, 59, tzinfo=UTC)) == date(2026, 11, 20)
