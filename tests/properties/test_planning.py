"""What a run sets out to do: nothing too early, nothing forgotten, and the fewest calls."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from math import inf
from types import SimpleNamespace
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.markets import US
from ingest.calendar import Ready, load_calendar
from ingest.daily import freshness, plan
from ingest.daily.plan import Horizon
from ingest.daily.run import Rules
from ingest.daily.stored import Stored
from ingest.providers import by_day, by_ticker

CALENDAR = load_calendar(US)
FIRST, LAST = date(2018, 1, 1), date(2027, 12, 31)
ALL = CALENDAR.sessions(FIRST - timedelta(days=1000), LAST)

nows = st.datetimes(datetime(2018, 3, 1), datetime(2027, 12, 1), timezones=st.just(UTC))  # noqa: DTZ001
days = st.dates(FIRST, LAST)
readies = st.sampled_from(["T+1 00:05", "T+0 16:20", "T+0 16:00", "T+2 02:30", "T+9 23:59"]).map(
    lambda text: Ready.parse(text, US)
)
counts = st.integers(1, 40)


@st.composite
def horizons(draw: st.DrawFn) -> Horizon:
    return plan.horizon(CALENDAR, draw(readies), draw(st.integers(1, 1000)), draw(nows))


@given(nows, readies)
def test_the_horizon_ends_with_the_newest_session_that_is_ready(now: datetime, ready: Ready) -> None:
    newest = plan.horizon(CALENDAR, ready, 730, now).newest
    following = ALL[ALL.index(newest) + 1]
    assert CALENDAR.ready_at(newest, ready) <= now < CALENDAR.ready_at(following, ready)


@given(nows, st.integers(1, 1000))
def test_the_horizon_begins_as_many_days_ago_as_the_plan_serves(now: datetime, history_days: int) -> None:
    oldest = plan.horizon(CALENDAR, Ready.parse("T+1 00:05", US), history_days, now).oldest
    assert (now.astimezone(US.clock).date() - oldest).days == history_days


@given(horizons(), st.none() | days, counts)
def test_the_window_leaves_no_session_out_and_reaches_neither_too_far_back_nor_ahead(
    within: Horizon, newest_stored: date | None, count: int
) -> None:
    window = plan.window(CALENDAR, within, newest_stored, count)
    latest = ALL[: ALL.index(within.newest) + 1][-count:]
    begin = min(latest[0], newest_stored or latest[0])
    assert window == [day for day in ALL if max(begin, within.oldest) <= day <= within.newest]


@given(horizons(), days, days)
def test_a_backfill_is_every_session_asked_for_or_refused_whole(
    within: Horizon, first: date, last: date
) -> None:
    asked = [day for day in ALL if first <= day <= last]
    too_new = ALL[ALL.index(within.newest) + 1]
    servable = bool(asked) and within.oldest <= first and last < too_new
    if servable:
        assert plan.requested(CALENDAR, within, first, last) == asked
    else:
        with pytest.raises(plan.RequestError):
            plan.requested(CALENDAR, within, first, last)


@given(st.integers(1, 600), st.integers(1, 2500), st.integers(0, 1000) | st.just(inf))
def test_the_calls_are_the_fewest_unless_they_would_not_fit_into_the_run_or_leave_the_market_out(
    sessions: int, tickers: int, affordable: float
) -> None:
    days = by_day("day", ALL[:sessions])
    ways = [days, by_ticker("span", ALL[:sessions], [f"T{n}" for n in range(tickers)])]
    way = plan.cheapest(ways, affordable, most_by_day=7)
    if sessions <= 7 or tickers > affordable:
        assert way == days
    else:
        assert len(way) == min(sessions, tickers)


@given(st.data())
def test_no_session_is_forgotten_however_long_runs_fail_or_stay_away(data: st.DataObject) -> None:
    """Runs come at any distance, and any part of their sessions fails: what is not stored stays due."""
    ready, now = Ready.parse("T+1 00:05", US), data.draw(nows.filter(lambda now: now.year < 2027))
    first = CALENDAR.newest_ready(now, ready)
    table = Table({first})
    rules = cast(Rules, SimpleNamespace(calendar=CALENDAR, window=7))
    for days_later in data.draw(st.lists(st.integers(0, 40), min_size=1, max_size=8)):
        now += timedelta(days=days_later)
        within = plan.horizon(CALENDAR, ready, 100, now)
        due = freshness.due(rules, within, cast(Stored, table))
        assert {day for day in ALL if max(first, within.oldest) <= day <= within.newest} <= {
            *table.by_day,
            *due,
        }
        table.by_day |= data.draw(st.sets(st.sampled_from(due)))
        table.missing = tuple(day for day in due if day not in table.by_day)


@dataclass
class Table:
    """What runs remember: the sessions stored, and those that the status calls missing."""

    by_day: set[date] = field(default_factory=set)
    missing: tuple[date, ...] = ()

    @property
    def status(self) -> "Table":
        return self
