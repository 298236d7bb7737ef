"""What a vendor changes overnight: told old and new, published everywhere, or refused whole."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from api.records import Bar
from tests.chaos.worlds import SmallWorld, assert_whole, remembered, small_world
from tests.samples import bar
from tests.world import SITE

FRIDAY = date(2026, 11, 20)
TICKERS = ("AAPL", "TSLA", "NVDA")


@pytest.fixture
def world(small_market: SmallWorld.Upstream) -> Iterator[SmallWorld]:
    """AAPL won on Friday, six hours ago."""
    with small_world(small_market, SmallWorld, watchlist=TICKERS, window=2) as world:
        world.tape.edits |= {
            (FRIDAY, "AAPL"): bar("100", "110"),
            (FRIDAY, "TSLA"): bar("100", "105"),
            (FRIDAY, "NVDA"): bar("100", "101"),
        }
        world.run()
        world.now += timedelta(hours=6)
        yield world


CHANGES: dict[str, tuple[dict[str, Bar], str]] = {
    "another winner": ({"NVDA": bar("100", "120")}, "NVDA"),
    "the winner's close alone": ({"AAPL": bar("100", "109")}, "AAPL"),
    "a loser's close alone": ({"NVDA": bar("100", "102")}, "AAPL"),
    "a volume alone": ({"NVDA": bar("100", "101", "7")}, "AAPL"),
    "less than is printed": ({"TSLA": bar("100", "110.0000000001")}, "TSLA"),
}


@pytest.mark.parametrize(("bars", "winner"), CHANGES.values(), ids=CHANGES)
def test_a_correction_is_told_and_published_everywhere(
    world: SmallWorld, bars: dict[str, Bar], winner: str, caplog: pytest.LogCaptureFixture
) -> None:
    old = world.tape.session(FRIDAY)
    world.tape.edits |= {(FRIDAY, ticker): changed for ticker, changed in bars.items()}
    report = world.run()
    assert report.corrected == [FRIDAY]
    found = world.store.session(FRIDAY)
    assert found
    assert (found[0].ticker, found[0].revision, found[1].revision) == (winner, 2, 2)
    told = vars(next(record for record in caplog.records if record.message == "session corrected"))
    assert told["winner"] == {"old": "AAPL", "new": winner}
    assert told["bars"] == {t: {"old": str(old[t]), "new": str(new)} for t, new in bars.items()}
    assert json.loads(world.twin("movers.json"))[0]["Ticker"] == winner
    assert f"2026-11-20: {winner}" in world.twin("feed.xml").decode()
    assert report.invalidation
    assert_whole(world)


@pytest.mark.parametrize(
    "change",
    [None, replace(bar("100", "101"), high=Decimal(1)), replace(bar("100", "101"), volume=Decimal(0))],
    ids=["a ticker disappears", "impossible prices", "no volume"],
)
def test_a_correction_that_is_not_whole_is_refused_with_all_the_rest_of_it(
    world: SmallWorld, change: Bar | None
) -> None:
    before = remembered(world)
    twins = {key: world.twin(key) for key in world.keys(SITE)}
    world.tape.edits |= {(FRIDAY, "NVDA"): change, (FRIDAY, "TSLA"): bar("100", "200")}
    report = world.run()
    assert report.failed[FRIDAY].startswith("kept as stored, because in the re-read NVDA")
    published = {key: world.twin(key) for key in world.keys(SITE)}
    changed = {key for key in twins if published.get(key) != twins[key]}
    data = {key for key in changed if key.endswith(".json")}
    assert data == {"movers/2026-11-19.json", f"movers/{FRIDAY}.json", "status.json"}
    before_it, now = json.loads(twins[f"movers/{FRIDAY}.json"]), "2026-11-21T11:10:00Z"
    assert json.loads(published[f"movers/{FRIDAY}.json"]) == before_it | {"CheckedAt": now}
    after = remembered(world)
    assert {key: item | {"CheckedAt": None} for key, item in after.items()} == {
        key: item | {"CheckedAt": None} for key, item in before.items()
    }
    assert_whole(world)
