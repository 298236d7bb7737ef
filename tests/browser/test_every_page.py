"""What holds on every page: it can be read by anybody, on any screen, and without a fault."""

import json
import re
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit, assert_no_sideways_scroll
from tests.browser.watch import Watch
from tests.states import apply, state

PAGES = {
    "latest": "/",
    "day": "/days/2026-11-23.html",
    "goto": "/day.html?date=2026-11-21",
    "ticker": "/ticker.html?t=TSLA",
    "history": "/history.html",
    "status": "/status.html",
    "404": "/404.html",
}
every_page = pytest.mark.parametrize("name", PAGES)


def open_page(page: Page, name: str, shown: str = "fresh") -> None:
    apply(page, state(shown))
    page.goto(PAGES[name])
    settled(page, name)


def settled(page: Page, name: str) -> None:
    if name != "404":
        expect(page.locator("#state")).to_have_attribute("data-tone", re.compile("."))
    page.wait_for_load_state("networkidle")


def findings(page: Page) -> list[tuple[str, Any]]:
    """What axe calls a violation, and what it could not decide.

    It cannot tell what lies behind text in SVG, whose colours are those of the moves in tables, which it checks; nor is
    a single sign text enough for it.
    """
    response = Axe().run(page).response
    return [
        (each["id"], node["target"])
        for each in [*response["violations"], *response["incomplete"]]
        for node in each["nodes"]
        if not (each["id"] == "color-contrast" and re.match(r"<text|<b>.</b>", node["html"]))
    ]


@every_page
def test_axe_finds_nothing_in_either_scheme(name: str, page: Page) -> None:
    open_page(page, name)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert findings(page) == [], scheme


@every_page
@pytest.mark.parametrize("shown", ["long", "empty"])
def test_a_small_phone_scrolls_in_one_direction_only_and_nothing_moves_for_who_wants_no_motion(
    name: str, shown: str, visit: Visit, watch: Watch
) -> None:
    page = visit(viewport={"width": 320, "height": 640}, reduced_motion="reduce")
    if shown == "empty":
        watch.allow("404")  # there is no session and no ticker yet
    apply(page, state(shown))
    page.goto(PAGES[name])
    page.wait_for_load_state("networkidle")
    assert_no_sideways_scroll(page)
    assert page.evaluate("document.getAnimations().length") == 0


@every_page
def test_a_running_cloud_shows_it_without_a_fault(name: str, page: Page) -> None:
    page.goto(PAGES[name].split("?date")[0].split("days")[0])
    if name != "404":
        expect(page.locator("#state")).to_contain_text("Demo data.")
    page.wait_for_load_state("networkidle")


@every_page
def test_every_control_is_reached_by_the_keyboard_and_shows_it(name: str, page: Page) -> None:
    """From the top of the page; the first is the link that skips the menu."""
    open_page(page, name)
    focusable = page.locator(
        "a[href]:not([tabindex='-1']):visible, button:visible, select:visible, input:visible"
    ).count()
    reached = set()
    for _ in range(min(focusable, 60)):
        page.keyboard.press("Tab")
        focused = page.evaluate(
            """() => { const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement);
            document.activeElement.dataset.reached ??= String(document.querySelectorAll("[data-reached]").length);
            return [document.activeElement.dataset.reached, outlineStyle !== "none" && outlineWidth !== "0px"]; }"""
        )
        assert focused[1], "the focus is not to be seen"
        reached.add(focused[0])
    assert len(reached) >= min(focusable, 60) - 1
    page.get_by_role("link", name="Skip to content").press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)") or name == "404"


@pytest.mark.usefixtures("chromium")
@pytest.mark.parametrize("name", ["latest", "day", "history", "status"])
def test_nothing_moves_while_the_page_fills(name: str, page: Page) -> None:
    page.add_init_script(
        """window.shift = 0;
        new PerformanceObserver((list) => list.getEntries().forEach(({ value }) => (window.shift += value)))
          .observe({ type: "layout-shift", buffered: true });"""
    )
    open_page(page, name)
    assert page.evaluate("shift") <= 0.02


@pytest.mark.parametrize(
    ("name", "row"),
    [
        ("day", "#bars tbody tr"),
        ("ticker", "#sessions tbody tr"),
        ("history", "#wins tbody tr"),
        ("history", "#movers tbody tr"),
    ],
)
def test_every_number_of_a_row_can_be_read_on_a_small_phone(name: str, row: str, visit: Visit) -> None:
    page = visit(viewport={"width": 320, "height": 640})
    open_page(page, name)
    if name == "ticker":
        page.get_by_role("button", name="Details").click()
    for cell in page.locator(row).first.locator("th, td").filter(has_text=re.compile(r"\S")).all():
        box = cell.bounding_box()
        assert box
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 320
        assert cell.evaluate("cell => cell.scrollWidth <= cell.clientWidth"), cell.inner_text()


@every_page
@pytest.mark.usefixtures("chromium")
def test_on_paper_the_numbers_remain_and_the_controls_go(name: str, page: Page) -> None:
    open_page(page, name)
    page.emulate_media(media="print")
    expect(page.locator("header nav")).to_be_hidden()
    expect(page.locator("h1")).to_be_visible()
    expect(page.get_by_role("button", name="Settings")).to_be_hidden()


# A table's rows, the column clicked, what is read of each row, and what the address then says.
TABLES = {
    "latest": ("#movers", "Top mover", "td:nth-child(2)", "?sort=-Ticker"),
    "day": ("#bars", "Volume", "> :nth-child(2)", "?sort=Volume"),
    "ticker": ("#sessions", "Move", "time", "&sort=PercentChange"),
    "history": ("#movers", "Move", "time", "?sort=PercentChange"),
}


@pytest.mark.parametrize("name", TABLES)
def test_a_table_is_sorted_by_mouse_and_keyboard_and_the_address_keeps_the_order(
    name: str, page: Page
) -> None:
    table, column, read, address = TABLES[name]
    open_page(page, name)
    cells = page.locator(f"{table} tbody tr {read}")
    by_default = cells.all_inner_texts()
    button = page.locator(table).get_by_role("button", name=column, exact=True)
    active = page.locator(f"{table} th[aria-sort]")
    to_end = "descending" if "=-" in address else "ascending"
    button.click()
    expect(active).to_have_text(column)
    first = cells.all_inner_texts()
    button.press("Enter")
    expect(active).to_have_attribute("aria-sort", to_end)
    second = cells.all_inner_texts()
    assert len({tuple(order) for order in (by_default, first, second)}) == 3
    if name in {"latest", "day"}:  # the others have equal moves, or show some of their rows
        assert first == second[::-1]
        assert sorted(first) == sorted(by_default)
    if name == "day":
        bars = json.loads(state("fresh").answers["/movers/2026-11-23.json"].body)["Bars"]
        by_volume = sorted(bars, key=lambda bar: -bar["Volume"])
        assert [text.split()[0] for text in first] == [bar["Ticker"] for bar in by_volume]
    assert page.url.endswith(address)
    page.reload()
    expect(cells).to_have_text(second)


# Where each page shows what it read.
NUMBERS = {
    "latest": "#movers tbody",
    "day": "#bars tbody",
    "ticker": "#sessions tbody",
    "history": "#wins tbody",
}


@pytest.mark.parametrize("name", NUMBERS)
def test_with_everything_down_the_numbers_last_seen_stay(name: str, page: Page, watch: Watch) -> None:
    watch.allow("Failed to load resource")
    open_page(page, name)
    numbers = page.locator(NUMBERS[name])
    expect(numbers).not_to_be_empty()
    seen = numbers.inner_text()
    apply(page, state("down"))
    page.goto(PAGES[name])
    expect(page.locator("#state")).to_contain_text("Can’t load newer data right now. Saved copy from")
    expect(numbers).to_have_text(seen, use_inner_text=True)


def test_an_address_that_is_none_gets_the_page_that_says_so(page: Page, watch: Watch) -> None:
    watch.allow("404")
    answer = page.goto("/nowhere/at/all")
    assert answer
    assert answer.status == 404
    expect(page.locator("h1")).to_have_text("Page not found")
    expect(page.locator("main").get_by_role("link", name="Latest result")).to_have_attribute("href", "/")
