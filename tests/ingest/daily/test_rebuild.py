"""Recomputing sessions from the raw zone: which answer decides, what changes, and what stays."""

import gzip
import itertools
import json
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from weakref import WeakSet

import pytest

from api.markets import US
from ingest.calendar import Calendar, Overrides
from ingest.daily.plan import RequestError
from ingest.daily.rebuild import RebuildRequest, rebuild
from ingest.lease import LeaseHeldError, Leases
from ingest.providers.reading import json_object
from tests.conftest import TABLE
from tests.ingest.daily.test_reconcile import FRIDAY, SEVEN, TEN, THURSDAY, assert_twins_equal_the_table
from tests.samples import bar
from tests.world import LIFE, RAW, SITE, WATCHLIST, World, sessions_of


def everything(world: World) -> tuple[Any, dict[str, bytes]]:
    items = world.dynamodb.scan(TableName=TABLE)["Items"]
    return items, {key: world.twin(key) for key in world.keys(SITE)}


def forget_the_table(world: World) -> None:
    for item in world.dynamodb.scan(TableName=TABLE)["Items"]:
        world.dynamodb.delete_item(TableName=TABLE, Key={name: item[name] for name in ("pk", "sk")})


def losers(world: World, day: date) -> list[str]:
    found = world.store.session(day)
    assert found
    return [ticker for ticker, _ in found[1].ranked()][1:]


def test_what_was_stored_from_the_answers_is_unchanged(world: World) -> None:
    world.settle()
    before, calls = everything(world), world.upstream_calls()
    for apply in (False, True):
        report = world.rebuild(apply=apply)
        assert report.unchanged == 7
        assert (report.added, report.changed, report.unjudged, report.left) == ({}, {}, {}, [])
        assert (report.published, report.invalidation) == (0, None)
    assert world.upstream_calls() == calls
    assert everything(world) == before


def test_a_dry_run_tells_what_would_change_and_only_reads(world: World) -> None:
    world.run()
    Leases(world.dynamodb, TABLE).take("other", world.now, LIFE)  # which it needs not
    before, invalidations = everything(world), world.invalidations()
    second = losers(world, FRIDAY)[0]
    report = world.rebuild(second)
    assert not report.applied
    change = report.changed[FRIDAY]
    assert (change.old.ticker, change.new.ticker, change.revision) == (
        world.store.movers(1)[0].ticker,
        second,
        2,
    )
    assert everything(world) == before
    assert world.invalidations() == invalidations


def test_another_watchlist_is_given_its_past_and_viewers_see_it(world: World) -> None:
    world.run()
    calls = world.upstream_calls()
    world.now += timedelta(hours=1)
    report = world.rebuild("TSLA", "NVDA", apply=True)
    assert list(report.changed) == SEVEN
    assert {session.watchlist for session in sessions_of(world.store)} == {("TSLA", "NVDA")}
    for mover in world.store.movers():
        assert mover.ticker == report.changed[mover.date].new.ticker
        assert mover.percent_change == report.changed[mover.date].new.percent_change
        assert mover.revision == 2
    assert world.invalidations() == 2
    assert_twins_equal_the_table(world)
    assert json.loads(world.twin("status.json"))["Watchlist"] == list(WATCHLIST)  # still the deployed one
    assert world.upstream_calls() == calls


def test_each_session_is_judged_by_the_watchlist_it_was_recorded_with_a_new_one_by_the_deployed(
    world: World,
) -> None:
    world.watchlist = ("AAPL", "MSFT")
    world.run(*SEVEN[:3:2])
    world.archive(FRIDAY)
    world.watchlist = ("TSLA", "NVDA")
    report = world.rebuild(apply=True)
    assert report.watchlist is None
    assert (report.unchanged, report.changed, list(report.added)) == (3, {}, [FRIDAY])
    watched = {session.date: session.watchlist for session in sessions_of(world.store)}
    assert watched == dict.fromkeys(SEVEN[:3], ("AAPL", "MSFT")) | {FRIDAY: ("TSLA", "NVDA")}


def test_a_correction_keeps_the_watchlist_that_the_session_was_recorded_with(world: World) -> None:
    world.watchlist = ("AAPL", "MSFT")
    world.run()
    world.watchlist = ("TSLA", "NVDA")
    world.tape.edits[FRIDAY, "AAPL"] = bar("100", "300")
    world.now += timedelta(days=1)
    world.archive(FRIDAY)
    report = world.rebuild(apply=True)
    assert list(report.changed) == [FRIDAY]
    assert report.changed[FRIDAY].new.ticker == "AAPL"
    assert {session.watchlist for session in sessions_of(world.store)} == {("AAPL", "MSFT")}


def test_a_change_of_other_bars_than_the_winners_says_whose(world: World) -> None:
    world.run()
    loser = losers(world, FRIDAY)[-1]
    world.tape.edits[FRIDAY, loser] = bar("100", "100.01")
    world.now += timedelta(days=1)
    world.archive(FRIDAY)
    change = world.rebuild().changed[FRIDAY]
    assert change.old == change.new
    assert change.difference == f"other bar or excuse: {loser}"


def test_days_of_which_only_answers_about_unwatched_tickers_are_kept_are_not_missed(world: World) -> None:
    world.archive(SEVEN[0], FRIDAY, "NVDA")
    world.watchlist = ("AAPL", "MSFT")
    report = world.rebuild()
    assert (report.added, report.unjudged) == ({}, {})
    assert list(world.rebuild("NVDA").added) == SEVEN


def test_the_file_of_an_old_session_that_differs_from_the_table_is_put_also_where_nothing_else_is_to_do(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    days = world.calendar.sessions(date(2026, 9, 1), FRIDAY)
    world.run(days[0], FRIDAY)
    world.history_days = 30
    monkeypatch.setattr("ingest.daily.stored.MOST_BARS", 0)
    key = f"movers/{days[0]}.json"
    right = world.twin(key)
    world.s3.put_object(Bucket=SITE, Key=key, Body=b"{}")
    world.run()
    assert world.twin(key) == b"{}"  # a run does not look back so far
    report = world.rebuild(first=days[0], last=days[3], apply=True)
    assert (report.unchanged, report.published) == (4, 1)
    assert report.invalidation
    assert world.twin(key) == right


def test_a_smaller_watchlist_is_a_change_also_where_the_winner_stays(world: World) -> None:
    world.run()
    kept = [ticker for ticker in WATCHLIST if ticker != losers(world, FRIDAY)[-1]]
    change = world.rebuild(*kept, apply=True, first=FRIDAY, last=FRIDAY).changed[FRIDAY]
    assert change.old == change.new
    assert change.difference == f"left: {(set(WATCHLIST) - set(kept)).pop()}"
    found = world.store.session(FRIDAY)
    assert found
    assert (found[1].revision, list(found[1].watchlist)) == (2, kept)


def test_another_order_of_the_watchlist_is_a_change_for_it_decides_a_tie(world: World) -> None:
    world.watchlist = ("AAPL", "MSFT")
    world.tape.edits = {(FRIDAY, "AAPL"): bar("100", "200"), (FRIDAY, "MSFT"): bar("50", "100")}
    world.run(FRIDAY, FRIDAY)
    change = world.rebuild("MSFT", "AAPL", apply=True).changed[FRIDAY]
    assert change.difference == "watchlist in a different order"
    assert (change.old.ticker, change.new.ticker) == ("AAPL", "MSFT")
    assert world.rebuild("MSFT", "AAPL").unchanged == 1


def test_a_lost_table_is_filled_again_from_the_raw_zone(world: World) -> None:
    world.run()
    world.archive(date(2026, 11, 6))
    movers, calls = world.store.movers(), world.upstream_calls()
    forget_the_table(world)
    world.now += timedelta(hours=1)
    report = world.rebuild(apply=True)
    assert list(report.added) == [date(2026, 11, 6), *SEVEN]
    assert [replace(mover, recorded_at=world.now) for mover in movers] == world.store.movers(7)
    assert world.upstream_calls() == calls
    assert_twins_equal_the_table(world)


def test_recorded_is_when_it_was_written_and_checked_is_when_the_provider_was_asked_again(
    world: World,
) -> None:
    world.settle()
    checked = world.now
    world.now += timedelta(days=1)
    world.rebuild("TSLA", apply=True)
    assert {(mover.recorded_at, mover.checked_at) for mover in world.store.movers()} == {(world.now, checked)}


def test_the_newest_answer_decides(world: World) -> None:
    world.run()
    loser = losers(world, FRIDAY)[-1]
    good = world.tape.session(FRIDAY)[loser]
    for night, found in enumerate((bar("100", "300"), bar("100", "200")), 1):
        world.now += timedelta(days=night)
        world.tape.edits[FRIDAY, loser] = found
        world.archive(FRIDAY)
    change = world.rebuild(apply=True).changed[FRIDAY]
    assert (change.new.ticker, change.new.percent_change) == (loser, Decimal(100))
    world.tape.edits[FRIDAY, loser] = good
    world.now += timedelta(days=1)
    world.archive(FRIDAY)
    assert world.rebuild().changed[FRIDAY].new == change.old


def test_a_ticker_missing_from_the_newest_answer_leaves_the_session_as_it_is(world: World) -> None:
    world.run()
    before = world.store.session(FRIDAY)
    world.tape.edits[FRIDAY, "TSLA"] = None
    world.now += timedelta(days=1)
    world.archive(FRIDAY)
    report = world.rebuild("TSLA", "NVDA", apply=True)
    assert report.unjudged == {FRIDAY: "TSLA is missing from the newest archived answer"}
    assert list(report.changed) == SEVEN[:-1]
    assert world.store.session(FRIDAY) == before


def test_of_the_days_around_its_bars_an_answer_about_a_range_says_nothing(world: World) -> None:
    """A page of several, or one cut at the present, is silent about the others; a hole between its bars is not."""
    world.run()
    for day in (SEVEN[0], SEVEN[2], FRIDAY):
        world.tape.edits[day, "TSLA"] = None
    world.now += timedelta(days=1)
    world.archive(SEVEN[0], FRIDAY, "TSLA")
    report = world.rebuild()
    assert report.unjudged == {SEVEN[2]: "TSLA is missing from the newest archived answer"}
    assert report.unchanged == 6


def test_a_ticker_of_which_no_answer_speaks_is_named(world: World) -> None:
    world.watchlist = ("AAPL", "MSFT")
    world.run(TEN[0], FRIDAY)
    report = world.rebuild("AAPL", "TSLA", apply=True)
    assert report.unjudged == dict.fromkeys(TEN, "TSLA is in no archived answer")
    assert world.store.movers()[0].revision == 1


def test_an_answer_with_the_whole_market_gives_a_past_to_tickers_nobody_asked_for(world: World) -> None:
    world.watchlist = ("AAPL", "MSFT")
    world.run(FRIDAY, FRIDAY)
    report = world.rebuild("TSLA", "NVDA", apply=True)
    assert list(report.changed) == [FRIDAY]
    assert report.changed[FRIDAY].new.ticker in ("TSLA", "NVDA")


def test_an_insane_bar_leaves_the_session_as_it_is(world: World) -> None:
    world.run()
    good = world.tape.session(FRIDAY)["TSLA"]
    world.tape.edits[FRIDAY, "TSLA"] = replace(good, high=good.low)
    world.now += timedelta(days=1)
    world.archive(FRIDAY)
    assert "TSLA has impossible prices" in world.rebuild(apply=True).unjudged[FRIDAY]


def test_an_excused_ticker_needs_no_answer(world: World) -> None:
    world.watchlist = ("AAPL", "MSFT")
    world.run(TEN[0], FRIDAY)
    world.calendar = Calendar(US, Overrides(excused={FRIDAY: {"TSLA": "halted"}}))
    report = world.rebuild("AAPL", "TSLA", apply=True)
    assert list(report.changed) == [FRIDAY]
    assert report.changed[FRIDAY].difference == "joined: TSLA; left: MSFT"
    assert json.loads(world.twin(f"movers/{FRIDAY}.json"))["Excused"] == {"TSLA": "halted"}


@pytest.mark.parametrize("lost", ["MOVERS", "SESSIONS"])
def test_half_a_session_is_joined_again(world: World, lost: str) -> None:
    world.run()
    world.dynamodb.delete_item(TableName=TABLE, Key={"pk": {"S": lost}, "sk": {"S": str(THURSDAY)}})
    report = world.rebuild(apply=True)
    assert set(report.added if lost == "MOVERS" else report.changed) == {THURSDAY}
    assert report.unchanged == 6
    assert_twins_equal_the_table(world)
    assert world.run().mended == []


def test_what_is_no_answer_is_named_and_an_older_answer_speaks(world: World) -> None:
    world.run()
    world.now += timedelta(days=1)
    world.tape.edits[FRIDAY, "TSLA"] = bar("100", "300")
    broken = world.archive(FRIDAY)
    world.s3.put_object(Bucket=RAW, Key=broken, Body=b"broken")
    bad = {
        '{"status":"OK","results":"none"}': "Massive's results are not a list of rows",
        '{"status":"ERROR","error":"oops"}': "Massive answered 200 with status ERROR: oops",
        "<html>": "Massive answered 200 with 6 bytes that are not a JSON object: b'<html>'",
    }
    unusable = {}
    for day, (body, reason) in zip(SEVEN, bad.items(), strict=False):
        world.fail({"status": 200, "body": body})
        key = world.archive(day)
        assert gzip.decompress(world.s3.get_object(Bucket=RAW, Key=key)["Body"].read()) == body.encode()
        unusable[key] = reason
    world.s3.put_object(Bucket=RAW, Key="raw/provider=massive/notes.txt", Body=b"")
    report = world.rebuild()
    assert report.unchanged == 7
    assert report.damaged == {
        "raw/provider=massive/notes.txt": "its name isn't that of an archived response",
        broken: "it can't be unpacked: Not a gzipped file (b'br')",
        **unusable,
    }


def test_the_days_asked_for_are_judged_and_no_others(world: World) -> None:
    world.run()
    assert list(world.rebuild("TSLA", first=SEVEN[1], last=SEVEN[3]).changed) == SEVEN[1:4]
    assert list(world.rebuild("TSLA", first=SEVEN[5]).changed) == SEVEN[5:]
    assert list(world.rebuild("TSLA", last=SEVEN[1]).changed) == SEVEN[:2]


def test_a_session_asked_for_by_name_is_told_of_though_nothing_is_known_of_it(world: World) -> None:
    world.run()
    unknown = date(2026, 11, 11)
    assert unknown not in world.rebuild().unjudged
    report = world.rebuild("TSLA", first=unknown, last=SEVEN[0])
    assert report.unjudged == {unknown: "TSLA is in no archived answer"}


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [("2026-11-20", "2026-11-24", "not ready yet"), ("2026-11-20", "2026-11-19", "is after")],
)
def test_days_that_cannot_be_had_are_refused(world: World, first: str, last: str, words: str) -> None:
    with pytest.raises(RequestError, match=words):
        world.rebuild(first=date.fromisoformat(first), last=date.fromisoformat(last), apply=True)
    assert world.parts.leases.read() == {}  # no lease was taken


def test_what_there_is_no_time_for_is_left_and_what_was_done_is_published(world: World) -> None:
    world.run()
    seconds = itertools.chain([9.0, 5.0, 1.0], itertools.repeat(0.3))
    parts = replace(world.parts, time_left=lambda: next(seconds))
    request = RebuildRequest("run", watchlist=("TSLA",), apply=True)
    report = rebuild(parts, world.rules, request, world.now, LIFE)
    assert list(report.changed) == SEVEN[:3]  # to publish these takes the rest
    assert report.left == SEVEN[3:]
    assert report.published
    assert report.invalidation
    assert_twins_equal_the_table(world)


def test_one_writer_at_a_time(world: World) -> None:
    world.run()
    Leases(world.dynamodb, TABLE).take("other", world.now, LIFE)
    before = everything(world)
    with pytest.raises(LeaseHeldError, match="run other is in progress"):
        world.rebuild("TSLA", apply=True)
    assert everything(world) == before


def test_a_rebuild_that_dies_while_publishing_is_mended_by_the_next_run(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.run()
    monkeypatch.setattr("ingest.daily.twins.atom", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        world.rebuild("TSLA", apply=True)
    monkeypatch.undo()
    assert world.run().invalidation
    assert_twins_equal_the_table(world)


class Document(dict[str, Any]):
    """A JSON object that can be watched."""

    __hash__ = object.__hash__  # type: ignore[assignment]


def test_never_is_more_than_one_answer_held(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for day in SEVEN:
        world.archive(day)
    alive, most = WeakSet[Document](), 0

    def watched(body: bytes) -> Document:
        nonlocal most
        alive.add(document := Document(json_object(body)))
        most = max(most, len(alive))
        return document

    monkeypatch.setattr("ingest.providers.json_object", watched)
    assert len(world.rebuild("TSLA").added) == 7
    assert most == 1
