"""The front page as a reader meets it: on the running cloud, and in every state that its data can be in."""

import re
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from tests.browser.conftest import Visit
from tests.browser.watch import Watch
from tests.states import apply, state

TITLES = {
    "fresh": "Up to date.",
    "simulated": "Simulated data. These prices are invented. Up to date.",
    "recorded": "Recorded data. Its clock stands at Sat, May 30, 2026. Weekend, market closed.",
    "late": "Late. Newer numbers were due by",
    "weekend": "Weekend, market closed. Next session Mon, Nov 23,",
    "holiday": "Holiday, market closed. Next session Fri, Nov 27,",
    "offline": "Offline. Nothing was seen here before.",
    "api": "Served by the API. The snapshot is missing, broken, slow or stale.",
    "truncated": "Served by the API.",
    "wrong-shape": "Served by the API.",
    "stale": "Served by the API.",
    "empty": "No session yet. The first appears once it is recorded.",
    "missing": "Incomplete. Not here: Thu, Nov 19.",
    "down": "No data. Neither the snapshot nor the API could be read.",
    "long": "Up to date.",
    "flat": "Up to date.",
}
WITHOUT_NUMBERS = {"offline", "empty", "down"}
FAILED = "Failed to load resource|NetworkError|net::ERR"


def banner(page: Page) -> str:
    return page.locator("#banner").inner_text()


def arrow(page: Page, selector: str) -> str:
    """What stands before a move for the eye alone: its sign says the same to everybody."""
    content: str = page.locator(selector).evaluate("node => getComputedStyle(node, '::before').content")
    return content.partition(" / ")[0].strip('"')


def read(page: Page, path: str) -> Any:
    return page.evaluate("path => fetch(path).then(answer => answer.json())", path)


def test_the_page_shows_what_the_snapshots_say(page: Page) -> None:
    page.goto("/")
    expect(page.locator("#margin")).to_contain_text("points")
    movers: list[dict[str, Any]] = read(page, "/movers.json")
    session: dict[str, Any] = read(page, f"/movers/{movers[0]['Date']}.json")
    expect(page.locator("#ticker")).to_have_text(movers[0]["Ticker"])
    shown = page.locator("#move").inner_text()
    change = movers[0]["PercentChange"]
    assert shown == f"{'+' if change > 0 else '−'}{abs(change):.2f}%"
    assert arrow(page, "#move .move") == ("▲ " if change > 0 else "▼ ")
    expect(page.locator("#session time")).to_have_attribute("datetime", movers[0]["Date"])
    expect(page.locator("#close")).to_have_text(f"${movers[0]['ClosingPrice']:,.2f}")
    expect(page.locator("#second")).to_contain_text(session["RunnerUp"])
    expect(page.locator("#updated")).to_contain_text("from the snapshot")
    assert page.locator("#movers tbody tr").count() == 7
    assert page.locator("#seven a").count() == 7
    dates = page.locator("#movers time").evaluate_all("times => times.map(time => time.dateTime)")
    assert dates == [mover["Date"] for mover in movers]
    assert "Simulated data." in banner(page)


@pytest.mark.parametrize("name", TITLES)
def test_every_state_says_what_it_is(name: str, page: Page, watch: Watch) -> None:
    apply(page, state(name))
    if name in {"offline", "down", "api", "stale"}:
        watch.allow(FAILED)
    page.goto("/")
    expect(page.locator("#banner")).to_contain_text(TITLES[name])
    if name in WITHOUT_NUMBERS:
        expect(page.locator("#ticker")).to_have_text("–")
        assert page.locator("#movers tbody tr").count() == 0
    else:
        expect(page.locator("#margin")).to_contain_text("points")
        assert page.locator("#movers tbody tr").count() == 7
    if name in {"late", "holiday", "weekend", "fresh", "long", "flat"}:
        assert "API" not in banner(page)


def test_a_winner_that_did_not_move_is_neither_up_nor_down(page: Page) -> None:
    apply(page, state("flat"))
    page.goto("/")
    expect(page.locator("#move")).to_have_text("0.00%")
    assert arrow(page, "#move .move") == "■ "
    expect(page.locator("#margin")).to_have_text("by 0 points")


NOTE_WHEN_ASKED = """
    const { fetch } = window;
    window.asked = {};
    window.fetch = (path, ...rest) => {
        asked[path] ??= performance.now();
        return fetch(path, ...rest);
    };
"""


def test_a_hung_snapshot_gives_way_to_the_api_after_four_seconds(page: Page, watch: Watch) -> None:
    """From request to request, by the page's own clock: how busy the machine is matters little then."""
    page.add_init_script(NOTE_WHEN_ASKED)
    apply(page, state("hung"))
    page.goto("/")
    expect(page.locator("#ticker a")).to_be_visible(timeout=20_000)
    asked = page.evaluate("asked")
    assert 3_990 < asked["/movers"] - asked["/movers.json"] < 6_000  # in milliseconds
    expect(page.locator("#banner")).to_contain_text("Served by the API.")
    expect(page.locator("#updated")).to_contain_text("from the API")


def block(context: BrowserContext, *patterns: str) -> None:
    for pattern in patterns:
        context.route(re.compile(pattern), lambda route: route.abort())


def test_with_the_snapshots_blocked_the_api_of_the_running_cloud_answers(page: Page, watch: Watch) -> None:
    watch.allow(FAILED)
    block(page.context, r"\.json$")
    page.goto("/")
    expect(page.locator("#updated")).to_contain_text("from the API", timeout=20_000)
    expect(page.locator("#margin")).to_contain_text("points")
    assert page.locator("#movers tbody tr").count() == 7


def test_with_everything_down_the_last_seen_numbers_stay_with_their_date(page: Page, watch: Watch) -> None:
    watch.allow(FAILED)
    page.goto("/")
    expect(page.locator("#margin")).to_contain_text("points")
    seen = page.locator("#movers tbody").inner_text()
    block(page.context, r"/(movers|status)[^/]*$", r"/movers/")
    page.goto("/")
    expect(page.locator("#banner")).to_contain_text(
        "Last seen. Neither the snapshot nor the API could be read."
    )
    assert re.search(r"This browser saw these numbers \w+ \d+, \d+:\d\d [AP]M E[SD]T\.", banner(page))
    assert page.locator("#movers tbody").inner_text() == seen
    expect(page.locator("#updated")).to_contain_text("from this browser")


def test_a_reader_who_goes_off_line_is_told_and_keeps_the_numbers(page: Page, watch: Watch) -> None:
    watch.allow(FAILED)
    block_data = re.compile(r"/(movers|status)[^/]*$")
    page.goto("/")
    expect(page.locator("#margin")).to_contain_text("points")
    page.route(
        block_data, lambda route: route.abort()
    )  # an emulated reader off line could still read its cache
    page.context.set_offline(True)
    expect(page.locator("#banner")).to_contain_text("Offline. This browser saw these numbers")
    assert page.locator("#movers tbody tr").count() == 7
    page.unroute(block_data)
    page.context.set_offline(False)
    expect(page.locator("#banner")).not_to_contain_text("Offline.")


def test_the_page_follows_the_data_when_it_is_looked_at_again(page: Page) -> None:
    apply(page, state("weekend"))
    page.goto("/")
    expect(page.locator("#session time")).to_have_attribute("datetime", "2026-11-20")
    apply(page, state("fresh"))
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.locator("#session time")).to_have_attribute("datetime", "2026-11-23")
    assert page.locator("#seven svg").count() == 1


def test_nothing_is_redrawn_or_said_again_while_nothing_is_new(page: Page) -> None:
    apply(page, state("fresh"))
    page.goto("/")
    expect(page.locator("#margin")).to_contain_text("points")
    page.evaluate(
        """() => { window.changes = 0;
        new MutationObserver((all) => (window.changes += all.filter(({ type }) => type === "childList").length))
          .observe(document.querySelector("main"), { childList: true, subtree: true }); }"""
    )
    with page.expect_response(re.compile("status.json")):
        page.evaluate("dispatchEvent(new Event('online'))")
    page.wait_for_load_state("networkidle")
    changed = page.evaluate("changes")
    assert changed <= 1  # the freshness line's text


def order(page: Page) -> list[str]:
    return page.locator("#movers tbody tr td:nth-child(2)").all_inner_texts()


@pytest.mark.parametrize("sort", ["Nonsense", '"]', "__proto__"])
def test_an_order_that_is_none_is_passed_over(sort: str, page: Page) -> None:
    apply(page, state("fresh"))
    page.goto(f"/?sort={sort}")
    expect(page.locator("#movers tbody tr")).to_have_count(7)
    expect(page.locator("#movers th[aria-sort]")).to_have_text("Date")


def test_the_chart_is_walked_by_arrow_keys_and_told_in_words(page: Page) -> None:
    apply(page, state("fresh"))
    page.goto("/")
    bars = page.locator("#seven a")
    expect(bars).to_have_count(7)
    assert page.locator('#seven a[tabindex="0"]').count() == 1
    caption = page.locator("#seven figcaption")
    bars.last.focus()
    told = [caption.inner_text()]
    for key in ("ArrowLeft", "ArrowLeft", "Home", "ArrowLeft", "End", "ArrowRight"):
        page.keyboard.press(key)
        told.append(caption.inner_text())
    labels = bars.evaluate_all("bars => bars.map(bar => bar.getAttribute('aria-label'))")
    assert told == [labels[i] for i in (6, 5, 4, 0, 0, 6, 6)]
    assert re.fullmatch(r"Mon, Nov 23, 2026: [A-Z]+ [+−]\d+\.\d\d%, closed at \$[\d.,]+", labels[6])
    assert page.locator('#seven a[tabindex="0"]').count() == 1
    page.keyboard.press("Enter")
    page.wait_for_url("**/day.html?date=2026-11-23")


def test_the_chart_tells_what_the_mouse_points_at_and_fits_a_new_width(page: Page) -> None:
    apply(page, state("fresh"))
    page.goto("/")
    page.locator("#seven a").nth(2).hover()
    expect(page.locator("#seven figcaption")).to_contain_text("2026: ")
    page.set_viewport_size({"width": 360, "height": 740})
    width = page.locator("#seven").evaluate("figure => figure.clientWidth")
    assert 310 <= width < 330  # all but the margins, and in Firefox a scroll bar
    expect(page.locator("#seven svg")).to_have_attribute("viewBox", f"0 0 {width} 264")


@pytest.mark.parametrize(
    ("zone", "updated"),
    [
        ("America/New_York", "Nov 24, 12:00 PM EST, from the snapshot"),
        ("Asia/Kolkata", "Nov 24, 12:00 PM EST (10:30 PM your time), from the snapshot"),
        ("Pacific/Kiritimati", "Nov 24, 12:00 PM EST (Nov 25, 7:00 AM your time), from the snapshot"),
    ],
)
def test_instants_are_told_in_two_zones_and_days_in_none(zone: str, updated: str, visit: Visit) -> None:
    page = visit(timezone_id=zone)
    apply(page, state("fresh"))
    page.goto("/")
    expect(page.locator("#updated")).to_have_text(updated)
    expect(page.locator("#session")).to_have_text("Mon, Nov 23, 2026")


def test_another_language_has_its_own_numbers_and_days(visit: Visit) -> None:
    page = visit(locale="de-DE")
    apply(page, state("fresh"))
    page.goto("/")
    expect(page.locator("#session")).to_have_text("Mo., 23. Nov. 2026")
    expect(page.locator("#move")).to_have_text(re.compile(r"[+−]\d+,\d\d\s?%"))


def color(page: Page, selector: str, name: str = "color") -> str:
    found: str = page.locator(selector).first.evaluate(f"node => getComputedStyle(node).{name}")
    return found


@pytest.mark.usefixtures("chromium")
def test_the_theme_follows_the_system_until_it_is_set_and_then_stays(visit: Visit) -> None:
    page = visit(color_scheme="dark")
    page.goto("/")
    dark = color(page, "body", "backgroundColor")
    page.locator("#theme").select_option("Light")
    light = color(page, "body", "backgroundColor")
    assert light != dark
    page.goto("/status.html")
    assert color(page, "body", "backgroundColor") == light
    expect(page.locator("#theme")).to_have_value("light")
    page.locator("#theme").select_option("System")
    assert color(page, "body", "backgroundColor") == dark


def test_a_remembered_theme_stands_before_anything_is_painted(page: Page, watch: Watch) -> None:
    watch.allow(FAILED)
    page.goto("/")
    page.locator("#theme").select_option("Dark")
    page.route(re.compile(r"page\.js$"), lambda route: route.abort())  # the modules never come
    page.reload(wait_until="commit")
    page.wait_for_selector("main")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    page.unroute_all()


def test_red_can_mean_up(page: Page) -> None:
    apply(page, state("fresh"))
    page.goto("/")
    expect(page.locator("#movers .up").first).to_be_visible()
    before = color(page, ".up"), color(page, ".down")
    page.locator("#rise").select_option("Red up")
    assert (color(page, ".down"), color(page, ".up")) == before
    page.reload()
    expect(page.locator("#movers .up").first).to_be_visible()
    assert (color(page, ".down"), color(page, ".up")) == before


def test_forced_colours_leave_every_bar_to_be_seen(visit: Visit) -> None:
    page = visit(forced_colors="active")
    apply(page, state("fresh"))
    page.goto("/")
    expect(page.locator("#seven a")).to_have_count(7)
    assert color(page, "#seven a rect:not(.hit)", "fill") != color(page, "body", "backgroundColor")
    assert color(page, ".candle rect", "fill") != color(page, "body", "backgroundColor")


def test_a_broken_answer_never_becomes_markup(page: Page) -> None:
    shown = state("fresh")
    hostile = shown.answers["/movers.json"].body.replace(
        b'"Ticker":"', b'"Ticker":"<img src=x onerror=alert(1)>', 1
    )

    def answer(route: Route) -> None:
        route.fulfill(body=hostile, content_type="application/json")

    apply(page, shown)
    page.route("**/movers.json", answer)
    page.goto("/")
    expect(page.locator("#ticker")).to_contain_text("<img src=x")
    assert page.locator("#ticker img").count() == 0
