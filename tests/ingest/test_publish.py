import csv
import io
import json
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from xml.etree import ElementTree as ET

from api import resources
from ingest.feed import atom
from tests.ingest.conftest import SITE, World
from tests.samples import DAY, NIGHT, mover, session

ATOM = {"a": "http://www.w3.org/2005/Atom"}


def test_twins_carry_their_type_and_cache_life(world: World) -> None:
    world.run()
    types = {
        "movers.json": "application/json",
        "movers/2026-11-20.json": "application/json",
        "history.json": "application/json",
        "movers.csv": "text/csv; charset=utf-8",
        "feed.xml": "application/atom+xml; charset=utf-8",
    }
    for key, content_type in types.items():
        head = world.s3.head_object(Bucket=SITE, Key=key)
        assert head["ContentType"] == content_type
        assert head["CacheControl"] == resources.CACHE_CONTROL
        assert head["ETag"] == resources.etag(world.twin(key))


def test_the_csv_holds_every_winner_newest_first(world: World) -> None:
    world.run()
    rows = list(csv.DictReader(io.StringIO(world.twin("movers.csv").decode())))
    movers = json.loads(world.twin("movers.json"), parse_float=str, parse_int=str)
    assert rows == movers


def test_one_invalidation_covers_twins_answers_and_queries(world: World) -> None:
    world.run()
    listed = world.cloudfront.list_invalidations(DistributionId=world.distribution)["InvalidationList"][
        "Items"
    ]
    batch = world.cloudfront.get_invalidation(DistributionId=world.distribution, Id=listed[0]["Id"])
    paths = batch["Invalidation"]["InvalidationBatch"]["Paths"]["Items"]
    assert sorted(paths) == ["/feed.xml", "/history*", "/movers*", "/status*", "/tickers/*"]


def test_before_the_first_session_there_is_a_status_and_no_feed(world: World) -> None:
    world.fail({"status": 500, "body": ""})
    world.run()
    assert sorted(world.keys(SITE)) == ["history.json", "movers.csv", "movers.json", "status.json"]
    assert world.twin("movers.json") == world.twin("history.json") == b"[]"


def test_the_status_keeps_its_instant_while_it_says_the_same(world: World) -> None:
    world.run()
    before = world.twin("status.json")
    world.now += timedelta(hours=3)
    world.run()
    assert world.twin("status.json") == before
    world.now += timedelta(days=3)
    world.run()
    assert json.loads(world.twin("status.json"))["GeneratedAt"] == resources.instant(world.now)


def test_the_feed_is_atom_and_made_of_the_records_alone() -> None:
    movers = [mover(session(DAY - timedelta(days=n)), NIGHT - timedelta(days=n)) for n in range(40)]
    body = atom(movers, "https://movers.example")
    assert body == atom(movers, "https://movers.example")
    feed = ET.fromstring(body)  # noqa: S314 - our own bytes
    assert len(feed.findall("a:entry", ATOM)) == 30
    entry = feed.find("a:entry", ATOM)
    assert entry is not None
    assert entry.findtext("a:title", namespaces=ATOM) == "2026-02-10: TSLA -3.46 %"
    assert entry.findtext("a:updated", namespaces=ATOM) == "2026-02-11T05:10:09+00:00"
    assert feed.findtext("a:updated", namespaces=ATOM) == "2026-02-11T05:10:09+00:00"
    ids = [found.text for found in feed.findall("a:entry/a:id", ATOM)]
    assert ids[0] == "https://movers.example/movers/2026-02-10"
    assert len(set(ids)) == len(ids)


def test_a_move_that_rounds_to_nothing_has_no_minus_in_the_feed() -> None:
    still = replace(mover(session()), percent_change=Decimal("-0.004"))
    assert "TSLA +0.00 %" in atom([still], "https://movers.example").decode()
