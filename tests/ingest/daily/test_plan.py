from dataclasses import replace
from datetime import date, timedelta

import pytest

from api.markets import US
from ingest.calendar import Ready, load_calendar
from ingest.daily import plan
from ingest.daily.plan import Horizon
from ingest.providers import by_day
from ingest.providers import by_ticker as calls_by_ticker
from tests.samples import NIGHT, mover, session

CALENDAR = load_calendar(US)
WITHIN = Horizon(oldest=date(2024, 11, 21), newest=date(2026, 11, 20))
INFINITE = float("inf")


def test_the_window_is_the_latest_sessions() -> None:
    assert plan.window(CALENDAR, WITHIN, None, 3) == [date(2026, 11, day) for day in (18, 19, 20)]
    assert plan.window(CALENDAR, WITHIN, date(2026, 11, 20), 3) == [
        date(2026, 11, day) for day in (18, 19, 20)
    ]


def test_after_a_long_outage_the_window_begins_with_the_newest_stored_session() -> None:
    window = plan.window(CALENDAR, WITHIN, date(2026, 10, 30), 3)
    assert (window[0], window[-1], len(window)) == (date(2026, 10, 30), date(2026, 11, 20), 16)


def test_the_window_ends_where_the_plans_history_does() -> None:
    window = plan.window(CALENDAR, WITHIN, date(2020, 1, 2), 3)
    assert window[0] == date(2024, 11, 21)


def test_the_horizon_begins_with_the_first_watchlist_where_the_plan_serves_more() -> None:
    ready = Ready.parse("T+1 00:05", US)
    served = plan.horizon(CALENDAR, ready, 730, NIGHT)
    since = served.oldest + timedelta(days=1)
    first = Horizon(since, served.newest, "the first watchlist")
    assert plan.horizon(CALENDAR, ready, 730, NIGHT, since) == first
    assert plan.horizon(CALENDAR, ready, 730, NIGHT, date.min) == served


def test_a_session_is_read_again_once_six_hours_after_it_was_recorded() -> None:
    fresh = mover(session(), NIGHT)
    six_hours = NIGHT + timedelta(hours=6)
    after = timedelta(hours=6)
    assert not plan.is_unchecked(fresh, after, six_hours - timedelta(seconds=1))
    assert plan.is_unchecked(fresh, after, six_hours)
    assert not plan.is_unchecked(replace(fresh, checked_at=six_hours), after, six_hours)


@pytest.mark.parametrize(
    ("sessions", "tickers", "affordable", "by_ticker"),
    [
        (1, 500, INFINITE, False),
        (7, 6, INFINITE, False),  # the sessions of a window, with the whole market
        (8, 6, INFINITE, True),
        (8, 8, INFINITE, False),  # as few, and each completes a session
        (500, 65, 65, True),
        (500, 66, 65, False),  # they would not fit into the run
    ],
)
def test_the_fewest_calls_are_made_that_bring_something(
    sessions: int, tickers: int, affordable: float, by_ticker: bool
) -> None:
    days = CALENDAR.latest(sessions, WITHIN.newest)
    spans = calls_by_ticker("span", days, [f"T{n}" for n in range(tickers)])
    way = plan.cheapest([by_day("day", days), spans], affordable, most_by_day=7)
    assert (way == spans) is by_ticker


def test_whole_days_that_are_enough_for_a_long_hole_are_asked_for_newest_first() -> None:
    days = CALENDAR.latest(4, WITHIN.newest)
    whole, spans = by_day("day", days), calls_by_ticker("span", days, ["A", "B", "C", "D"])
    assert plan.in_turn(whole, 4) == list(whole)
    assert plan.in_turn(whole, 3) == list(whole)[::-1]
    assert plan.in_turn(spans, 3) == list(spans)


def test_a_backfill_may_begin_on_the_first_day_that_is_served() -> None:
    assert plan.requested(CALENDAR, WITHIN, WITHIN.oldest, WITHIN.oldest) == [WITHIN.oldest]


def test_a_backfill_may_end_on_a_day_off_after_the_newest_session() -> None:
    assert plan.requested(CALENDAR, WITHIN, date(2026, 11, 19), date(2026, 11, 22)) == [
        date(2026, 11, 19),
        date(2026, 11, 20),
    ]


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        (date(2026, 11, 23), date(2026, 11, 23), "not ready yet"),
        (date(2026, 11, 19), date(9999, 12, 31), "not ready yet"),
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
