"""The schedule and the calendar together: what the hourly runs of whole years find."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest

from api.markets import US
from ingest.calendar import Ready, load_calendar
from ingest.daily import plan
from tests.profiles import LONG

YEARS = range(2018, 2028) if LONG else (2026,)
HOUR = timedelta(hours=1)
READY = {"T+1 00:05": time(0, 10), "T+0 16:20": time(17, 10)}
"""When, by New York's clock, the first run comes that finds the session ready."""


@pytest.fixture(scope="module")
def minute() -> int:
    """Of the schedule `cron(10 * * * ? *)`: every hour, every day, UTC. Read, for the import of CDK takes seconds."""
    source = Path("infra/daily.py").read_text()
    (found,) = re.findall(r'^SCHEDULE = "cron\((\d+) \* \* \* \? \*\)"$', source, re.MULTILINE)
    return int(found)


def runs(year: int, minute: int) -> Iterator[datetime]:
    now = datetime(year, 1, 1, 0, minute, tzinfo=UTC)
    while now.year == year:
        yield now
        now += HOUR


@pytest.mark.parametrize("text", READY)
@pytest.mark.parametrize("year", YEARS)
def test_every_session_is_found_within_the_hour_at_the_same_time_of_new_york_all_year(
    minute: int, year: int, text: str
) -> None:
    calendar, ready = load_calendar(US), Ready.parse(text, US)
    first_seen = dict[date, datetime]()
    for now in runs(year, minute):
        first_seen.setdefault(calendar.newest_ready(now, ready), now)
    before_the_year, *found = first_seen
    assert found == calendar.sessions(before_the_year, found[-1])[1:]
    assert len(found) > 245
    for day in found:
        assert timedelta(0) <= first_seen[day] - calendar.ready_at(day, ready) < HOUR
        assert first_seen[day].astimezone(US.clock).time() == READY[text]


@pytest.mark.parametrize("year", YEARS)
def test_of_a_years_runs_one_per_session_has_something_to_store_and_that_session_alone(
    minute: int, year: int
) -> None:
    calendar, ready = load_calendar(US), Ready.parse("T+1 00:05", US)
    begin, *hours = runs(year, minute)
    stored = set(calendar.latest(7, calendar.newest_ready(begin, ready)))
    fetched = list[date]()
    for now in hours:
        within = plan.horizon(calendar, ready, 730, now)
        missing = [day for day in plan.window(calendar, within, max(stored), 7) if day not in stored]
        assert len(missing) <= 1
        fetched += missing
        stored.update(missing)
    assert fetched == calendar.sessions(fetched[0], fetched[-1])
    assert len(fetched) > 245
