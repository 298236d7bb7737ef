"""The daily path on a second vendor and on a second market: a seam is proven by its second user."""

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Any, cast

import pytest

from api.answers import Question, answer
from api.handler import respond
from api.markets import INDIA, US, Market
from api.routes import STATUS
from ingest.calendar import Calendar
from ingest.providers import Provider
from scripts.vendors.server import VendorServer
from scripts.vendors.tape.simulated import SimulatedTape
from tests.fakes import FakeAWS
from tests.ingest.daily.doubles import HUNDRED, SAUDI, HundredRows
from tests.ingest.daily.test_reconcile import assert_twins_equal_the_table
from tests.world import RAW, EditableTape, World, sessions_of

FRIDAY = date(2026, 11, 20)


@dataclass
class BudgetWorld(World):
    """A world whose vendor grants a hundred rows a call, and so many calls a day."""

    budget: int = 1000

    def provider(self, key: str = "") -> Provider:
        return HundredRows(self.tape, self.budget)


def world_of(
    market: Market, watchlist: tuple[str, ...], now: datetime, kind: type[World] = World, **more: Any
) -> World:
    calendar = Calendar(market)
    tape = EditableTape(SimulatedTape(watchlist, calendar))
    nobody = cast(VendorServer, None)
    return kind(
        tape, nobody, now, watchlist, calendar=calendar, market=market, vendor=HUNDRED, aws=FakeAWS(), **more
    )


def test_a_vendor_with_a_hundred_rows_a_call_and_a_budget_gets_on_day_by_day() -> None:
    now = datetime(2026, 11, 21, 5, 10, tzinfo=UTC)
    world = world_of(US, ("AAPL", "MSFT", "TSLA"), now, BudgetWorld, budget=5)
    days = world.calendar.latest(250, FRIDAY)
    first = world.run(days[0], FRIDAY)
    assert (first.upstream_calls, first.stored, first.failed) == (5, days[150:], {})
    assert set(first.left.values()) == {"Hundred Rows: the calls of the day are used up"}
    assert list(first.left) == days[:150]
    second = world.run(days[0], FRIDAY)
    assert (second.stored, list(second.left)) == (days[50:150], days[:50])
    assert world.run(days[0], FRIDAY).stored == days[:50]
    assert world.run(days[0], FRIDAY).upstream_calls == 0
    assert world.keys(RAW)[0].startswith("raw/provider=hundred/endpoint=daily/ticker=AAPL/from=")
    assert world.rebuild().unchanged == 250  # from what was archived
    assert_twins_equal_the_table(world)


def test_a_market_whose_week_begins_on_a_sunday() -> None:
    monday = datetime(2026, 11, 23, 5, 10, tzinfo=UTC)
    sunday = date(2026, 11, 22)
    world = world_of(SAUDI, ("2222", "1120"), monday, BudgetWorld)
    report = world.run()
    assert report.failed == report.left == {}
    assert report.stored[-1] == sunday
    assert not {day.weekday() for day in report.stored} & SAUDI.weekend
    status = json.loads(answer(Question(STATUS, "", {}), world.store, SAUDI))
    assert status["Exchange"] == {"Mic": "XSAU", "TimeZone": "Asia/Riyadh", "Currency": "SAR"}
    assert status["NextSession"] == "2026-11-23"
    assert f"XSAU/local/{sunday}" in world.twin("feed.xml").decode()
    assert "SAR, open to close." in world.twin("feed.xml").decode()
    assert json.loads(world.twin("tickers/2222.json"))["Ticker"] == "2222"
    world.now += timedelta(days=1)
    assert world.run().stored == [date(2026, 11, 23)]


@pytest.mark.parametrize("ticker", ["M&M", "BAJAJ-AUTO", "20MICRONS"])
def test_tickers_of_the_indian_exchange_go_all_the_way(ticker: str) -> None:
    world = world_of(INDIA, (ticker, "SBIN"), datetime(2026, 11, 21, 5, 10, tzinfo=UTC), BudgetWorld)
    assert world.run().stored
    assert json.loads(world.twin(f"tickers/{ticker}.json"))["Ticker"] == ticker
    for path in (ticker, ticker.replace("&", "%26")):
        event = {"path": f"/tickers/{path}", "httpMethod": "GET", "headers": {}}
        assert respond(event, world.store, INDIA)["body"] == world.twin(f"tickers/{ticker}.json").decode()
    assert f"ticker={ticker}/" in "".join(world.keys(RAW))
    assert world.rebuild().unchanged == 7
    assert_twins_equal_the_table(world)


def test_the_splits_of_a_session_are_kept_and_come_back_from_the_raw_zone(world: World) -> None:
    world.watchlist = ("AAPL", "QCOM")  # which the tape splits within the window
    world.run()
    kept = {session.date: session.splits for session in sessions_of(world.store)}
    assert [splits for splits in kept.values() if splits] == [{"QCOM": Fraction(3, 2)}]
    for session in sessions_of(world.store):
        key = {"pk": {"S": "SESSIONS"}, "sk": {"S": str(session.date)}}
        world.dynamodb.delete_item(TableName=world.names.table, Key=key)
    report = world.run()
    assert (report.upstream_calls, len(report.mended)) == (0, 7)
    assert {session.date: session.splits for session in sessions_of(world.store)} == kept


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 429, "body": ""},
        {"status": 403, "body": '{"status":"NOT_AUTHORIZED","message":"not entitled"}'},
        {"status": 200, "body": '{"status":"OK","results":[{"ticker":"X","split_from":NaN}]}'},
        {"status": 200, "body": "<html>"},
    ],
    ids=str,
)
def test_splits_that_cannot_be_had_cost_no_session_and_little_time(
    world: World, fault: dict[str, Any]
) -> None:
    world.fail({"path": "/v3/reference/splits", **fault})
    report = world.run()
    assert (len(report.stored), report.failed, report.left) == (7, {}, {})
    assert sum(world.slept) < 65
    assert {session.splits for session in sessions_of(world.store)} == {None}
    world.fail()
    world.now += timedelta(hours=6)
    assert len(world.run().checked) == 7
    assert [session.splits for session in sessions_of(world.store)] == [{}] * 7  # asked for with the re-read
