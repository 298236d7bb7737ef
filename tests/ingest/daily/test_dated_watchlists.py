"""Each session is judged by the watchlist of its day; a hole that nothing fills is told once and costs a call a day."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest

from api.markets import US
from api.watchlists import Watchlists
from ingest.calendar import Calendar, Overrides
from ingest.daily.plan import RequestError
from tests.ingest.daily.test_reconcile import FRIDAY, SEVEN, THURSDAY, assert_twins_equal_the_table
from tests.samples import bar
from tests.world import RAW, SATURDAY, WATCHLIST, World, sessions_of

RENAMED = SEVEN[3]  # TSLA before, NVDA from then on
DATED = Watchlists.parse({"2020-01-01": ["AAPL", "TSLA"], str(RENAMED): ["AAPL", "NVDA"]}, US)
OLD, NEW = ("AAPL", "TSLA"), ("AAPL", "NVDA")


@pytest.fixture
def renamed(world: World) -> World:
    """The new ticker has no bars before the first session of its name, the old one none from then on."""
    for day in world.calendar.sessions(date(2026, 1, 2), FRIDAY):
        world.tape.edits[day, "NVDA" if day < RENAMED else "TSLA"] = None
    world.watchlists = DATED
    return world


def watchlists(world: World) -> dict[date, tuple[str, ...]]:
    return {session.date: session.watchlist for session in sessions_of(world.store)}


def test_each_session_is_stored_with_the_list_in_force_on_its_day(renamed: World) -> None:
    report = renamed.run()
    assert (report.stored, report.failed) == (SEVEN, {})
    assert watchlists(renamed) == {day: OLD if day < RENAMED else NEW for day in SEVEN}
    assert json.loads(renamed.twin("status.json"))["Watchlist"] == list(NEW)
    renamed.now += timedelta(hours=6)
    assert renamed.run().checked == SEVEN
    assert renamed.run(date(2026, 10, 1), FRIDAY).failed == {}
    assert_twins_equal_the_table(renamed)


def test_a_correction_of_an_old_session_keeps_its_list_and_raises_the_revision(renamed: World) -> None:
    renamed.run(SEVEN[0], FRIDAY)
    renamed.now += timedelta(hours=7)
    renamed.tape.edits[SEVEN[0], "TSLA"] = bar("100", "150")
    renamed.watchlists = Watchlists.parse(["AAPL", "MSFT"], US)  # also whatever the settings say by then
    report = renamed.run(SEVEN[0], SEVEN[1], again=True)
    assert (report.corrected, report.checked, report.failed) == ([SEVEN[0]], [SEVEN[1]], {})
    mover, session = renamed.store.session(SEVEN[0]) or (None, None)
    assert mover
    assert session
    assert (mover.ticker, mover.revision, session.watchlist) == ("TSLA", 2, OLD)
    again = renamed.run(SEVEN[0], SEVEN[1], again=True)
    assert (again.corrected, again.checked) == ([], SEVEN[:2])
    assert_twins_equal_the_table(renamed)


def test_again_reads_what_is_stored_and_fetches_what_is_missing(world: World) -> None:
    world.run()
    report = world.run(date(2026, 11, 10), FRIDAY, again=True)
    assert report.stored == world.calendar.sessions(date(2026, 11, 10), SEVEN[0])[:-1]
    assert report.checked == SEVEN
    assert world.run(date(2026, 11, 10), FRIDAY).upstream_calls == 0


def test_before_its_first_list_a_stage_has_no_sessions(world: World) -> None:
    world.watchlists = Watchlists.parse({str(THURSDAY): ["AAPL", "TSLA"]}, US)
    assert world.run().stored == [THURSDAY, FRIDAY]
    with pytest.raises(RequestError, match=f"begins on {THURSDAY}"):
        world.run(SEVEN[0], FRIDAY)
    world.watchlists = Watchlists.parse({"2027-01-04": ["AAPL", "TSLA"]}, US)
    assert world.run().failed == {}


def test_a_rebuild_judges_by_the_list_of_the_day_and_rewrites_the_past_only_when_asked(
    renamed: World,
) -> None:
    renamed.run()
    assert renamed.rebuild().unchanged == len(SEVEN)
    renamed.watchlists = Watchlists.parse({"2020-01-01": ["TSLA"], str(RENAMED): ["NVDA"]}, US)
    assert renamed.rebuild().changed == {}
    assert set(renamed.rebuild(in_force=True).changed) == set(SEVEN)
    renamed.rebuild(in_force=True, apply=True)
    assert watchlists(renamed) == {day: ("TSLA",) if day < RENAMED else ("NVDA",) for day in SEVEN}
    assert_twins_equal_the_table(renamed)


def test_what_was_never_stored_is_rebuilt_by_the_list_of_its_day(renamed: World) -> None:
    for day in SEVEN:
        renamed.archive(day)
    assert list(renamed.rebuild(apply=True).added) == SEVEN
    assert watchlists(renamed) == {day: OLD if day < RENAMED else NEW for day in SEVEN}


@pytest.fixture
def hole(renamed: World) -> World:
    """One list for all time, so that the sessions before the new name are holes that nothing fills."""
    renamed.watchlists = Watchlists.parse(NEW, US)
    return renamed


HOLES = SEVEN[:3]


def hours(world: World, count: int) -> Iterator[int]:
    for hour in range(count):
        world.now += timedelta(hours=1)
        yield hour


def test_a_hole_is_told_once_and_costs_at_most_a_call_a_day(hole: World) -> None:
    assert set(hole.run().failed) == set(HOLES)
    hole.now += timedelta(hours=6)
    hole.run()  # with the one re-read of the sessions that are stored
    before = hole.upstream_calls()
    reports = [hole.run() for _ in hours(hole, 47)]
    assert all(report.failed == {} for report in reports)
    assert hole.upstream_calls() - before <= 2  # three holes, two days
    assert json.loads(hole.twin("status.json"))["Missing"] == [str(day) for day in reversed(HOLES)]
    assert set(hole.run().behind) == set(HOLES)


def test_a_hole_is_told_again_when_its_reason_changes(hole: World) -> None:
    hole.run()
    newest = HOLES[-1]  # of holes that have waited equally long, it is asked for first
    hole.tape.edits[newest, "AAPL"] = None
    hole.now += timedelta(days=1)
    assert set(hole.run().failed) == {newest}


@pytest.mark.parametrize("cure", ["a dated list", "an excuse", "the vendor"])
def test_what_fills_a_hole_is_seen_by_the_next_run(hole: World, cure: str) -> None:
    hole.run()
    hole.now += timedelta(hours=1)
    hole.run()
    match cure:
        case "a dated list":
            hole.watchlists = DATED
        case "an excuse":
            hole.calendar = Calendar(US, Overrides(excused={day: {"NVDA": "not listed"} for day in HOLES}))
        case "the vendor":
            hole.tape.edits = {key: each for key, each in hole.tape.edits.items() if key[1] != "NVDA"}
            hole.now += timedelta(days=1)
    first = hole.run()
    assert first.failed == {}
    assert len(first.stored) == (1 if cure == "the vendor" else 3)
    assert sorted(first.stored + hole.run().stored) == HOLES
    assert json.loads(hole.twin("status.json"))["Missing"] == []


def test_a_person_who_asks_for_a_hole_hears_of_it_each_time(hole: World) -> None:
    hole.run()
    for _ in range(2):
        before = hole.upstream_calls()
        assert set(hole.run(HOLES[0], HOLES[-1]).failed) == set(HOLES)
        assert hole.upstream_calls() > before


def test_a_session_that_is_not_late_yet_is_asked_for_each_hour(world: World) -> None:
    """A vendor may be late with one ticker."""
    world.settle()
    world.now = datetime(2026, 11, 24, 5, 10, tzinfo=UTC)
    world.tape.edits[date(2026, 11, 23), "TSLA"] = None
    before = world.upstream_calls()
    assert all(world.run().failed for _ in hours(world, 9))
    assert world.upstream_calls() - before == 9


def test_the_report_tells_found_in_place_from_nothing_found(world: World) -> None:
    first, second = world.run(), world.run()
    assert (first.already_stored, first.tickers_read, first.tickers_failed) == (0, len(WATCHLIST), 0)
    assert (second.already_stored, second.tickers_read) == (len(SEVEN), 0)
    world.tape.edits[date(2026, 11, 11), "TSLA"] = None
    third = world.run(date(2026, 11, 11), FRIDAY)
    assert (third.already_stored, third.tickers_read, third.tickers_failed) == (7, len(WATCHLIST) - 1, 1)


class TestAReusedTicker:
    """A fund that was called NVDA ended; sessions later, a company takes its name."""

    END, BEGIN = date(2026, 8, 31), date(2026, 10, 30)
    FIRST = date(2026, 8, 24)

    @pytest.fixture
    def reused(self, world: World) -> World:
        for day in world.calendar.sessions(date(2026, 9, 1), date(2026, 10, 29)):
            world.tape.edits[day, "NVDA"] = None
        world.watchlists = Watchlists.parse(NEW, US)
        return world

    @pytest.mark.parametrize("more", [0, 90])
    def test_bars_before_a_long_hole_are_a_fault_in_both_kinds_of_call(
        self, reused: World, more: int
    ) -> None:
        """With many tickers, each session is a call of its own."""
        others = sorted(reused.tape.tickers - {*NEW})[:more]
        others = [ticker for ticker in others if reused.tape.session(FRIDAY)[ticker].volume]
        reused.watchlists = Watchlists.parse([*NEW, *others], US)
        report = reused.run(self.FIRST, FRIDAY)
        assert set(report.stored) == set(reused.calendar.sessions(self.BEGIN, FRIDAY))
        before = reused.calendar.sessions(self.FIRST, self.END)
        assert all("may have been another company" in report.failed[day] for day in before)
        assert reused.server.stats()["requests"].keys() == (
            {"grouped", "splits"} if more else {"range", "splits"}
        )

    @pytest.mark.parametrize("more", [0, 90])
    def test_asking_again_does_not_let_them_in(self, reused: World, more: int) -> None:
        """Not by the same backfill, nor one of the oldest days alone, nor a rebuild, nor the hours that follow."""
        others = [
            t for t in sorted(reused.tape.tickers - {*NEW})[:more] if reused.tape.session(FRIDAY)[t].volume
        ]
        reused.watchlists = Watchlists.parse([*NEW, *others], US)
        reused.run(self.FIRST, FRIDAY)
        before = reused.calendar.sessions(self.FIRST, self.END)
        for last in (FRIDAY, self.END):
            assert set(before) <= set(reused.run(self.FIRST, last).failed)
        assert set(before) <= set(reused.rebuild().unjudged)
        for _ in range(3):
            reused.now += timedelta(days=1)
            reused.run()
        assert not set(before) & {mover.date for mover in reused.store.movers()}

    def test_a_dated_list_that_names_the_ticker_vouches_for_it(self, reused: World) -> None:
        gap = str(date(2026, 9, 1))
        lists = {"2020-01-01": NEW, gap: ["AAPL"], str(self.BEGIN): NEW}
        reused.watchlists = Watchlists.parse(lists, US)
        report = reused.run(self.FIRST, FRIDAY)
        assert report.failed == {}
        assert watchlists(reused)[self.FIRST] == NEW

    def test_a_halt_of_twenty_sessions_is_no_hole(self, reused: World) -> None:
        halted = reused.calendar.sessions(date(2026, 9, 1), date(2026, 9, 29))[:20]
        reused.tape.edits = dict.fromkeys(((day, "NVDA") for day in halted), None)
        report = reused.run(self.FIRST, FRIDAY)
        assert set(report.failed) == set(halted)
        assert all("is missing" in reason for reason in report.failed.values())

    def test_an_archived_answer_is_judged_like_a_fresh_one(self, reused: World) -> None:
        reused.run(self.FIRST, FRIDAY)
        assert reused.keys(RAW)
        unjudged = reused.rebuild(first=self.FIRST, last=self.END).unjudged
        assert all("may have been another company" in reason for reason in unjudged.values())
        assert len(unjudged) == len(reused.calendar.sessions(self.FIRST, self.END))


def test_a_conflict_during_the_re_read_of_an_incomplete_session_is_named_and_the_rest_goes_on(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.run()
    world.tape.edits[FRIDAY, "AAPL"] = None
    world.now = SATURDAY + timedelta(hours=6)
    store = type(world.store)
    check = store.check

    def overtaken(self: object, day: date, revision: int, now: datetime) -> None:
        """Somebody else writes the session before this run notes that it was read."""
        check(world.store, day, revision + 1 if day == FRIDAY else revision, now)

    monkeypatch.setattr(store, "check", overtaken)
    report = world.run()
    assert set(report.failed) == {FRIDAY}
    assert report.checked == SEVEN[:-1]
    assert_twins_equal_the_table(world)
