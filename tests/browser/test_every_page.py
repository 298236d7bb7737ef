"""What holds on every page: it can be read by anybody, on any screen, and without a fault."""

import re
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit, assert_no_sideways_scroll
from tests.browser.watch import Watch
from tests.states import apply, state

PAGES = {
    "today": "/",
    "day": "/day.html?date=2026-11-23",
    "ticker": "/ticker.html?t=TSLA",
    "history": "/history.html",
    "status": "/status.html",
    "404": "/404.html",
}
every_page = pytest.mark.parametrize("name", PAGES)


def open_page(page: Page, name: str, shown: str = "fresh") -> None:
    apply(page, state(shown))
    page.goto(PAGES[name])
    if name != "404":
        expect(page.locator("#banner")).to_contain_text(
            re.compile(r"Up to date|market closed|No session|Late")
        )
    page.wait_for_load_state("networkidle")


def findings(page: Page) -> list[tuple[str, Any]]:
    """What axe calls a violation, and what it could not decide.

    It cannot tell what lies behind text in SVG; the colours there are those of the moves in tables, which it checks.
    """
    response = Axe().run(page).response
    return [
        (each["id"], node["target"])
        for each in [*response["violations"], *response["incomplete"]]
        for node in each["nodes"]
        if not (each["id"] == "color-contrast" and node["html"].startswith("<text"))
    ]


@every_page
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(name: str, scheme: str, visit: Visit) -> None:
    page = visit(color_scheme=scheme)
    open_page(page, name)
    assert findings(page) == []


@every_page
@pytest.mark.parametrize("shown", ["fresh", "long", "empty"])
def test_a_small_phone_scrolls_in_one_direction_only(
    name: str, shown: str, visit: Visit, watch: Watch
) -> None:
    page = visit(viewport={"width": 320, "height": 640})
    if shown == "empty":
        watch.allow("404")  # there is no session and no ticker yet
    open_page(page, name, shown)
    assert_no_sideways_scroll(page)


@every_page
def test_a_running_cloud_shows_it_without_a_fault(name: str, page: Page) -> None:
    page.goto(PAGES[name].split("?date")[0])
    if name != "404":
        expect(page.locator("#banner")).to_contain_text("Simulated data.")
        expect(page.locator("#source")).to_have_text("massive (simulated)")
    page.wait_for_load_state("networkidle")


@every_page
def test_every_control_is_reached_by_the_keyboard_and_shows_it(name: str, page: Page) -> None:
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


@every_page
def test_the_skip_link_leads_past_the_menu(name: str, page: Page) -> None:
    open_page(page, name)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)") or name == "404"


@every_page
@pytest.mark.usefixtures("chromium")
def test_on_paper_the_numbers_remain_and_the_controls_go(name: str, page: Page) -> None:
    open_page(page, name)
    page.emulate_media(media="print")
    expect(page.locator("header nav")).to_be_hidden()
    expect(page.locator("h1")).to_be_visible()
    if name != "404":
        expect(page.locator("#theme")).to_be_hidden()


@every_page
def test_nothing_moves_for_a_reader_who_wants_no_motion(name: str, visit: Visit) -> None:
    page = visit(reduced_motion="reduce")
    open_page(page, name)
    assert page.evaluate("document.getAnimations().length") == 0


@pytest.mark.usefixtures("chromium")
def test_without_script_a_reader_is_told_where_the_numbers_are(visit: Visit) -> None:
    page = visit(java_script_enabled=False)
    page.goto("/")
    expect(page.get_by_role("link", name="movers.csv")).to_be_visible()


def test_an_address_that_is_none_gets_the_page_that_says_so(page: Page, watch: Watch) -> None:
    watch.allow("404")
    answer = page.goto("/nowhere/at/all")
    assert answer
    assert answer.status == 404
    expect(page.locator("h1")).to_have_text("There is no such page")
    expect(page.get_by_role("link", name="See the latest top mover")).to_have_attribute("href", "/")
