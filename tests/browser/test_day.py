"""The page of one session: its winner, all its tickers in order, and the sessions before and after."""

import json
import re
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Visit, assert_no_sideways_scroll
from tests.browser.watch import Watch
from tests.states import apply, state

NEWEST = "2026-11-23"
NUMBERS = ("Open", "High", "Low", "Close")
FAILED = "Failed to load resource|NetworkError|net::ERR"


def session(shown: str, date: str = NEWEST) -> dict[str, Any]:
    """The document that the page has read."""
    return json.loads(state(shown).answers[f"/movers/{date}.json"].body)


def open_day(page: Page, shown: str, query: str = "") -> None:
    apply(page, state(shown))
    page.goto(f"/day.html{query}")


def rows(page: Page) -> Locator:
    return page.locator("#bars tbody tr")


def column(page: Page, place: int) -> list[str]:
    return page.locator(f"#bars tbody tr > :nth-child({place})").all_inner_texts()


def move(change: float) -> str:
    return f"+{change:.2f}%" if change > 0 else f"−{-change:.2f}%"


def price(amount: float) -> str:
    """In dollars, with the third and fourth digit where the exchange has them."""
    whole, digits = f"{amount:,.4f}".split(".")
    return f"${whole}.{digits[:2]}{digits[2:].rstrip('0')}"


def prices(bar: dict[str, Any]) -> list[str]:
    return [price(bar[name]) for name in NUMBERS]


def test_all_that_is_shown_is_what_the_sessions_document_says(page: Page) -> None:
    open_day(page, "fresh", "?date=2026-11-18")
    found = session("fresh", "2026-11-18")
    expect(rows(page)).to_have_count(len(found["Watchlist"]))
    expect(page.locator("#ticker")).to_have_text(found["Ticker"])
    expect(page.locator("#move")).to_have_text(move(found["PercentChange"]))
    expect(page.locator("#close")).to_have_text(price(found["ClosingPrice"]))
    expect(page.locator("#second")).to_contain_text(found["RunnerUp"])
    expect(page.locator("#margin")).to_contain_text(re.compile(r"by \d+\.?\d* points"))
    expect(page.locator("#revision")).to_have_text("1")
    expect(page).to_have_title("Wed, Nov 18, 2026 · Daily mover")
    expect(page.locator("h1")).to_have_text("Top mover, Wed, Nov 18, 2026")
    expect(page.get_by_role("heading", name="Excused from this session")).to_be_hidden()
    expect(page.locator("#more")).to_be_hidden()
    for i, bar in enumerate(found["Bars"]):
        shown = rows(page).nth(i).locator("th, td").all_inner_texts()
        volume = f"{bar['Volume']:,.0f}"
        first = [str(i + 1), bar["Ticker"], move(bar["PercentChange"])]
        assert shown == [*first, *prices(bar), volume, ""]


@pytest.mark.parametrize("query", ["", "?date="])
def test_without_a_date_it_is_the_newest_session(query: str, page: Page) -> None:
    open_day(page, "fresh", query)
    expect(page.locator("#session time")).to_have_attribute("datetime", NEWEST)
    expect(rows(page)).to_have_count(6)
    expect(page.locator("[rel=prev]")).to_have_attribute("href", re.compile(r"/day\.html\?date=2026-11-20$"))
    expect(page.locator("[rel=next]")).to_have_count(0)


def test_sessions_are_leafed_through_past_weekends(page: Page) -> None:
    open_day(page, "fresh", "?date=2026-11-20")
    page.get_by_role("link", name="Next session, Mon, Nov 23, 2026").click()
    expect(page.locator("#session time")).to_have_attribute("datetime", NEWEST)
    page.get_by_role("link", name="Previous session, Fri, Nov 20, 2026").click()
    expect(page.locator("#session time")).to_have_attribute("datetime", "2026-11-20")


def test_the_first_session_of_the_record_has_none_before_it(page: Page) -> None:
    oldest = json.loads(state("fresh").answers["/history.json"].body)[-1]["Date"]
    open_day(page, "fresh", f"?date={oldest}")
    expect(page.locator("[rel=next]")).to_be_visible()
    expect(page.locator("[rel=prev]")).to_have_count(0)


@pytest.mark.parametrize(
    ("date", "why", "near"),
    [
        ("2026-11-21", "It is a weekend.", ["2026-11-20", "2026-11-23"]),
        ("2026-11-25", "It is still to come.", ["2026-11-23"]),
        ("2026-11-24", "It is not recorded yet, or the exchange is closed.", ["2026-11-23"]),
        ("2026-09-07", "The exchange was closed, or the day was not recorded.", ["2026-09-04", "2026-09-08"]),
    ],
)
def test_a_date_without_a_session_says_why_and_offers_the_nearest(
    date: str, why: str, near: list[str], page: Page, watch: Watch
) -> None:
    watch.allow("404")
    open_day(page, "fresh", f"?date={date}")
    story = page.locator("#story")
    expect(story).to_contain_text(why)
    expect(story).to_contain_text(re.compile(r"^No session is stored for \w{3}, \w{3} \d+, 2026\. "))
    offered = story.locator("time").evaluate_all("times => times.map(time => time.dateTime)")
    assert offered == near
    assert page.locator("#turn a").count() == len(near)
    expect(page.locator("#bars")).to_be_hidden()
    expect(page.locator("#close")).to_be_hidden()
    story.get_by_role("link").first.click()
    expect(page.locator("#session time")).to_have_attribute("datetime", near[0])


def test_a_date_before_the_record_says_when_that_begins(page: Page, watch: Watch) -> None:
    watch.allow("404")
    open_day(page, "fresh", "?date=2001-05-01")
    expect(page.locator("#story")).to_contain_text(
        re.compile(r"The record begins on \w{3}, \w{3} \d+, 202\d")
    )


def test_a_session_that_should_be_there_is_called_missing(page: Page, watch: Watch) -> None:
    watch.allow("404")
    open_day(page, "missing", "?date=2026-11-19")
    expect(page.locator("#story")).to_contain_text("It should be there, but is missing.")


@pytest.mark.parametrize(
    "date",
    [
        "2026-02-30",
        "../status",
        "<img src=x onerror=alert(1)>",
        "9" * 999,
    ],
)
def test_what_is_no_date_is_refused_with_the_form_of_one(date: str, page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    open_day(page, "fresh", f"?date={date}")
    story = page.locator("#story")
    expect(story).to_contain_text(f"“{date[:40]}” is no date. A date is written like 2026-11-20.")
    expect(page.locator("#banner")).to_contain_text("Up to date")
    assert page.locator("main img").count() == 0
    assert not [url for url in asked if "/movers/" in url]
    story.get_by_role("link", name="Show the newest session").click()
    expect(page.locator("#session time")).to_have_attribute("datetime", NEWEST)


def test_before_the_first_session_there_is_none_to_show(page: Page) -> None:
    open_day(page, "empty")
    expect(page.locator("#story")).to_have_text("No session is stored yet.")
    expect(page.locator("#bars")).to_be_hidden()


def test_a_session_that_cannot_be_read_says_so(page: Page, watch: Watch) -> None:
    watch.allow(FAILED)
    open_day(page, "down", f"?date={NEWEST}")
    expect(page.locator("#story")).to_have_text("This session could not be read. Try again in a minute.")
    expect(page.locator("#banner")).to_contain_text("No data")


def test_a_session_that_arrives_while_its_page_is_open_takes_the_place_of_its_absence(
    page: Page, watch: Watch
) -> None:
    watch.allow("404")
    open_day(page, "weekend", f"?date={NEWEST}")
    expect(page.locator("#story")).to_contain_text("No session is stored")
    apply(page, state("fresh"))
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(rows(page)).to_have_count(6)
    expect(page.locator("#chart a")).to_have_count(6)
    expect(page.locator("#story")).to_contain_text("largest move")


def test_a_corrected_session_says_so(page: Page) -> None:
    open_day(page, "corrected", f"?date={NEWEST}")
    expect(page.locator("#revision")).to_have_text("2, corrected since it was first recorded")


def test_an_excused_ticker_is_named_with_its_reason_and_not_ranked(page: Page) -> None:
    open_day(page, "excused", f"?date={NEWEST}")
    expect(page.locator("#excused li")).to_have_text(["TSLA: halted all day"])
    expect(page.get_by_role("heading", name="Excused from this session")).to_be_visible()
    assert "TSLA" not in column(page, 2)


def test_a_very_long_watchlist_begins_with_a_hundred_rows_and_sorts_them_all(page: Page) -> None:
    open_day(page, "long", f"?date={NEWEST}")
    bars = session("long")["Bars"]
    expect(rows(page)).to_have_count(100)
    assert column(page, 2) == [bar["Ticker"] for bar in bars[:100]]
    page.get_by_role("button", name="Close").click()
    dearest = sorted(bars, key=lambda bar: bar["Close"], reverse=True)
    assert column(page, 7) == [prices(bar)[3] for bar in dearest[:100]]


def test_a_very_long_watchlist_is_shown_whole_in_the_order_it_stands_in(page: Page) -> None:
    open_day(page, "long", f"?date={NEWEST}&sort=Ticker")
    page.get_by_role("button", name="Show all 600 tickers").press("Enter")
    expect(rows(page)).to_have_count(600)
    assert column(page, 2) == sorted(bar["Ticker"] for bar in session("long")["Bars"])
    expect(rows(page).nth(100).get_by_role("link")).to_be_focused()
    expect(page.locator("#more")).to_be_hidden()
    page.get_by_role("button", name="Rank").click()
    assert column(page, 1) == [f"{rank}" for rank in range(600, 0, -1)]


@pytest.mark.parametrize(("width", "count"), [(1280, 12), (320, 5)])
def test_the_chart_shows_the_biggest_moves_that_have_room(width: int, count: int, visit: Visit) -> None:
    page = visit(viewport={"width": width, "height": 800})
    open_day(page, "long", f"?date={NEWEST}")
    names = page.locator("#chart .name")
    expect(names).to_have_count(count)
    assert names.all_text_contents() == [bar["Ticker"] for bar in session("long")["Bars"][:count]]


def test_a_row_that_has_become_a_card_is_still_a_row_to_a_screen_reader(visit: Visit) -> None:
    page = visit(viewport={"width": 320, "height": 640})
    open_day(page, "fresh", f"?date={NEWEST}")
    table = page.get_by_role("table", name="Move =")
    expect(table.get_by_role("row")).to_have_count(7)
    expect(table.get_by_role("columnheader")).to_have_count(8)
    expect(table.get_by_role("rowheader")).to_have_count(6)


@pytest.mark.parametrize(
    ("shown", "query", "settled"),
    [
        ("excused", f"?date={NEWEST}", "#excused li"),
        ("fresh", "?date=2026-11-21", "#story a"),
    ],
)
def test_axe_finds_nothing_on_a_small_phone(
    shown: str, query: str, settled: str, visit: Visit, watch: Watch
) -> None:
    watch.allow("404")
    page = visit(viewport={"width": 320, "height": 640})
    open_day(page, shown, query)
    expect(page.locator(settled).first).to_be_visible()
    assert [each["id"] for each in Axe().run(page).response["violations"]] == []
    assert_no_sideways_scroll(page)
