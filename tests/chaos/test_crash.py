"""A run may die after any of its calls, or hear nothing of what a call did: the next run makes it good.

The points are those at which a run was seen to write, so none can be forgotten. The short form takes each second one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest

from ingest.daily.run import Report
from ingest.lease import LeaseHeldError
from tests.chaos.wire import Call, Died
from tests.chaos.worlds import (
    SmallWorld,
    assert_backed_by_the_raw_zone,
    assert_whole,
    remembered,
    small_world,
    table,
)
from tests.profiles import LONG
from tests.samples import bar
from tests.world import LIFE, SATURDAY, SITE

FRIDAY, MONDAY = date(2026, 11, 20), date(2026, 11, 23)
TUESDAY_NIGHT = SATURDAY + timedelta(days=3)
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Story:
    """What has been before the run that dies, and that run."""

    tickers: tuple[str, ...]
    window: int
    before: Callable[[SmallWorld], Any]
    run: Callable[[SmallWorld], Any]

    def told(self, upstream: SmallWorld.Upstream) -> Any:
        return small_world(upstream, SmallWorld, watchlist=self.tickers, window=self.window)


def nothing(_: SmallWorld) -> None:
    """It is the first run."""


def a_night_passes(world: SmallWorld) -> None:
    """Monday is to be stored, Friday to be corrected, Thursday is as it was, and a twin has lost its ticker."""
    world.run()
    world.s3.put_object(Bucket=SITE, Key="tickers/GONE.json", Body=b"{}")
    world.tape.edits[FRIDAY, "TSLA"] = bar("100", "200")
    world.now = TUESDAY_NIGHT


def sessions_grow_old(world: SmallWorld) -> None:
    """The first two leave the window, and the latest sessions."""
    world.window = 4
    world.run()
    world.window = 2


REBUILD = Story(("AAPL", "TSLA"), 2, sessions_grow_old, lambda world: world.rebuild("TSLA", apply=True))
STORIES = {
    "the first run, ticker by ticker": Story(("AAPL", "TSLA"), 3, nothing, SmallWorld.run),
    "a night's run, day by day": Story(("AAPL", "TSLA", "NVDA"), 2, a_night_passes, SmallWorld.run),
} | (
    {
        "a backfill": Story(
            ("AAPL", "TSLA"),
            2,
            SmallWorld.run,
            lambda world: world.run(date(2026, 11, 9), date(2026, 11, 12)),
        ),
        "a rebuild": REBUILD,
    }
    if LONG
    else {}
)


@pytest.fixture(params=STORIES.values(), ids=list(STORIES))
def story(request: pytest.FixtureRequest) -> Story:
    found: Story = request.param
    return found


@dataclass(frozen=True, slots=True)
class Ending:
    """How a story ends when nobody dies: what is stored, and what was written on the way."""

    table: dict[Any, Any]
    writes: list[Call]


def undisturbed(story: Story, upstream: SmallWorld.Upstream) -> Ending:
    with story.told(upstream) as world:
        story.before(world)
        begun = len(world.wire.writes)
        story.run(world)
        writes = world.wire.writes[begun:]
        next_hour(world)
        assert_whole(world)
        assert_backed_by_the_raw_zone(world)
        return Ending(remembered(world), writes)


def next_hour(world: SmallWorld) -> Report:
    world.now += HOUR
    return world.run()


def test_a_run_that_dies_after_any_of_its_calls_is_made_good_by_the_next(
    story: Story, small_market: SmallWorld.Upstream, subtests: pytest.Subtests
) -> None:
    ending = undisturbed(story, small_market)
    assert len(ending.writes) > 10
    for survived in range(0, len(ending.writes) + 1, 1 if LONG else 2):
        point = str(ending.writes[survived - 1]) if survived else "nothing"
        with subtests.test("dies after", point=point, number=survived), story.told(small_market) as world:
            story.before(world)
            die(story, world, survived)
            assert_backed_by_the_raw_zone(world, ahead=True)
            report = next_hour(world)
            assert (report.failed, report.left) == ({}, {})
            assert_whole(world)
            assert_invalidated_last(world)
            if (
                story.run is not SmallWorld.run
            ):  # the schedule goes on with its own window, not with what was asked
                story.run(world)
                assert_whole(world)
            assert remembered(world) == ending.table


def die(story: Story, world: SmallWorld, survived: int) -> None:
    """Have the run die; a whole run makes its last call and then has nothing left to die of."""
    begun = len(world.wire.writes)
    world.wire.cut_after(survived)
    with pytest.raises(Died):
        story.run(world)
    world.wire.mend()
    assert len(world.wire.writes) - begun == survived


def assert_invalidated_last(world: SmallWorld) -> None:
    """The CDN was told after the last change of what is published."""
    seen = [place for place, call in enumerate(world.wire.writes) if call.subject.startswith(SITE)]
    told = [place for place, call in enumerate(world.wire.writes) if call.operation == "CreateInvalidation"]
    assert max(told) > max(seen)


def test_until_it_must_be_dead_a_silent_holder_keeps_the_others_out(
    small_market: SmallWorld.Upstream,
) -> None:
    story = next(iter(STORIES.values()))
    with story.told(small_market) as world:
        die(story, world, 8)
        left_behind = table(world)
        world.now += LIFE
        with pytest.raises(LeaseHeldError):
            world.run()
        assert table(world) == left_behind
        world.now += timedelta(minutes=1)
        assert world.run().failed == {}
        assert_whole(world)


def test_a_death_while_making_a_death_good_is_made_good_as_well(
    small_market: SmallWorld.Upstream, subtests: pytest.Subtests
) -> None:
    """The first dies with its sessions stored and nothing published, the second at any of its own calls."""
    story = next(iter(STORIES.values()))
    ending = undisturbed(story, small_market)
    stored = last_transaction(ending)
    for survived in range(1, len(ending.writes) - stored + 2, 1 if LONG else 3):
        with subtests.test("dies again", survived=survived), story.told(small_market) as world:
            die(story, world, stored)
            world.now += HOUR
            die(story, world, survived)
            next_hour(world)
            assert_whole(world)
            assert_invalidated_last(world)
            assert remembered(world) == ending.table


def last_transaction(ending: Ending) -> int:
    return max(n for n, call in enumerate(ending.writes, 1) if call.operation == "TransactWriteItems")


def test_old_sessions_too_are_published_after_a_death(small_market: SmallWorld.Upstream) -> None:
    """They have twins already, out of date, at which a run looks only where the one before it died."""
    stored = last_transaction(undisturbed(REBUILD, small_market))
    with REBUILD.told(small_market) as world:
        REBUILD.before(world)
        die(REBUILD, world, stored)
        next_hour(world)
        assert_whole(world)


def test_an_answer_that_is_lost_after_its_call_took_effect_changes_nothing(
    small_market: SmallWorld.Upstream, subtests: pytest.Subtests, monkeypatch: pytest.MonkeyPatch
) -> None:
    """AWS's client tries again, so each call is made twice. A transaction's token tells DynamoDB that it is the same
    one; moto does not heed it."""
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)
    story = next(iter(STORIES.values()))
    ending = undisturbed(story, small_market)
    for number, call in list(enumerate(ending.writes))[:: 1 if LONG else 2]:
        if call.operation == "TransactWriteItems":
            assert call.token
            continue
        with subtests.test("lost", call=str(call), number=number), story.told(small_market) as world:
            story.before(world)
            begun = len(world.wire.writes)
            world.wire.lose_answer(number)
            story.run(world)
            world.wire.mend()
            assert len(world.wire.writes) - begun == len(ending.writes) + 1
            assert_whole(world)
            next_hour(world)
            assert remembered(world) == ending.table
