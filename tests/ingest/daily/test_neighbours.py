"""A session is told of with those before it: its file stays what the API answers, whatever happens to them."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest

from api.markets import US
from ingest.calendar import Calendar, Overrides
from ingest.daily import stored
from tests.conftest import TABLE
from tests.ingest.daily.test_mend import delete, files, items, whole
from tests.ingest.daily.test_rebuild import losers
from tests.ingest.daily.test_reconcile import FRIDAY, SEVEN, THURSDAY, assert_twins_equal_the_table
from tests.samples import bar
from tests.world import World, sessions_of

OLD = date(2026, 10, 1)


def document(world: World, day: date) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(world.twin(f"movers/{day}.json"), parse_float=Decimal)
    return found


def previous_closes(world: World, day: date) -> dict[str, Any]:
    return {bar["Ticker"]: bar["PreviousClose"] for bar in document(world, day)["Bars"]}


@pytest.fixture
def small(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """Runs read the five latest sessions; OLD is long before them."""
    monkeypatch.setattr(stored, "LEAST_SESSIONS", 5)
    monkeypatch.setattr(stored, "MOST_BARS", 0)
    world.watchlist = ("AAPL", "MSFT", "TSLA")
    world.run(OLD, FRIDAY)
    yield world
    assert world.run().published == 0
    assert_twins_equal_the_table(world)


def test_every_session_with_one_before_it_has_the_previous_closes(small: World) -> None:
    days = small.calendar.sessions(OLD, FRIDAY)
    for before, day in pairwise(days):
        closes = {ticker: bar.close for ticker, bar in small.tape.session(before).items()}
        assert previous_closes(small, day) == {ticker: closes[ticker] for ticker in small.watchlist}
    assert set(previous_closes(small, OLD).values()) == {None}
    assert document(small, OLD)["MoverByPreviousClose"] is None
    assert document(small, FRIDAY)["MoverByPreviousClose"]


def test_an_older_session_that_is_stored_corrected_or_rebuilt_changes_what_is_said_of_later_ones(
    small: World,
) -> None:
    before = date(2026, 9, 30)
    small.tape.edits[before, "TSLA"] = bar("100", "300")
    assert small.run(before, before).stored == [before]
    assert previous_closes(small, OLD)["TSLA"] == 300
    biggest = {"Kind": "Biggest", "Sessions": 30}
    assert biggest not in document(small, FRIDAY)["Facts"]
    small.tape.edits[OLD, "TSLA"] = bar("100", "101.5")
    assert small.run(OLD, OLD, again=True).corrected == [OLD]
    assert_twins_equal_the_table(small)
    loser = losers(small, OLD)[-1]  # the list of winners stays as it is
    small.tape.edits[OLD, loser] = bar("100", "100.01")
    small.now += timedelta(hours=1)
    small.archive(OLD)
    assert list(small.rebuild(apply=True, first=OLD, last=OLD).changed) == [OLD]
    assert previous_closes(small, date(2026, 10, 2))[loser] == Decimal("100.01")


def test_an_old_session_taken_away_leaves_a_gap_before_the_next(small: World) -> None:
    lost, following = date(2026, 10, 15), date(2026, 10, 16)
    delete(small, *whole(lost))
    small.s3.delete_object(Bucket=small.names.site, Key=f"movers/{lost}.json")
    small.run()
    assert set(previous_closes(small, following).values()) == {None}


def test_a_hole_leaves_no_previous_close_until_it_is_filled(world: World) -> None:
    good = world.tape.session(THURSDAY)["TSLA"]
    world.tape.edits[THURSDAY, "TSLA"] = None
    world.run()
    assert set(previous_closes(world, FRIDAY).values()) == {None}
    assert json.loads(world.twin("tickers/AAPL.json"))["Sessions"][0]["ChangeFromPreviousClose"] is None
    world.tape.edits[THURSDAY, "TSLA"] = good
    world.run()
    assert previous_closes(world, FRIDAY)["TSLA"] == good.close
    assert json.loads(world.twin("tickers/AAPL.json"))["Sessions"][0]["ChangeFromPreviousClose"]
    assert_twins_equal_the_table(world)


def test_a_split_divides_the_previous_close(world: World) -> None:
    world.watchlist = ("AAPL", "QCOM")  # which the tape splits within the window
    world.run()
    split = next(session for session in sessions_of(world.store) if session.splits)
    assert split.previous
    close = world.tape.session(split.previous)["QCOM"].close
    found = document(world, split.date)
    (row,) = (bar for bar in found["Bars"] if bar["Ticker"] == "QCOM")
    assert row["PreviousClose"] == round(close / Decimal("1.5"), 6)
    assert abs(row["ChangeFromPreviousClose"]) < 20  # without the split it would be a third less
    history = json.loads(world.twin("tickers/QCOM.json"), parse_float=Decimal)
    assert history["Splits"] == [{"Date": str(split.date), "Ratio": "3/2"}]
    changes = {each["Date"]: each["ChangeFromPreviousClose"] for each in history["Sessions"]}
    assert changes[str(split.date)] == row["ChangeFromPreviousClose"]


def test_splits_that_come_with_the_re_read_make_the_previous_closes_known(world: World) -> None:
    world.fail({"path": "/v3/reference/splits", "status": 429, "body": ""})
    world.run()
    assert set(previous_closes(world, FRIDAY).values()) == {None}
    assert_twins_equal_the_table(world)
    world.fail()
    world.now += timedelta(hours=6)
    assert len(world.run().checked) == 7
    assert None not in previous_closes(world, FRIDAY).values()
    assert document(world, FRIDAY)["CheckedAt"] == "2026-11-21T11:10:00Z"
    assert {row.split for row in world.store.ticker("TSLA", 9)} == {1}
    assert_twins_equal_the_table(world)


SINCE = {
    "SESSIONS": {"Previous"},
    "TICKER": {"Split", "Previous"},
    "STATUS": {"CheckedAt", "ReadyAt", "Names", "Recorded", "Holidays"},
}


def as_an_earlier_release(world: World) -> None:
    for item in items(world).values():
        kind = item["pk"]["S"].partition("#")[0]
        older = {name: value for name, value in item.items() if name not in SINCE.get(kind, ())}
        world.dynamodb.put_item(TableName=TABLE, Item=older)


def test_the_first_run_after_an_upgrade_adds_what_an_earlier_release_did_not_store(small: World) -> None:
    good, published = items(small), files(small)
    as_an_earlier_release(small)
    assert small.run().upstream_calls == 0
    assert items(small) == good
    assert {**files(small), "status.json": b""} == {**published, "status.json": b""}


def test_a_rebuild_after_an_upgrade_does_so_too(small: World) -> None:
    good = items(small)
    as_an_earlier_release(small)
    small.rebuild(apply=True, first=FRIDAY, last=FRIDAY)
    assert items(small) == good


def test_a_closure_that_becomes_known_later_brings_two_sessions_together(world: World) -> None:
    for ticker in world.watchlist:
        world.tape.edits[THURSDAY, ticker] = None
    world.run()
    world.calendar = Calendar(US, Overrides(closed={THURSDAY: "day of mourning"}))
    world.run()
    assert previous_closes(world, FRIDAY)["TSLA"] == world.tape.session(SEVEN[-3])["TSLA"].close
    assert {"Date": str(THURSDAY), "Name": "day of mourning"} in json.loads(world.twin("status.json"))[
        "Holidays"
    ]
    assert_twins_equal_the_table(world)


def test_the_status_has_what_a_page_says_of_the_times(world: World) -> None:
    world.watchlist = ("AAPL", "MSFT", "TSLA")
    world.settle()
    status = json.loads(world.twin("status.json"))
    assert status["CheckedAt"] == "2026-11-21T11:10:00Z"
    assert status["ReadyAt"] == "2026-11-24T05:05:00Z"
    recorded = [{"Date": str(day), "RecordedAt": "2026-11-21T05:10:00Z"} for day in reversed(SEVEN)]
    assert status["Sessions"] == recorded
    assert status["Holidays"] == [{"Date": "2026-11-26", "Name": "Thanksgiving Day"}]
    world.tape.edits[FRIDAY, "TSLA"] = replace(world.tape.session(FRIDAY)["TSLA"], volume=Decimal(7))
    world.now += timedelta(hours=1)
    world.run(FRIDAY, FRIDAY, again=True)
    assert json.loads(world.twin("status.json"))["Sessions"][0]["RecordedAt"] == "2026-11-21T12:10:00Z"
