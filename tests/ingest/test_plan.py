from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest import plan
from ingest.calendar import load_calendar
from ingest.plan import GroupedCall, Horizon, RangeCall
from tests.samples import DAY, NIGHT, mover, session

CALENDAR = load_calendar()
WITHIN = Horizon(oldest=date(2024, 11, 21), newest=date(2026, 11, 20))
INFINITE = float("inf")


def test_the_window_is_the_latest_sessions() -> None:
    assert plan.window(CALENDAR, WITHIN, None, 3) == [date(2026, 11, day) for day in (18, 19, 20)]
    assert plan.window(CALENDAR, WITHIN, date(2026, 11, 20), 3) == [
        date(2026, 11, day) for day in (18, 19, 20)
    ]


def test_after_a_long_outage_the_window_begins_behind_the_newest_stored_session() -> None:
    window = plan.window(CALENDAR, WITHIN, date(2026, 10, 30), 3)
    assert (window[0], window[-1], len(window)) == (date(2026, 11, 2), date(2026, 11, 20), 15)


def test_the_window_ends_where_the_plans_history_does() -> None:
    window = plan.window(CALENDAR, WITHIN, date(2020, 1, 2), 3)
    assert window[0] == date(2024, 11, 21)


def test_a_session_is_read_again_once_six_hours_after_it_was_recorded() -> None:
    fresh = mover(session(), NIGHT)
    six_hours = NIGHT + timedelta(hours=6)
    assert plan.unchecked([DAY], {DAY: fresh}, six_hours - timedelta(seconds=1)) == []
    assert plan.unchecked([DAY], {DAY: fresh}, six_hours) == [DAY]
    assert plan.unchecked([DAY], {DAY: replace(fresh, checked_at=six_hours)}, six_hours) == []
    assert plan.unchecked([DAY], {}, six_hours) == []


def test_one_day_is_one_grouped_call_however_many_tickers() -> None:
    assert plan.calls([DAY], ["AAPL"] * 500, INFINITE) == [GroupedCall(DAY)]


def test_a_long_past_of_few_tickers_is_a_range_call_for_each() -> None:
    days = [DAY + timedelta(days=n) for n in range(9)]
    assert plan.calls(days, ["AAPL", "TSLA"], INFINITE) == [
        RangeCall("AAPL", days[0], days[-1]),
        RangeCall("TSLA", days[0], days[-1]),
    ]


def test_range_calls_that_do_not_fit_into_the_run_give_way_to_calls_that_each_bring_a_session() -> None:
    days = [DAY + timedelta(days=n) for n in range(9)]
    assert plan.calls(days, ["A", "B", "C"], affordable=2) == [GroupedCall(day) for day in days]


@given(
    st.sets(st.dates(), min_size=1, max_size=40), st.sets(st.text("ABC", min_size=1, max_size=3), min_size=1)
)
def test_the_calls_are_never_more_than_sessions_or_tickers_and_always_enough(
    days: set[date], tickers: set[str]
) -> None:
    calls = plan.calls(list(days), list(tickers), INFINITE)
    assert len(calls) == min(len(days), len(tickers))
    grouped = {call.day for call in calls if isinstance(call, GroupedCall)}
    ranges = [call for call in calls if isinstance(call, RangeCall)]
    covered = {call.ticker for call in ranges if call.first <= min(days) and max(days) <= call.last}
    assert grouped == days or covered == tickers


def test_a_backfill_may_end_on_a_day_off_after_the_newest_session() -> None:
    assert plan.requested(CALENDAR, WITHIN, date(2026, 11, 19), date(2026, 11, 22)) == [
        date(2026, 11, 19),
        date(2026, 11, 20),
    ]


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        (date(2026, 11, 23), date(2026, 11, 23), "not ready yet"),
        (date(2024, 11, 20), date(2026, 11, 20), "older than the plan"),
        (date(2026, 11, 20), date(2026, 11, 19), "after"),
        (date(2026, 11, 15), date(2026, 11, 15), "no session"),
    ],
)
def test_a_backfill_that_cannot_be_served_is_refused_with_the_reason(
    first: date, last: date, words: str
) -> None:
    with pytest.raises(plan.RequestError, match=words):
        plan.requested(CALENDAR, WITHIN, first, last)
