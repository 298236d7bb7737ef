"""The documents: whatever a name says it stays text, and each is made again when something that it tells changes."""

import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from api import routes
from api.markets import INDIA, US
from api.records import Row
from ingest.calendar import load_calendar
from ingest.daily import pages
from ingest.daily.feed import Channel
from ingest.daily.pages import SITE as FOLDER
from ingest.daily.pages import Pages, spark
from ingest.daily.twins import overview, session_twin
from tests.ingest.daily.test_reconcile import FRIDAY, SEVEN, THURSDAY, assert_twins_equal_the_table
from tests.samples import bar, mover, session
from tests.world import World

HOSTILE = "<script>alert(1)</script> \"' onload=x & {{ 7 * 7 }} \u202eevil\u202c " + "W" * 300
CHANNEL = Channel("prod", "https://movers.example", US, load_calendar(US).close_at, {}, "M")


class Structure(HTMLParser):
    """What a browser makes of a document, without its texts; and those."""

    def __init__(self, document: str) -> None:
        super().__init__()
        self.elements = list[tuple[str, tuple[str, ...]]]()
        self.said = list[str]()
        self.feed(document)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, tuple(name for name, _ in attrs)))
        self.said += (value or "" for _, value in attrs)

    def handle_data(self, data: str) -> None:
        self.said.append(data)


def documents(channel: Channel, ticker: str = "TSLA", reason: str = "") -> Iterator[str]:
    """The front page, and that of a session in which MSFT has been left out."""
    of = session()
    bars = {each: found for each, found in of.bars.items() if each != "MSFT"}
    bars[ticker] = bar("200", "241.345678")
    of = replace(of, bars=bars, watchlist=(*of.watchlist, ticker), excused={"MSFT": reason})
    made = session_twin(mover(of), of, None, ()).body
    movers = list(overview([mover(of)], channel))[-1].body
    for page in (Pages(channel).latest(movers, made), Pages(channel).day(made, None, None)):
        yield page.body.decode()


def test_nothing_in_a_template_goes_round_the_escaping_or_the_policy() -> None:
    """Which is on for every one of them, also for those that are included."""
    for template in (FOLDER / "templates").iterdir():
        text = template.read_text()
        assert not re.search(r"\|\s*safe\b|Markup|autoescape|{%-?\s*raw|\bstyle=|\son\w+=", text), template
    assert Pages(CHANNEL)._templates.autoescape is True


def test_a_hostile_name_or_reason_stays_text() -> None:
    plain, hostile = ({"TSLA": name, "MSFT": name} for name in ("Tesla", HOSTILE))
    usual = documents(replace(CHANNEL, names=plain), reason="halted")
    attacked = documents(replace(CHANNEL, names=hostile), reason=HOSTILE)
    for one, other in zip(map(Structure, usual), map(Structure, attacked), strict=True):
        assert other.elements == one.elements
        assert any(HOSTILE in text for text in other.said)


def test_a_ticker_with_a_sign_stands_in_links_as_a_query_demands() -> None:
    for page in documents(replace(CHANNEL, market=INDIA), ticker="M&M"):
        links = set(re.findall(r'href="(/ticker\.html[^"]*)"', page))
        assert "/ticker.html?t=M%26M" in links
        assert all(re.fullmatch(r"/ticker\.html\?t=[\w%]+", link) for link in links)
        assert "₹241.35" in page


def row(close: str, *, won: bool = False, split: Fraction | None = None) -> Row:
    return Row("TSLA", date(2026, 2, 10), bar(close, close), won, 1, split)


def test_the_line_of_closes_is_on_todays_basis_and_needs_two() -> None:
    assert spark([row("10")], "USD") is None
    drawn = spark([row("10", won=True), row("12", split=Fraction(2)), row("20")], "USD")
    assert drawn
    assert drawn["label"] == "TSLA closed between $10.00 and $12.00 in the last 3 sessions"
    assert (drawn["line"], drawn["dots"]) == ("M4 80L160 8L316 80", [["316", "80"]])
    still = spark([row("10"), row("10")], "USD")
    assert still
    assert still["line"] == "M4 80L316 80"


@pytest.mark.parametrize(
    "change",
    [{"names": {"TSLA": "Tesla"}}, {"site_url": "https://x"}, {"source": "Other"}, {"market": INDIA}],
    ids=lambda change: next(iter(change)),
)
def test_another_name_address_source_or_market_is_another_digest(change: dict[str, Any]) -> None:
    assert Pages(replace(CHANNEL, **change)).digest != Pages(CHANNEL).digest


def page(world: World, day: date) -> str:
    return world.twin(routes.DAY.key(day)).decode()


def test_a_release_with_another_template_makes_all_pages_again_once(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also those that are older than what a run compares."""
    days = world.calendar.latest(pages.SPARK_SESSIONS + 5, FRIDAY)
    world.run(days[0], FRIDAY)
    world.now += timedelta(hours=7)
    world.run()
    shutil.copytree(FOLDER, tmp_path / "site")
    base = tmp_path / "site/templates/base.html"
    base.write_text(base.read_text().replace("Not investment advice.", "No advice."))
    monkeypatch.setattr(pages, "SITE", tmp_path / "site")
    world.now += timedelta(hours=1)
    assert world.run().published == len(days) + 1 + len(routes.FIXED)
    assert all("No advice." in page(world, day) for day in days)
    world.now += timedelta(hours=1)
    assert world.run().published == 0
    assert_twins_equal_the_table(world)


def test_a_corrected_session_says_so_on_its_page(world: World) -> None:
    world.run()
    assert "Corrected" not in page(world, THURSDAY)
    world.tape.edits[THURSDAY, "AAPL"] = bar("100", "200")
    world.now += timedelta(days=2)
    world.run(THURSDAY, THURSDAY, again=True)
    assert "Corrected after publication (version 2)." in page(world, THURSDAY)
    assert "AAPL ▲ 100.00%" in page(world, THURSDAY)
    assert_twins_equal_the_table(world)


def turns(world: World, day: date) -> dict[str, str]:
    """Where a session's page leads before and after."""
    return dict(re.findall(r'rel="(prev|next)" href="/days/([^"]+)\.html"', page(world, day)))


def test_pages_lead_past_a_hole_until_it_is_filled(world: World) -> None:
    before, good = SEVEN[-3], world.tape.session(THURSDAY)["TSLA"]
    world.tape.edits[THURSDAY, "TSLA"] = None
    world.run()
    assert turns(world, before)["next"] == str(FRIDAY)
    assert turns(world, FRIDAY) == {"prev": str(before)}
    world.tape.edits[THURSDAY, "TSLA"] = good
    world.now += timedelta(hours=1)
    world.run()
    assert turns(world, before)["next"] == turns(world, FRIDAY)["prev"] == str(THURSDAY)
    assert turns(world, THURSDAY) == {"prev": str(before), "next": str(FRIDAY)}


def test_the_page_of_a_session_that_was_taken_away_goes_too(world: World) -> None:
    """As the runbook has it: its items and its file are deleted. No link leads to it any more."""
    world.run(SEVEN[0], FRIDAY)
    for pk in ("MOVERS", "SESSIONS"):
        key = {"pk": {"S": pk}, "sk": {"S": str(SEVEN[0])}}
        world.dynamodb.delete_item(TableName=world.names.table, Key=key)
    world.s3.delete_object(Bucket=world.names.site, Key=routes.SESSION.key(SEVEN[0]))
    world.window = 6
    world.now += timedelta(hours=1)
    world.run()
    assert routes.DAY.key(SEVEN[0]) not in world.keys(world.names.site)
    assert turns(world, SEVEN[1]) == {"next": str(SEVEN[2])}


def test_the_badge_says_who_won(world: World) -> None:
    world.run()
    (newest,) = world.store.movers(1)
    text = world.twin("badge.svg").decode()
    assert f"<title>Top mover of {newest.date}: {newest.ticker} " in text
    assert len(text) < 450
