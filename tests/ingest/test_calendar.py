import re
from datetime import UTC, date, datetime, time

import pytest

from api.markets import INDIA, US
from ingest.calendar import Calendar, Hours, Overrides, Ready, load_calendar, load_overrides

READY = Ready.parse("T+1 00:05", US)


@pytest.mark.parametrize(
    "closed",
    ["2025-01-09", "2026-04-03", "2026-07-03", "2026-11-26", "2026-11-28", "2022-06-20", "2018-12-05"],
)
def test_closed_days_are_no_sessions(closed: str) -> None:
    assert not load_calendar(US).is_session(date.fromisoformat(closed))


@pytest.mark.parametrize("open_", ["2021-06-18", "2021-12-31", "2025-12-26", "2026-07-02", "2026-11-27"])
def test_days_that_look_like_holidays_may_be_sessions(open_: str) -> None:
    assert load_calendar(US).is_session(date.fromisoformat(open_))


def test_the_year_of_the_recorded_bars_has_247_sessions() -> None:
    assert len(load_calendar(US).sessions(date(2025, 6, 5), date(2026, 5, 29))) == 247


def test_neighbours_step_over_weekends_and_holidays() -> None:
    calendar = load_calendar(US)
    assert calendar.next_session(date(2026, 11, 25)) == date(2026, 11, 27)
    assert calendar.previous_session(date(2026, 11, 30)) == date(2026, 11, 27)
    assert calendar.latest(3, date(2026, 11, 29)) == [date(2026, 11, day) for day in (24, 25, 27)]


def test_closures_have_their_names_and_leave_weekends_out() -> None:
    calendar = Calendar(US, Overrides(closed={date(2026, 11, 30): "mourning", date(2026, 12, 25): "storm"}))
    assert calendar.closures(date(2026, 11, 26), date(2027, 1, 1)) == {
        date(2026, 11, 26): "Thanksgiving Day",
        date(2026, 11, 30): "mourning",
        date(2026, 12, 25): "storm",
        date(2027, 1, 1): "New Year's Day",
    }


def test_closures_are_named_in_english_whatever_the_machine_speaks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANGUAGE", "hi")
    closed = Calendar(INDIA).closures(date(2026, 1, 20), date(2026, 1, 31))
    assert closed == {date(2026, 1, 26): "Republic Day"}


@pytest.mark.parametrize(
    ("day", "closes"),
    [
        (date(2026, 11, 25), datetime(2026, 11, 25, 21, tzinfo=UTC)),
        (date(2026, 11, 27), datetime(2026, 11, 27, 18, tzinfo=UTC)),  # the half day after Thanksgiving
        (date(2026, 7, 1), datetime(2026, 7, 1, 20, tzinfo=UTC)),
    ],
)
def test_a_session_closes_by_new_yorks_clock(day: date, closes: datetime) -> None:
    assert Calendar(US).close_at(day) == closes


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
    assert load_calendar(US).ready_at(day, READY) == ready


def test_the_newest_ready_session_changes_at_its_ready_time() -> None:
    calendar = load_calendar(US)
    before, at = datetime(2026, 11, 24, 5, 4, 59, tzinfo=UTC), datetime(2026, 11, 24, 5, 5, tzinfo=UTC)
    assert calendar.newest_ready(before, READY) == date(2026, 11, 20)
    assert calendar.newest_ready(at, READY) == date(2026, 11, 23)
    same_day = Ready.parse("T+0 16:20", US)
    assert calendar.newest_ready(datetime(2026, 11, 23, 21, 20, tzinfo=UTC), same_day) == date(2026, 11, 23)


def test_overrides_have_the_last_word() -> None:
    text = """{"XNYS": {"closed": {"2026-11-23": "mourning"}, "early": {"2026-11-24": "storm"},
               "excused": {"2026-11-20": {"TSLA": "halted"}, "2026-11-24/2026-11-25": {"NVDA": "halted"}}}}"""
    calendar = Calendar(US, Overrides.parse(text, US))
    assert not calendar.is_session(date(2026, 11, 23))
    assert calendar.close_at(date(2026, 11, 24)) == datetime(2026, 11, 24, 18, tzinfo=UTC)
    assert calendar.overrides.excused == {
        date(2026, 11, 20): {"TSLA": "halted"},
        date(2026, 11, 24): {"NVDA": "halted"},
        date(2026, 11, 25): {"NVDA": "halted"},
    }
    assert Overrides.parse(text, INDIA) == Overrides()


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ('{"shut": {}}', "shut"),
        ('{"closed": {"Monday": ""}}', "closed has 'Monday'"),
        ('{"closed": {"2026-11-23": true}}', 'closed of 2026-11-23 must have the form "reason"'),
        ('{"early": {"2026-11-24": {"TSLA": "storm"}}}', "early of 2026-11-24"),
        (
            '{"excused": {"2026-11-20": "TSLA"}}',
            'excused of 2026-11-20 must have the form {"TICKER": "reason"}',
        ),
        ('{"excused": {"2026-11-20": {"TSLA": null}}}', "excused of 2026-11-20"),
        ('{"excused": {"2026-11-20/2026-11-19": {}}}', "ends before it begins"),
        ('{"excused": {"soon": {}}}', "excused has 'soon'"),
        ('{"excused": {"2026-11-20/later": {}}}', "excused has 'later'"),
        ('{"opened": {"2026-11-22": {"open": "18:00"}}}', 'opened of a day must have the form {"open"'),
        ('{"opened": {"soon": {"open": "18:00", "close": "19:15", "reason": ""}}}', "opened has 'soon'"),
        ('{"verified_through": "soon"}', "must be a year"),
    ],
)
def test_a_wrong_override_is_refused(text: str, wrong: str) -> None:
    with pytest.raises(ValueError, match=re.escape(wrong)):
        Overrides.parse(f'{{"XNYS": {text}}}', US)


def test_a_calendar_has_the_overrides_of_this_release() -> None:
    assert load_calendar(US).overrides == load_overrides(US)


def test_overrides_of_no_exchange_are_refused() -> None:
    with pytest.raises(ValueError, match="allowed: XNSE, XNYS"):
        Overrides.parse('{"closed": {}}', US)


def test_an_exchange_that_never_closes_early_has_no_early_close() -> None:
    with pytest.raises(ValueError, match="remove early from XNSE, which never closes early"):
        Overrides.parse('{"XNSE": {"early": {"2026-02-10": "storm"}}}', INDIA)


def test_a_session_on_a_sunday_has_hours_of_its_own_and_is_ready_as_long_after_them_as_ever() -> None:
    muhurat = date(2026, 11, 8)
    text = '{"XNSE": {"opened": {"2026-11-08": {"open": "18:00", "close": "19:15", "reason": "Muhurat"}}}}'
    calendar = Calendar(INDIA, Overrides.parse(text, INDIA))
    assert calendar.overrides.opened == {muhurat: Hours(time(18), time(19, 15), "Muhurat")}
    assert muhurat in calendar.sessions(date(2026, 11, 1), date(2026, 11, 10))
    assert calendar.close_at(muhurat) == INDIA.instant(muhurat, time(19, 15))
    ready = Ready.parse("T+0 18:30", INDIA)
    assert calendar.ready_at(muhurat, ready) == INDIA.instant(muhurat, time(22, 10))
    assert calendar.ready_at(date(2026, 11, 9), ready) == INDIA.instant(date(2026, 11, 9), time(18, 30))


@pytest.mark.parametrize("text", ["T+1", "T+1 24:00", "T+1 0:05", "00:05", "T+0 15:59", "T-1 00:05", ""])
def test_a_wrong_ready_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="ready"):
        Ready.parse(text, US)


def test_a_trading_day_is_new_yorks() -> None:
    assert US.day(datetime(2026, 11, 21, 4, 59, tzinfo=UTC)) == date(2026, 11, 20)
