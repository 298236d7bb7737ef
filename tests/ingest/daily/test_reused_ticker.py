"""Half a year of recorded bars in which a ticker is given up and another company takes it."""

import os
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from api.markets import US
from api.watchlists import Watchlists
from scripts.vendors.tape.recorded import RecordedTape
from tests.fakes import FakeAWS
from tests.ingest.daily.test_reconcile import assert_twins_equal_the_table
from tests.samples import bar
from tests.world import EditableTape, World, sessions_of, world_on

RECORDED = Path(os.environ.get("RECORDED_REUSED", "../shared/field/reused.csv"))
pytestmark = pytest.mark.skipif(not RECORDED.exists(), reason=f"the recorded bars {RECORDED} are not here")

FIRST, RENAMED, LAST = date(2022, 1, 10), date(2022, 6, 9), date(2022, 6, 14)
OLD, NEW = ("AAPL", "AMZN", "FB", "UBS"), ("AAPL", "AMZN", "META", "UBS")
NOON = datetime(2022, 6, 15, 16, tzinfo=UTC)


@pytest.fixture
def recorded() -> Iterator[World]:
    tape = EditableTape(RecordedTape.read(RECORDED))
    with world_on(FakeAWS(), tape, now=NOON, history_days=156) as world:
        yield world


def test_each_session_is_stored_by_the_list_of_its_day_and_nothing_fails(recorded: World) -> None:
    recorded.watchlist = (*OLD, "META")  # whose files there are
    recorded.watchlists = Watchlists.parse({"2020-01-01": OLD, str(RENAMED): NEW}, US)
    assert recorded.run().failed == {}
    assert recorded.run(FIRST, LAST).failed == {}
    stored = {session.date: session.watchlist for session in sessions_of(recorded.store)}
    assert stored == {day: OLD if day < RENAMED else NEW for day in recorded.calendar.sessions(FIRST, LAST)}
    before = recorded.upstream_calls()
    for _ in range(12):
        recorded.now += timedelta(hours=1)
        assert recorded.run().failed == {}
    assert recorded.upstream_calls() - before <= 7  # the one re-read of the window
    assert_twins_equal_the_table(recorded)


def test_a_corrected_day_of_the_old_list_keeps_it_and_gets_the_next_revision(recorded: World) -> None:
    recorded.watchlists = Watchlists.parse({"2020-01-01": OLD, str(RENAMED): NEW}, US)
    recorded.run(FIRST, LAST)
    recorded.now += timedelta(hours=1)
    day = date(2022, 2, 10)
    recorded.tape.edits[day, "FB"] = bar("300", "450")
    assert recorded.run(day, day, again=True).corrected == [day]
    mover, session = recorded.store.session(day) or (None, None)
    assert mover
    assert session
    assert (mover.ticker, mover.revision, session.watchlist) == ("FB", 2, OLD)


def test_with_one_list_for_all_time_the_fund_that_had_the_name_is_not_taken_for_the_company(
    recorded: World,
) -> None:
    recorded.watchlists = Watchlists.parse(NEW, US)
    report = recorded.run(FIRST, LAST)
    assert report.stored == recorded.calendar.sessions(RENAMED, LAST)
    assert "META did not trade in the" in report.failed[FIRST]
    assert "META is missing" in report.failed[date(2022, 4, 1)]
