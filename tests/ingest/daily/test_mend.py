"""Whatever is lost from the table or the bucket, the next run puts back without an upstream call, or names the cure."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from api.items import DamagedItemError
from ingest.daily.record import ThrottledError
from ingest.daily.replay import Replay
from ingest.daily.twins import LEAST_TURN
from tests.conftest import TABLE
from tests.ingest.daily.test_reconcile import FRIDAY, SEVEN, THURSDAY, assert_twins_equal_the_table
from tests.samples import bar
from tests.world import RAW, SITE, WATCHLIST, World, sessions_of

Key = tuple[str, str]


def items(world: World) -> dict[Key, dict[str, Any]]:
    found = world.dynamodb.scan(TableName=TABLE, ConsistentRead=True)["Items"]
    return {(item["pk"]["S"], item["sk"]["S"]): item for item in found}


def delete(world: World, *keys: Key) -> None:
    for pk, sk in keys:
        world.dynamodb.delete_item(TableName=TABLE, Key={"pk": {"S": pk}, "sk": {"S": sk}})


def whole(*days: date) -> list[Key]:
    return [(pk, str(day)) for day in days for pk in ("MOVERS", "SESSIONS")]


def files(world: World) -> dict[str, bytes]:
    return {key: world.twin(key) for key in world.keys(SITE)}


@pytest.fixture
def settled(world: World) -> World:
    world.settle()
    return world


TIMES = ("RecordedAt", "CheckedAt", "GeneratedAt", "Recorded")


def told(item: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in item.items() if name not in TIMES}


@pytest.mark.parametrize("kind", ["MOVERS", "SESSIONS", "TICKER#TSLA", "STATUS"])
@pytest.mark.parametrize("position", [0, -1])
def test_any_one_item_is_put_back_without_a_call(settled: World, kind: str, position: int) -> None:
    before, published = items(settled), files(settled)
    lost = [key for key in before if key[0] == kind][position]
    delete(settled, lost)
    report = settled.run()
    assert (report.failed, report.upstream_calls) == ({}, 0)
    assert {key: told(item) for key, item in items(settled).items()} == {
        key: told(item) for key, item in before.items()
    }
    assert files(settled).keys() == published.keys()
    assert_twins_equal_the_table(settled)
    settled.now += timedelta(hours=12)
    assert settled.run().upstream_calls == 0


def test_every_kind_of_item_has_been_lost_in_a_test(settled: World) -> None:
    kinds = {pk.partition("#")[0] for pk, _ in items(settled)}
    assert kinds == {"MOVERS", "SESSIONS", "TICKER", "STATUS"}  # the lease is given back by each run


@pytest.mark.parametrize("half", ["MOVERS", "SESSIONS"])
def test_an_item_of_an_older_revision_is_brought_to_the_newer_one(settled: World, half: str) -> None:
    old = items(settled)
    loser = sessions_of(settled.store)[0].ranked()[-1][0]
    settled.tape.edits[FRIDAY, loser] = bar("100", "200")
    settled.now += timedelta(hours=1)
    assert settled.run(FRIDAY, FRIDAY, again=True).corrected == [FRIDAY]
    settled.dynamodb.put_item(TableName=TABLE, Item=old[half, str(FRIDAY)])
    report = settled.run()
    assert (report.mended, report.failed, report.upstream_calls) == ([FRIDAY], {}, 0)
    mover, session = settled.store.session(FRIDAY) or (None, None)
    assert mover
    assert session
    assert (mover.ticker, mover.revision, session.revision) == (loser, 2, 2)
    assert_twins_equal_the_table(settled)


def test_a_session_that_only_its_file_speaks_of_is_stored_again(settled: World) -> None:
    delete(settled, *whole(SEVEN[0], THURSDAY))
    report = settled.run()
    assert (report.mended, report.failed, report.upstream_calls) == ([SEVEN[0], THURSDAY], {}, 0)
    assert_twins_equal_the_table(settled)


@pytest.mark.parametrize("lost", [[("SESSIONS", str(THURSDAY))], whole(THURSDAY)])
def test_what_the_raw_zone_does_not_have_fails_with_its_cure_and_stays_published(
    settled: World, lost: list[Key]
) -> None:
    published = files(settled)
    for key in settled.keys(RAW):
        settled.s3.delete_object(Bucket=RAW, Key=key)
    delete(settled, *lost)
    report = settled.run()
    assert f"`movers backfill --again --from {THURSDAY} --to {THURSDAY}`" in report.failed[THURSDAY]
    assert report.upstream_calls == 0
    assert published.keys() <= files(settled).keys()
    cured = settled.run(THURSDAY, THURSDAY, again=True)
    assert (cured.stored, cured.failed) == ([THURSDAY], {})
    assert settled.run().failed == {}
    assert_twins_equal_the_table(settled)


def test_a_lost_session_is_not_judged_by_another_watchlist_than_its_mover(settled: World) -> None:
    winner = settled.store.movers(1)[0].ticker
    settled.watchlist = tuple(ticker for ticker in WATCHLIST if ticker != winner)
    delete(settled, ("SESSIONS", str(FRIDAY)))
    report = settled.run()
    assert "--watchlist" in report.failed[FRIDAY]
    assert settled.store.movers(1)[0].ticker == winner


@pytest.mark.parametrize("also", [[], [("STATUS", "LATEST")]])
def test_a_record_that_shrank_is_a_failure_and_nothing_that_viewers_see_goes(
    settled: World, also: list[Key]
) -> None:
    """Fifty of sixty sessions are lost, the newest and the oldest of them."""
    days = settled.calendar.sessions(date(2026, 8, 28), FRIDAY)
    settled.run(days[0], FRIDAY)
    published = files(settled)
    lost = days[:25] + days[-25:]
    delete(settled, *whole(*lost), *also)
    report = settled.run()
    assert (report.kept, report.on_record) == (50, len(days) - 50)
    assert set(lost) <= set(report.failed)
    assert f"`movers rebuild --from {lost[0]} --to {lost[-1]} --apply`" in report.failed[lost[0]]
    assert report.upstream_calls == 0
    assert {**files(settled), "status.json": b""} == {**published, "status.json": b""}
    settled.rebuild(first=lost[0], last=lost[-1], apply=True)
    report = settled.run()
    assert (report.kept, report.failed, report.on_record) == (0, {}, len(days))
    assert_twins_equal_the_table(settled)


def test_ten_lost_twins_are_put_back(settled: World) -> None:
    published = files(settled)
    for key in sorted(published)[:10]:
        settled.s3.delete_object(Bucket=SITE, Key=key)
    report = settled.run()
    assert (report.published, report.upstream_calls) == (10, 0)
    assert files(settled) == published


def test_strays_go_a_handful_at_a_time(settled: World) -> None:
    strays = [f"tickers/{name}" for name in ("GONE.json", "a/b.json", "GONE.txt")]
    strays += [f"movers/{name}" for name in ("gone.json", "2026-02-30.json", "٢٠٢٦-02-10.json", "")]
    for key in strays:
        settled.s3.put_object(Bucket=SITE, Key=key, Body=b"{}")
    assert settled.run().kept == 0
    assert len({*strays} & {*settled.keys(SITE)}) == 2  # a handful a run
    settled.run()
    assert not {*strays} & {*settled.keys(SITE)}


def test_stale_and_wrong_ticker_rows_are_put_right(settled: World) -> None:
    good = items(settled)
    wrong = good["TICKER#TSLA", str(FRIDAY)] | {"Close": {"N": "1"}}
    settled.dynamodb.put_item(TableName=TABLE, Item=wrong)
    stray = {**wrong, "pk": {"S": "TICKER#IBM"}}
    settled.dynamodb.put_item(TableName=TABLE, Item=stray)
    settled.s3.put_object(Bucket=SITE, Key="tickers/IBM.json", Body=b"{}")
    for _ in range(len(WATCHLIST) // LEAST_TURN):
        settled.run()
        settled.now += timedelta(hours=1)
    assert items(settled) == good
    assert "tickers/IBM.json" not in settled.keys(SITE)


def test_a_release_without_ticker_rows_is_followed_by_one_that_writes_them_all(settled: World) -> None:
    good, published = items(settled), files(settled)
    for key, item in good.items():
        if key[0].startswith("TICKER#"):
            delete(settled, key)
        if key[0] == "SESSIONS":
            older = {name: value for name, value in item.items() if name != "Rows"}
            settled.dynamodb.put_item(TableName=TABLE, Item=older)
    settled.run()
    assert items(settled) == good
    assert files(settled) == published


GARBLED = [
    ("MOVERS", "PercentChange", {"S": "3.5"}),
    ("MOVERS", "RecordedAt", {"S": "yesterday"}),
    ("MOVERS", "Revision", None),
    ("SESSIONS", "Bars", {"M": {"AAPL": {"M": {"Open": {"N": "1"}}}}}),
    ("SESSIONS", "Watchlist", {"S": "AAPL"}),
    ("SESSIONS", "Winner", {"SS": ["AAPL"]}),
    ("TICKER#TSLA", "Close", {"S": "1"}),
    ("TICKER#TSLA", "Won", {"N": "1"}),
    ("STATUS", "Expected", None),
    ("STATUS", "GeneratedAt", {"N": "7"}),
]


@pytest.mark.parametrize(("pk", "name", "value"), GARBLED)
def test_a_garbled_item_is_named_with_the_way_out(
    settled: World, pk: str, name: str, value: dict[str, Any] | None
) -> None:
    before = files(settled)
    key = next(key for key in items(settled) if key[0] == pk)
    garbled = {**items(settled)[key], name: value}
    item = {name: value for name, value in garbled.items() if value is not None}
    settled.dynamodb.put_item(TableName=TABLE, Item=item)
    with pytest.raises(DamagedItemError, match=rf"{key[0]} / {key[1]} is damaged .*delete it"):
        settled.run()
    delete(settled, key)
    report = settled.run()
    assert (report.failed, report.upstream_calls) == ({}, 0)
    assert {key: len(body) for key, body in files(settled).items()}.keys() == before.keys()
    assert_twins_equal_the_table(settled)


def test_an_outage_whose_first_run_dies_still_leaves_every_hole_due(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stored before the outage; the newest comes, the middle does not, and the run dies before it has published."""
    world.now = datetime(2026, 10, 1, 5, 10, tzinfo=UTC)
    world.run()
    hole = date(2026, 10, 20)
    world.tape.edits[hole, "TSLA"] = None
    world.now = datetime(2026, 11, 21, 5, 10, tzinfo=UTC)
    monkeypatch.setattr("ingest.daily.reconcile.publish", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        world.run()
    monkeypatch.undo()
    world.run()
    assert json.loads(world.twin("status.json"))["Missing"] == [str(hole)]


def test_the_raw_zone_is_not_read_while_nothing_is_lost(
    settled: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Replay, "__init__", lambda *_: 1 / 0)
    assert settled.run().failed == {}


def test_what_is_taken_away_on_purpose_stays_away(settled: World) -> None:
    """Items and file of an old session, as the runbook has it."""
    first = date(2026, 11, 2)
    settled.run(first, FRIDAY)
    delete(settled, *whole(first))
    settled.s3.delete_object(Bucket=SITE, Key=f"movers/{first}.json")
    assert settled.run().failed == {}
    assert ("TICKER#TSLA", str(first)) not in items(settled)
    assert str(first) not in settled.twin("tickers/TSLA.json").decode()
    assert_twins_equal_the_table(settled)


def test_a_rebuild_for_another_watchlist_leaves_no_file_of_the_one_before(settled: World) -> None:
    others = sorted(settled.tape.tickers - {*WATCHLIST})[:2]
    settled.now += timedelta(hours=1)
    for day in SEVEN:
        settled.archive(day)
    settled.rebuild(*others, apply=True)
    settled.watchlist = (*others,)
    assert [settled.run().failed for _ in range(2)] == [{}, {}]
    assert {key for key in settled.keys(SITE) if key.startswith("tickers/")} == {
        f"tickers/{ticker}.json" for ticker in others
    }


def test_a_rebuild_that_leaves_a_session_unjudged_is_published(world: World) -> None:
    world.tape.edits[THURSDAY, "TSLA"] = None
    world.run()
    report = world.rebuild(first=SEVEN[0], last=FRIDAY, apply=True)
    assert set(report.unjudged) == {THURSDAY}
    assert_twins_equal_the_table(world)


def test_refused_rows_are_written_again_and_not_for_ever(
    settled: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    paused = list[float]()
    monkeypatch.setattr("ingest.daily.record.time.sleep", paused.append)
    client = settled.store.client
    taken = client.batch_write_item
    rows = settled.store.ticker("TSLA", 3)

    def half(**request: Any) -> Any:
        asked = request["RequestItems"][TABLE]
        taken(RequestItems={TABLE: asked[:1]})
        return {"UnprocessedItems": {TABLE: asked[1:]} if asked[1:] else {}}

    monkeypatch.setattr(client, "batch_write_item", half)
    settled.store.write_rows(rows)
    assert len(paused) == 2
    monkeypatch.setattr(
        client, "batch_write_item", lambda **asked: {"UnprocessedItems": asked["RequestItems"]}
    )
    with pytest.raises(ThrottledError):
        settled.store.write_rows(rows)
