import json
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from botocore.exceptions import ClientError

from api import documents, routes
from api.answers import Question, answer
from api.items import STATUS
from api.markets import US
from api.records import Bar
from ingest.calendar import Calendar, Overrides, load_calendar
from ingest.daily.pages import read
from ingest.daily.plan import RequestError
from ingest.daily.stored import gather
from ingest.daily.twins import tickers, twins
from ingest.lease import LeaseHeldError, Leases
from ingest.providers.asking import rate_window
from tests.conftest import TABLE
from tests.samples import bar
from tests.world import LIFE, RAW, SATURDAY, SITE, WATCHLIST, World, sessions_of

SEVEN = [date(2026, 11, day) for day in (12, 13, 16, 17, 18, 19, 20)]
TEN = load_calendar(US).latest(10, SEVEN[-1])  # more than a window: ranges are fewer calls
MONDAY = date(2026, 11, 23)
FRIDAY, THURSDAY = SEVEN[-1], SEVEN[-2]


def pairs(world: World) -> dict[str, bytes]:
    """The data that is published: what the API would answer, by the name of its twin, and what comes of it."""
    sessions = {
        routes.SESSION.key(mover.date): answer(
            Question(routes.SESSION, str(mover.date), {}), world.store, world.market
        )
        for mover in world.store.movers()
    }
    rows_of = {
        f"tickers/{symbol}.json": documents.ticker(symbol, rows)
        for symbol in world.watchlist
        if (rows := world.store.ticker(symbol, documents.TICKER_SESSIONS))
    }
    overview = {
        "movers.json": documents.movers(world.store.movers(7)),
        "history.json": documents.movers(world.store.movers()),
        "status.json": documents.status(world.store.status(), world.market),
    }
    told = [sessions[routes.SESSION.key(session.date)] for session in world.gathered().sessions]
    leaders = [(each["Date"], each["MoverByPreviousClose"]) for each in map(read, told)]
    measures = documents.render([{"Date": day, **leader} for day, leader in leaders if leader])
    return sessions | rows_of | overview | {"by-previous-close.json": measures}


def assert_twins_equal_the_table(world: World) -> None:
    published = {key: world.twin(key) for key in world.keys(SITE)}
    data = {key: body for key, body in published.items() if key.endswith(".json")}
    assert len(data) > 3
    assert data == pairs(world)
    stored = gather(world.store, dict, sys.maxsize).dated(world.calendar)
    made = twins(world.store, stored, tickers(stored, world.market), world.rules.channel)
    assert {**{twin.key: twin.body for twin in made}, "status.json": data["status.json"]} == published


def test_the_first_run_fills_seven_days(world: World) -> None:
    report = world.run()
    assert report.stored == SEVEN
    assert report.failed == report.left == {}
    # Whole days, one for each session, though six ranges would do; and one for the splits of all.
    assert report.upstream_calls == world.upstream_calls() == 8
    assert [mover.date for mover in world.store.movers()] == SEVEN[::-1]
    assert_twins_equal_the_table(world)
    assert len(world.keys(RAW)) == 8
    assert world.invalidations() == 1


def test_a_second_run_calls_and_writes_nothing(world: World) -> None:
    world.run()
    before = {key: world.twin(key) for key in world.keys(SITE)}
    world.now += timedelta(hours=1)
    report = world.run()
    assert report.upstream_calls == report.published == 0
    assert report.invalidation is None
    assert {key: world.twin(key) for key in world.keys(SITE)} == before


def test_the_winner_has_the_biggest_move_of_the_bars_that_were_served(world: World) -> None:
    world.run()
    for mover in world.store.movers():
        bars = world.tape.session(mover.date)
        moves = {ticker: abs(bars[ticker].close / bars[ticker].open - 1) for ticker in WATCHLIST}
        assert mover.ticker == max(moves, key=moves.__getitem__)
        assert abs(abs(mover.percent_change) - moves[mover.ticker] * 100) < Decimal("0.000001")


def test_a_week_hour_by_hour_costs_two_calls_a_session_and_one_re_read(world: World) -> None:
    """From a Saturday over Thanksgiving (closed) and the half day after it, to the next Saturday: a call for the bars
    of each session, one for its splits, one to look again.
    """
    world.watchlist = ("AAPL", "TSLA")
    world.settle()
    calls = Counter[date]()
    stored, checked, instants = list[date](), list[date](), dict[date, datetime]()
    for _ in range(7 * 24):
        world.now += timedelta(hours=1)
        before = world.upstream_calls()
        report = world.run()
        calls[world.now.date()] += world.upstream_calls() - before
        assert len(report.stored) * 2 + len(report.checked) == world.upstream_calls() - before <= 2
        stored += report.stored
        checked += report.checked
        instants |= dict.fromkeys(report.stored, world.now)
    assert stored == [date(2026, 11, day) for day in (23, 24, 25, 27)]
    assert checked == stored
    assert all((found.hour, found.minute) == (5, 10) for found in instants.values())  # 00:10 in New York
    assert set(calls.values()) == {0, 3}
    assert calls[date(2026, 11, 27)] == 0  # the day after the holiday
    assert sum(calls.values()) == 3 * len(stored)
    assert_twins_equal_the_table(world)


def test_a_long_outage_heals_whole(world: World) -> None:
    """What was missed is stored, what was last stored is read again, and a hole stays due until it is filled."""
    world.now = datetime(2026, 10, 1, 5, 10, tzinfo=UTC)
    world.run()
    hole = date(2026, 10, 20)
    good = world.tape.session(hole)["TSLA"]
    world.tape.edits = {(hole, "TSLA"): None, (date(2026, 9, 30), "AAPL"): bar("100", "200")}
    world.now = SATURDAY
    report = world.run()
    assert report.stored == [day for day in world.calendar.sessions(date(2026, 10, 1), FRIDAY) if day != hole]
    assert report.corrected == [date(2026, 9, 30)]
    assert set(report.failed) == {hole}
    assert json.loads(world.twin("status.json"))["Missing"] == ["2026-10-20"]
    world.tape.edits[hole, "TSLA"] = good
    world.now += timedelta(hours=1)
    assert world.run().stored == [hole]  # a new hole is worth a second call at once
    assert json.loads(world.twin("status.json"))["Missing"] == []


def test_an_outage_that_begins_with_the_very_first_run_heals_whole_too(world: World) -> None:
    world.now = datetime(2026, 10, 1, 5, 10, tzinfo=UTC)
    world.server.set_faults([{"status": 401}])
    first = sorted(world.run().failed)
    assert len(first) == 7
    world.server.set_faults([])
    world.now = SATURDAY
    assert world.run().stored == world.calendar.sessions(first[0], FRIDAY)


def test_a_session_is_behind_from_ten_hours_after_it_was_ready_until_it_is_stored(world: World) -> None:
    """Friday was ready at 00:05 on Saturday in New York, which is 05:05 UTC."""
    good = world.tape.session(FRIDAY)["TSLA"]
    world.tape.edits[FRIDAY, "TSLA"] = None
    assert world.run().behind == []
    world.now = datetime(2026, 11, 21, 15, 5, tzinfo=UTC)
    assert world.run().behind == []
    world.now += timedelta(minutes=1)
    assert world.run().behind == [FRIDAY]
    world.now += timedelta(days=30)
    world.run()
    assert world.run().behind == [FRIDAY]  # long out of the window, and still a hole
    world.tape.edits[FRIDAY, "TSLA"] = good
    world.now += timedelta(days=1)
    assert FRIDAY not in world.run().behind


def test_a_hole_that_was_no_session_after_all_is_forgotten(world: World) -> None:
    for ticker in WATCHLIST:
        world.tape.edits[THURSDAY, ticker] = None
    assert set(world.run().failed) == {THURSDAY}
    world.calendar = Calendar(US, Overrides(closed={THURSDAY: "day of mourning"}))
    assert world.run().failed == {}
    assert json.loads(world.twin("status.json"))["Missing"] == []


def test_one_damaged_row_fails_its_session_alone_whichever_calls_are_made(world: World) -> None:
    damaged = replace(world.tape.session(THURSDAY)["TSLA"], high=Decimal(10**12))
    world.tape.edits[THURSDAY, "TSLA"] = damaged
    report = world.run()
    assert report.stored == [day for day in SEVEN if day != THURSDAY]
    assert report.failed == {THURSDAY: "TSLA has an implausible number as h"}


def test_a_ticker_that_only_an_old_watchlist_holds_cannot_stop_the_new_one(world: World) -> None:
    world.watchlist = ("AAPL", "MSFT")
    world.run(TEN[0], FRIDAY)
    world.watchlist = ("TSLA",)
    world.now = datetime(2026, 11, 24, 11, 10, tzinfo=UTC)
    world.fail({"path": "/v2/aggs/ticker/MSFT/", "status": 404, "body": "{}"})
    report = world.run(TEN[0], MONDAY, again=True)
    assert report.stored == [MONDAY]
    assert set(report.failed) == set(TEN)


def test_only_the_newest_session_can_be_too_new(world: World) -> None:
    world.fail({"status": 403, "body": '{"message":"before end of day"}', "next": 1})
    report = world.run(TEN[0], FRIDAY)
    assert report.stored == TEN[:-1]
    assert set(report.left) == {FRIDAY}
    assert report.upstream_calls == 8


def test_a_hole_in_a_delayed_answer_is_a_failure_and_its_end_is_not(world: World) -> None:
    for ticker in WATCHLIST:
        world.tape.edits[THURSDAY, ticker] = None
        world.tape.edits[FRIDAY, ticker] = None
    rows = {ticker: world.tape.bars(ticker, TEN[0], FRIDAY) for ticker in WATCHLIST}
    bodies = {ticker: body_of(ticker, {**bars, SEVEN[1]: None}) for ticker, bars in rows.items()}
    world.fail(
        *({"path": f"/v2/aggs/ticker/{t}/", "status": 200, "body": body} for t, body in bodies.items())
    )
    report = world.run(TEN[0], FRIDAY)
    assert set(report.failed) == {SEVEN[1]}
    assert set(report.left) == {THURSDAY, FRIDAY}


def body_of(ticker: str, bars: Mapping[date, Bar | None]) -> str:
    """A range answer, cut at the present."""
    rows = [
        {
            "o": float(found.open),
            "h": float(found.high),
            "l": float(found.low),
            "c": float(found.close),
            "v": int(found.volume),
            "t": int(datetime.combine(day, time(), US.clock).timestamp()) * 1000,
        }
        for day, found in bars.items()
        if found
    ]
    return json.dumps({"ticker": ticker, "status": "DELAYED", "results": rows})


def test_nothing_is_expected_that_the_plan_does_not_serve(world: World) -> None:
    world.history_days = 7
    report = world.run()
    status = json.loads(world.twin("status.json"))
    assert [date.fromisoformat(day) for day in status["Expected"]] == report.stored[::-1]
    assert min(report.stored) >= date(2026, 11, 14)
    assert status["Missing"] == []


def test_an_answer_that_cannot_be_used_is_kept_all_the_same(world: World) -> None:
    world.settle()
    world.now = datetime(2026, 11, 24, 5, 10, tzinfo=UTC)
    kept = len(world.keys(RAW))
    world.fail({"status": 200, "body": '{"status":"OK","results":"none"}'})
    assert world.run().failed
    assert len(world.keys(RAW)) == kept + 1


@pytest.mark.parametrize("fault", ["missing", "impossible", "zero volume", "negative"])
def test_a_faulty_session_is_not_stored_while_the_others_are(world: World, fault: str) -> None:
    good = world.tape.session(THURSDAY)["TSLA"]
    world.tape.edits[THURSDAY, "TSLA"] = {
        "missing": None,
        "impossible": replace(good, high=good.low),
        "zero volume": replace(good, volume=Decimal(0)),
        "negative": replace(good, low=-good.low),
    }[fault]
    report = world.run()
    assert set(report.failed) == {THURSDAY}
    assert "TSLA" in report.failed[THURSDAY]
    assert report.stored == [day for day in SEVEN if day != THURSDAY]
    status = json.loads(world.twin("status.json"))
    assert status["Missing"] == ["2026-11-19"]
    assert status["AsOf"] == "2026-11-20"
    assert status["NextSession"] == "2026-11-23"
    assert_twins_equal_the_table(world)
    world.tape.edits.clear()
    assert world.run().stored == [THURSDAY]


def test_a_bar_of_another_date_fails_its_session(world: World) -> None:
    world.settle()
    world.now = datetime(2026, 11, 24, 5, 10, tzinfo=UTC)
    instants = dict.fromkeys(WATCHLIST, 1795467600000) | {"NVDA": 1795208400000}
    row = {"o": 1, "h": 1, "l": 1, "c": 1, "v": 9}
    rows = [{"T": ticker, **row, "t": instant} for ticker, instant in instants.items()]
    body = json.dumps({"status": "OK", "results": rows})
    world.fail({"status": 200, "body": body})
    report = world.run()
    assert report.failed[date(2026, 11, 23)] == "NVDA has the date 2026-11-20"
    assert report.stored == []


def test_an_empty_answer_on_a_session_day_fails_loudly(world: World) -> None:
    world.settle()
    world.now = datetime(2026, 11, 24, 5, 10, tzinfo=UTC)
    for results in ("", ',"results":[]', ',"results":null'):
        world.fail({"status": 200, "body": f'{{"status":"OK","resultsCount":0{results}}}'})
        assert "AAPL is missing" in world.run().failed[date(2026, 11, 23)]


def test_a_session_that_is_not_out_yet_is_left_without_failing(world: World) -> None:
    world.settle()
    world.now = datetime(2026, 11, 24, 5, 10, tzinfo=UTC)
    world.fail({"status": 403, "body": '{"message":"Attempted to request today\'s data before end of day."}'})
    report = world.run()
    assert set(report.left) == {date(2026, 11, 23)}
    assert report.failed == {}


def test_a_refused_key_stops_the_run_and_still_publishes(world: World) -> None:
    world.fail({"status": 401, "body": '{"status":"ERROR","error":"Unknown API Key"}'})
    report = world.run()
    assert list(report.failed) == SEVEN
    assert report.upstream_calls == 1  # five more would be refused as well
    assert json.loads(world.twin("status.json"))["AsOf"] is None
    assert json.loads(world.twin("movers.json")) == []


def test_a_range_cut_before_a_session_leaves_it_for_later(world: World) -> None:
    body = '{"ticker":"%s","status":"DELAYED","resultsCount":0}'
    world.fail(
        *(
            {"path": f"/v2/aggs/ticker/{ticker}/", "status": 200, "body": body % ticker}
            for ticker in WATCHLIST
        )
    )
    report = world.run(TEN[0], FRIDAY)
    assert list(report.left) == TEN
    assert report.failed == {}


def test_a_correction_raises_the_revision_and_republishes(world: World) -> None:
    world.run()
    old = world.store.session(FRIDAY)
    assert old
    loser = old[1].ranked()[-1][0]
    world.tape.edits[FRIDAY, loser] = bar("100", "200")
    world.now += timedelta(hours=6)
    report = world.run()
    assert report.corrected == [FRIDAY]
    assert len(report.checked) == 6
    mover, session = world.store.session(FRIDAY) or old
    assert (mover.ticker, mover.revision, session.revision) == (loser, 2, 2)
    assert (mover.recorded_at, mover.checked_at) == (world.now, world.now)
    assert json.loads(world.twin("movers.json"))[0]["Ticker"] == loser
    assert json.loads(world.twin(f"movers/{FRIDAY}.json"))["Revision"] == 2
    assert world.invalidations() == 2
    assert_twins_equal_the_table(world)
    world.now += timedelta(hours=12)
    assert world.run().upstream_calls == 0  # read again once, not for ever


def test_a_correction_that_loses_a_ticker_is_refused_once_and_loudly(world: World) -> None:
    world.run()
    before = world.store.session(FRIDAY)
    assert before
    world.tape.edits[FRIDAY, "AAPL"] = None
    world.now += timedelta(hours=6)
    report = world.run()
    assert report.failed[FRIDAY] == "kept as stored, because in the re-read AAPL is missing"
    assert world.store.session(FRIDAY) == (replace(before[0], checked_at=world.now), before[1])
    world.now += timedelta(hours=1)
    assert world.run().upstream_calls == 0


def test_a_new_watchlist_applies_forward(world: World) -> None:
    world.watchlist = ("AAPL", "MSFT")
    world.run()
    world.watchlist = ("TSLA",)
    world.now = datetime(2026, 11, 24, 11, 10, tzinfo=UTC)
    report = world.run()
    assert report.stored == [date(2026, 11, 23)]
    assert FRIDAY in report.checked  # judged by the two tickers it was recorded with
    assert [session.watchlist for session in sessions_of(world.store)[:2]] == [("TSLA",), ("AAPL", "MSFT")]
    assert {"tickers/AAPL.json", "tickers/TSLA.json"} <= set(world.keys(SITE))
    assert "tickers/GOOGL.json" not in world.keys(SITE)


def test_an_override_excuses_a_ticker_and_the_session_says_so(world: World) -> None:
    world.tape.edits[FRIDAY, "TSLA"] = None
    world.calendar = Calendar(US, Overrides(excused={FRIDAY: {"TSLA": "halted"}}))
    assert world.run().stored == SEVEN
    document = json.loads(world.twin(f"movers/{FRIDAY}.json"))
    assert document["Excused"] == {"TSLA": "halted"}
    assert "TSLA" not in [row["Ticker"] for row in document["Bars"]]
    assert_twins_equal_the_table(world)


def test_a_backfill_is_the_same_run_with_another_window(world: World) -> None:
    world.run()
    report = world.run(date(2026, 5, 1), date(2026, 5, 29), invalidate=False)
    assert report.invalidation is None
    assert report.stored == world.calendar.sessions(date(2026, 5, 1), date(2026, 5, 29))
    assert report.upstream_calls == 7  # a range for each ticker, and the splits of all those days
    assert_twins_equal_the_table(world)


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        (
            "2026-11-20",
            "2026-11-24",
            "2026-11-24 is not ready yet; the newest session that is ready is 2026-11-20",
        ),
        ("2026-11-20", "2026-11-19", "is after"),
        ("2020-01-02", "2026-11-19", "begins on 2024-11-21"),
        ("2026-11-14", "2026-11-15", "no session"),
    ],
)
def test_a_window_that_cannot_be_served_is_refused_before_anything_is_done(
    world: World, first: str, last: str, words: str
) -> None:
    with pytest.raises(RequestError, match=words):
        world.run(date.fromisoformat(first), date.fromisoformat(last))
    assert world.upstream_calls() == 0
    assert world.dynamodb.scan(TableName=TABLE)["Count"] == 0


def test_a_second_run_sees_the_lease_and_leaves(world: World) -> None:
    Leases(world.dynamodb, TABLE).take("other", world.now, LIFE)
    with pytest.raises(LeaseHeldError, match="run other is in progress, until 2026-11-21T05:26:00Z"):
        world.run()
    assert world.upstream_calls() == 0
    assert world.keys(SITE) == []


def test_a_dead_runs_lease_ends_and_the_next_compares_every_twin(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run before died after its transactions: an old session's twin is behind, and so is the CDN."""
    monkeypatch.setattr("ingest.daily.stored.LEAST_SESSIONS", 5)
    monkeypatch.setattr("ingest.daily.stored.MOST_BARS", 0)
    world.run()
    world.run(date(2026, 2, 9), date(2026, 2, 10))
    behind = "movers/2026-02-10.json"
    world.s3.put_object(Bucket=SITE, Key=behind, Body=b"an older revision")
    assert world.run().published == 0  # too old to be looked at without a reason
    Leases(world.dynamodb, TABLE).take("dead", world.now, LIFE)
    world.now += LIFE + timedelta(minutes=1)
    before = world.invalidations()
    report = world.run()
    assert report.published == 1
    assert world.invalidations() == before + 1
    assert_twins_equal_the_table(world)


def test_a_failure_while_publishing_frees_the_lease_and_is_mended_by_the_next_run(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.daily.twins.atom", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        world.run()
    monkeypatch.undo()
    assert "movers.json" not in world.keys(SITE)
    report = world.run()
    assert report.upstream_calls == 0
    assert report.invalidation
    assert_twins_equal_the_table(world)


def test_a_throttled_table_ends_a_run_before_its_first_upstream_call(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    put = world.dynamodb.put_item

    def refuse(**asked: Any) -> Any:
        if asked["Item"]["pk"] == {"S": STATUS}:
            raise ClientError({"Error": {"Code": "ThrottlingException"}}, "PutItem")
        return put(**asked)

    monkeypatch.setattr(world.dynamodb, "put_item", refuse)
    with pytest.raises(ClientError, match="Throttling"):
        world.run()
    assert world.upstream_calls() == 0


@pytest.mark.parametrize(
    "lost", ["movers.json", "history.json", "status.json", f"movers/{THURSDAY}.json", "tickers/TSLA.json"]
)
def test_a_lost_twin_is_mended(world: World, lost: str) -> None:
    world.run()
    world.s3.delete_object(Bucket=SITE, Key=lost)
    report = world.run()
    assert report.published == 1
    assert bool(report.invalidation) == (lost != "status.json")  # that alone is soon asked for again
    assert_twins_equal_the_table(world)


def test_a_twin_that_nothing_stands_behind_is_taken_away(world: World) -> None:
    world.run()
    world.s3.put_object(Bucket=SITE, Key="tickers/GONE.json", Body=b"{}")
    world.s3.put_object(Bucket=SITE, Key="index.html", Body=b"the page")
    world.run()
    assert "tickers/GONE.json" not in world.keys(SITE)
    assert "index.html" in world.keys(SITE)


def test_what_tells_of_the_newest_session_goes_next_to_last_and_the_status_last(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    put, keep = list[str](), world.s3.put_object

    def noted(**asked: Any) -> None:
        put.append(asked["Key"])
        keep(**asked)

    monkeypatch.setattr(world.s3, "put_object", noted)
    world.run()
    assert set(put[-4:-1]) == {"movers.json", "index.html", "badge.svg"}
    assert put[-1] == "status.json"


def test_429_waits_for_the_rest_of_the_window_and_goes_on(world: World) -> None:
    world.fail(
        {"status": 429, "body": "", "next": 1},
        {"status": 429, "headers": {"Retry-After": "7"}, "body": "", "next": 1},
    )
    report = world.run()
    assert report.stored == SEVEN
    assert sorted(world.slept) == [8, 61]


def test_what_does_not_fit_into_the_run_is_left_for_the_next(world: World) -> None:
    world.fail({"status": 429, "body": ""})
    report = world.run()
    assert list(report.left) == SEVEN
    assert "rate limit" in next(iter(report.left.values())) or "429" in next(iter(report.left.values()))
    assert sum(world.slept) < 800
    world.fail()
    assert world.run().stored == SEVEN


def test_ranges_that_would_not_fit_into_one_run_are_asked_day_by_day(world: World) -> None:
    world.calls_per_minute = 5
    world.watchlist = tuple(f"T{n}" for n in range(70))
    rate_window.cache_clear()
    report = world.run(date(2026, 3, 2), date(2026, 6, 30))
    rate_window.cache_clear()
    assert world.server.stats()["requests"]["grouped"]
    assert report.stored == []
