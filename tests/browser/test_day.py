"""The pages of the sessions, and `day.html?date=`, which leads to them or says why there is none."""

import json
import re
from dataclasses import replace
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Visit, assert_no_sideways_scroll
from tests.browser.watch import Watch
from tests.states import apply, state

NEWEST = "2026-11-23"
FAILED = "Failed to load resource|NetworkError|net::ERR"
WHEN = "h1 time"


def session(shown: str, date: str = NEWEST) -> dict[str, Any]:
    """The document that the page was made of."""
    return json.loads(state(shown).answers[f"/movers/{date}.json"].body)


def open_day(page: Page, shown: str, date: str = NEWEST, query: str = "") -> None:
    apply(page, state(shown))
    page.goto(f"/days/{date}.html{query}")
    expect(page.locator("#state")).to_have_attribute("data-tone", re.compile("."))


def rows(page: Page) -> Locator:
    return page.locator("#bars tbody tr")


def column(page: Page, place: int) -> list[str]:
    return page.locator(f"#bars tbody tr > :nth-child({place})").all_inner_texts()


def move(change: float) -> str:
    return f"+{change:.2f}%" if change > 0 else f"−{-change:.2f}%"


def test_all_that_is_shown_is_what_the_sessions_document_says(page: Page) -> None:
    open_day(page, "fresh", "2026-11-18")
    found = session("fresh", "2026-11-18")
    arrow = "▲" if found["PercentChange"] > 0 else "▼"
    size = f"{abs(found['PercentChange']):.2f}%"
    expect(page).to_have_title(f"{found['Ticker']} {arrow} {size} on Wed, Nov 18, 2026 · Daily mover")
    expect(page.locator(WHEN)).to_have_text("Wednesday, November 18, 2026")
    expect(page.locator(".facts")).to_contain_text(f"ahead of {found['RunnerUp']}")
    expect(rows(page)).to_have_count(len(found["Watchlist"]))
    for i, bar in enumerate(found["Bars"]):
        shown = rows(page).nth(i).locator("th, td").all_inner_texts()
        prices = [f"${bar[name]:,.2f}" for name in ("Open", "High", "Low", "Close")]
        assert shown[0] == str(i + 1)
        assert shown[1].split()[0] == bar["Ticker"]
        assert shown[3:9] == [move(bar["PercentChange"]), move(bar["ChangeFromPreviousClose"]), *prices]


def test_sessions_are_leafed_through_past_weekends_by_mouse_and_keys(page: Page) -> None:
    open_day(page, "fresh", "2026-11-20")
    page.get_by_role("link", name="Next session, Mon, Nov 23, 2026").click()
    page.wait_for_url(f"**/days/{NEWEST}.html")
    expect(page.locator("[rel=next]")).to_have_count(0)
    page.keyboard.press("ArrowLeft")
    page.wait_for_url("**/days/2026-11-20.html")
    oldest = json.loads(state("fresh").answers["/history.json"].body)[-1]["Date"]
    open_day(page, "fresh", oldest)
    expect(page.locator("[rel=next]")).to_be_visible()
    expect(page.locator("[rel=prev]")).to_have_count(0)


def test_a_page_of_before_a_correction_is_drawn_anew(page: Page) -> None:
    """The document may come from a cache, and its data are newer."""
    apply(page, replace(state("corrected"), documents=state("fresh").documents))
    page.goto(f"/days/{NEWEST}.html")
    expect(page.locator("#hero .note")).to_have_text("Corrected after publication (version 2).")
    expect(page.get_by_role("link", name="Previous session, Fri, Nov 20, 2026")).to_be_visible()
    page.get_by_role("button", name="Volume").click()
    expect(page.locator("#bars th[aria-sort=descending]")).to_have_text("Volume")
    volumes = sorted((bar["Volume"], bar["Ticker"]) for bar in session("corrected")["Bars"])
    assert [text.split()[0] for text in column(page, 2)] == [ticker for _, ticker in reversed(volumes)]


def test_an_excused_ticker_is_named_with_its_reason_and_not_ranked(page: Page) -> None:
    open_day(page, "excused")
    expect(page.locator("#hero .note")).to_have_text("Left out of this session: TSLA, halted all day.")
    assert not [text for text in column(page, 2) if text.startswith("TSLA")]


def test_unknown_previous_closes_are_dashes_and_sort_last(page: Page) -> None:
    """Of the session after a missing one."""
    open_day(page, "missing", "2026-11-20")
    assert set(column(page, 5)) == {"–"}
    page.get_by_role("button", name="vs. previous close").click()
    expect(page.locator("#bars th[aria-sort=descending]")).to_have_text("vs. previous close")


def test_a_very_long_ranking_begins_with_a_hundred_rows_and_can_be_shown_whole(page: Page) -> None:
    open_day(page, "long")
    bars = session("long")["Bars"]
    expect(rows(page)).to_have_count(100)
    page.get_by_role("button", name="Show all 600").press("Enter")
    expect(rows(page)).to_have_count(600)
    expect(rows(page).nth(100).get_by_role("link")).to_be_focused()
    page.get_by_role("button", name="Close", exact=True).click()
    dearest = sorted(bars, key=lambda bar: bar["Close"], reverse=True)
    assert column(page, 9)[:100] == [f"${bar['Close']:,.2f}" for bar in dearest[:100]]


def go(page: Page, shown: str, date: str) -> None:
    apply(page, state(shown))
    page.goto(f"/day.html?date={date}")


@pytest.mark.parametrize(("date", "to"), [("", NEWEST), ("2026-11-18", "2026-11-18")])
def test_an_address_with_a_date_goes_on_to_its_page(date: str, to: str, page: Page) -> None:
    page.goto("/404.html")
    go(page, "fresh", date)
    page.wait_for_url(f"**/days/{to}.html")
    expect(page.locator(WHEN)).to_have_attribute("datetime", to)
    page.go_back()
    page.wait_for_url("**/404.html")  # the address in between does not catch the reader


@pytest.mark.parametrize(
    ("shown", "date", "why", "near"),
    [
        ("fresh", "2026-11-21", "Saturday, November 21, 2026: markets are closed on weekends.", [20, 23]),
        ("fresh", "2026-11-25", "Wednesday, November 25, 2026 is still to come.", [23]),
        ("fresh", "2026-11-24", "Tuesday, November 24, 2026: not available yet.", [23]),
        (
            "holiday",
            "2026-11-26",
            "Markets are closed on Thursday, November 26, 2026 (Thanksgiving Day).",
            [25],
        ),
        (
            "missing",
            "2026-11-19",
            "Thursday, November 19, 2026 is missing; we retry every hour.",
            [18, 20],
        ),
    ],
)
def test_a_date_without_a_session_says_why_and_offers_the_nearest(
    shown: str, date: str, why: str, near: list[int], page: Page
) -> None:
    go(page, shown, date)
    expect(page.locator("h1")).to_have_text(why)
    links = page.locator("#where a")
    hrefs = [link.get_attribute("href") for link in links.all()]
    assert hrefs == [*(f"/days/2026-11-{day}.html" for day in near), "/", "/history.html"]
    links.first.click()
    expect(page.locator(WHEN)).to_have_attribute("datetime", f"2026-11-{near[0]}")


def test_a_date_before_the_record_says_when_that_begins(page: Page) -> None:
    go(page, "fresh", "2001-05-01")
    expect(page.locator("h1")).to_have_text(re.compile(r"^Our record begins on \w+, \w+ \d+, 202\d\.$"))


@pytest.mark.parametrize("date", ["2026-02-30", "../status", "<img src=x onerror=alert(1)>", "9" * 999])
def test_what_is_no_date_is_refused_with_the_form_of_one(date: str, page: Page) -> None:
    go(page, "fresh", date)
    expect(page.locator("h1")).to_have_text(
        f"“{date[:40]}” isn’t a date. Use YYYY-MM-DD, like {NEWEST}.",
    )
    expect(page.locator("#state")).to_contain_text("Up to date")
    assert page.locator("main img").count() == 0
    assert_no_sideways_scroll(page)


def test_no_session_and_no_answer_are_told_apart(page: Page, watch: Watch) -> None:
    watch.allow(FAILED)
    go(page, "down", NEWEST)
    expect(page.locator("h1")).to_have_text("Can’t load the data right now.")
    go(page, "empty", NEWEST)
    expect(page.locator("h1")).to_have_text("No data yet.")


def test_a_session_that_arrives_while_its_address_is_open_is_gone_to(page: Page) -> None:
    go(page, "weekend", NEWEST)
    expect(page.locator("h1")).to_contain_text("is still to come")
    apply(page, state("fresh"))
    page.evaluate("dispatchEvent(new Event('online'))")
    page.wait_for_url(f"**/days/{NEWEST}.html")


def test_a_row_that_has_become_a_card_is_still_a_row_to_a_screen_reader(visit: Visit) -> None:
    page = visit(viewport={"width": 320, "height": 640})
    open_day(page, "excused")
    table = page.get_by_role("table", name="Move =")
    expect(table.get_by_role("row")).to_have_count(6)
    expect(table.get_by_role("rowheader")).to_have_count(5)
    assert [each["id"] for each in Axe().run(page).response["violations"]] == []
    assert_no_sideways_scroll(page)
