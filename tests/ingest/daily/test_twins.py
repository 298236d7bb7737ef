import csv
import io
import json
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from xml.etree import ElementTree as ET

import pytest

from api import documents, routes
from api.markets import US
from api.records import Mover, instant
from api.vendors import MASSIVE
from ingest.calendar import load_calendar
from ingest.daily.feed import Channel, atom
from ingest.daily.twins import overview
from tests.contract import SPEC
from tests.samples import DAY, NIGHT, mover, session
from tests.world import SITE, World

ATOM = {"a": "http://www.w3.org/2005/Atom"}


def test_twins_carry_their_type_and_cache_life(world: World) -> None:
    world.run()
    types = {
        "movers.json": "application/json",
        "movers/2026-11-20.json": "application/json",
        "history.json": "application/json",
        "movers.csv": "text/csv; charset=utf-8",
        "feed.xml": "application/xml; charset=utf-8",
    }
    for key, content_type in types.items():
        head = world.s3.head_object(Bucket=SITE, Key=key)
        assert head["ContentType"] == content_type
        assert head["CacheControl"] == routes.DAILY
        assert head["ETag"] == documents.etag(world.twin(key))


def test_the_csv_holds_every_winner_newest_first(world: World) -> None:
    world.run()
    rows = list(csv.DictReader(io.StringIO(world.twin("movers.csv").decode())))
    movers = json.loads(world.twin("movers.json"), parse_float=str, parse_int=str)
    assert rows == movers


def test_pandas_reads_every_ticker_of_the_csv_as_the_description_says() -> None:
    import pandas  # type: ignore[import-untyped]  # takes a second: only where it is needed

    call = 'pandas.read_csv("movers.csv", keep_default_na=False)'
    assert f"`{call}`" in SPEC["info"]["description"]
    tickers = ["NA", "NAN", "NULL", "TRUE", "INF"]
    movers = [replace(mover(session()), ticker=ticker) for ticker in tickers]
    files = {twin.key: twin.body for twin in overview(movers, CHANNEL)}
    table = pandas.read_csv(io.BytesIO(files["movers.csv"]), keep_default_na=False)
    assert list(table["Ticker"]) == tickers
    assert list(table["ClosingPrice"]) == [241.345678] * len(tickers)


def test_one_invalidation_of_one_path_covers_everything(world: World) -> None:
    world.run()
    listed = world.cloudfront.list_invalidations(DistributionId=world.distribution)["InvalidationList"][
        "Items"
    ]
    batch = world.cloudfront.get_invalidation(DistributionId=world.distribution, Id=listed[0]["Id"])
    paths = batch["Invalidation"]["InvalidationBatch"]["Paths"]["Items"]
    assert paths == ["/*"]


def test_before_the_first_session_everything_is_there_and_empty(world: World) -> None:
    world.fail({"status": 500, "body": ""})
    world.run()
    data = {"feed.xml", "history.json", "movers.csv", "movers.json", "by-previous-close.json", "status.json"}
    assert {*world.keys(SITE)} == {*data, routes.INDEX.key, *(page.key for page in routes.FIXED)}
    assert b"No data yet" in world.twin("index.html")
    assert world.twin("movers.json") == world.twin("history.json") == b"[]"
    assert world.twin("feed.xml") == atom([], world.rules.channel)


def test_the_status_keeps_its_instant_while_it_says_the_same(world: World) -> None:
    world.run()
    before = world.twin("status.json")
    world.now += timedelta(hours=3)
    world.run()
    assert world.twin("status.json") == before
    world.now += timedelta(days=3)
    world.run()
    assert json.loads(world.twin("status.json"))["GeneratedAt"] == instant(world.now)


CHANNEL = Channel("prod", "https://movers.example", US, load_calendar(US).close_at, {}, MASSIVE.title)
FEED = [mover(session(DAY - timedelta(days=n)), NIGHT - timedelta(days=n)) for n in range(40)]


def read(movers: list[Mover], channel: Channel = CHANNEL) -> ET.Element:
    return ET.fromstring(atom(movers, channel))  # noqa: S314 - our own bytes


def texts(feed: ET.Element, path: str) -> list[str | None]:
    return [found.text for found in feed.findall(path, ATOM)]


def test_the_feed_is_made_of_the_records_alone() -> None:
    assert atom(FEED, CHANNEL) == atom(FEED, CHANNEL)
    feed = read(FEED)
    assert len(feed.findall("a:entry", ATOM)) == 30
    assert texts(feed, "a:entry/a:title")[0] == "2026-02-10: TSLA -3.46 %"
    assert texts(feed, "a:entry/a:updated")[0] == texts(feed, "a:updated")[0] == "2026-02-11T05:10:09+00:00"


@pytest.mark.parametrize("movers", [FEED, FEED[:1], []], ids=["full", "one entry", "empty"])
def test_the_feed_is_sound_atom(movers: list[Mover]) -> None:
    """What RFC 4287 demands of a feed and of each entry (4.1.1, 4.1.2), of ids, of instants and of links."""
    feed = read(movers)
    assert feed.tag == f"{{{ATOM['a']}}}feed"
    assert len(texts(feed, "a:author/a:name")) == 1
    assert feed.find("a:link[@rel='self']", ATOM) is not None
    for each in (feed, *feed.findall("a:entry", ATOM)):
        assert [len(each.findall(f"a:{name}", ATOM)) for name in ("id", "title", "updated")] == [1, 1, 1]
        links = [(link.get("rel"), link.get("type")) for link in each.findall("a:link", ATOM)]
        assert len(set(links)) == len(links)
    instants = texts(feed, ".//a:updated") + texts(feed, ".//a:published")
    assert all(datetime.fromisoformat(str(text)).tzinfo for text in instants)
    ids = texts(feed, ".//a:id")
    assert len(set(ids)) == len(ids) == len(movers[:30]) + 1


def test_without_entries_the_feed_is_as_old_as_its_name_whenever_it_is_made() -> None:
    feed = read([])
    assert texts(feed, "a:updated") == ["2026-01-01T00:00:00+00:00"]
    assert str(texts(feed, "a:id")[0]).startswith("tag:daily-mover,2026:")


@pytest.mark.parametrize(
    ("day", "closed"),
    [
        ("2026-11-20", "2026-11-20T21:00:00+00:00"),
        ("2026-07-01", "2026-07-01T20:00:00+00:00"),
        ("2026-11-27", "2026-11-27T18:00:00+00:00"),
    ],
    ids=["winter", "summer", "early close"],
)
def test_an_entry_is_published_when_its_session_closes(day: str, closed: str) -> None:
    feed = read([mover(session(date.fromisoformat(day)))])
    (published,) = texts(feed, "a:entry/a:published")
    assert published == closed


def test_ids_stay_whatever_the_address_and_differ_from_stage_to_stage() -> None:
    moved = replace(CHANNEL, site_url="https://d111.cloudfront.example")
    other = replace(CHANNEL, stage="dev")
    ids, as_moved, of_other = (texts(read(FEED, each), ".//a:id") for each in (CHANNEL, moved, other))
    assert ids == as_moved
    assert ids[:2] == ["tag:daily-mover,2026:XNYS/prod", "tag:daily-mover,2026:XNYS/prod/2026-02-10"]
    assert set(ids).isdisjoint(of_other)


def test_a_correction_is_the_same_entry_updated() -> None:
    corrected = replace(FEED[0], ticker="AAPL", revision=2, recorded_at=NIGHT + timedelta(days=1))
    before, after = read(FEED), read([corrected, *FEED[1:]])
    assert texts(before, ".//a:id") == texts(after, ".//a:id")
    assert texts(before, "a:updated") < texts(after, "a:updated")


def test_an_entry_leads_to_the_days_page_and_to_its_json() -> None:
    links = read(FEED).findall("a:entry", ATOM)[0].findall("a:link", ATOM)
    assert [link.attrib for link in links] == [
        {"rel": "alternate", "href": "https://movers.example/days/2026-02-10.html"},
        {
            "rel": "alternate",
            "type": "application/json",
            "href": "https://movers.example/movers/2026-02-10.json",
        },
    ]


def test_a_move_that_rounds_to_nothing_has_no_minus_in_the_feed() -> None:
    still = replace(mover(session()), percent_change=Decimal("-0.004"))
    assert "TSLA +0.00 %" in atom([still], CHANNEL).decode()
