"""The front page as a reader meets it: the answer comes with the document, and modules judge and refresh it."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import requests
from playwright.sync_api import Page, expect

from scripts.cloud.up import LocalCloud
from tests.browser.conftest import Visit
from tests.browser.watch import Watch
from tests.states import State, apply, state
from tests.states.answers import SERVER_ERROR, Answer

SAID = {
    "fresh": r"^Up to date\. Next result: Tuesday’s close, about 12:10 AM ET Wednesday\.$",
    "simulated": r"^Demo data\. These prices are made up\.$",
    "recorded": r"^Replay of past data, as of Sat, May 30, 2026\.$",
    "late": r"^Delayed\. Friday’s result was due Sat, Nov 21; you see Thursday’s\.$",
    "weekend": r"^Up to date\. Markets are closed for the weekend · next result: Monday’s close, about",
    "holiday": r"^Up to date\. Markets are closed today \(Thanksgiving Day\) · next result: Friday’s close, about",
    "offline": r"^You’re offline\. What you see may be old\.",
    "api": r"^Up to date\.",
    "truncated": r"^Up to date\.",
    "wrong-shape": r"^Up to date\.",
    "stale": r"^Up to date\.",
    "empty": r"^No data yet\. The first result appears after the first market close\.$",
    "missing": r"^One session is missing: Thu, Nov 19\. We retry every hour\.$",
    "down": r"^Can’t load newer data right now\. We keep trying\.$",
}
FAILED = "Failed to load resource|NetworkError|net::ERR"
WHEN = "h1 time"


def look_again(page: Page) -> None:
    """What a browser tells the page when it is on line again."""
    page.evaluate("dispatchEvent(new Event('online'))")


def said(page: Page) -> str:
    return " ".join(page.locator("#state").inner_text().split())


def settled(page: Page) -> None:
    expect(page.locator("#state")).to_have_attribute("data-tone", re.compile("."))


def percent(change: float) -> str:
    return f"{'+' if change > 0 else '−'}{abs(change):.2f}%"


def with_answers(shown: State, **answers: Answer) -> State:
    return replace(shown, answers={**shown.answers, **answers})


def test_the_answer_is_in_the_document_for_readers_without_script_too(
    visit: Visit, cloud: LocalCloud
) -> None:
    """It is what the published data say, and so are its links."""
    page = visit(java_script_enabled=False)
    movers: list[dict[str, Any]] = json.loads(
        requests.get(f"{cloud.site_url}/movers.json", verify=str(cloud.ca), timeout=9).text
    )
    page.goto("/")
    first = movers[0]
    figure = page.locator("h1 .figure")
    expect(figure).to_have_text(f"{first['Ticker']} {percent(first['PercentChange'])}")
    expect(page.locator(WHEN)).to_have_attribute("datetime", first["Date"])
    rows = page.locator("#movers tbody tr")
    assert rows.locator("time").evaluate_all("all => all.map(each => each.dateTime)") == [
        mover["Date"] for mover in movers
    ]
    for row, mover in zip(rows.all(), movers, strict=True):
        expect(row.locator("td").last).to_have_text(f"${mover['ClosingPrice']:,.2f}")
    expect(page.locator("#state")).to_have_text(re.compile(r"^Last result: \w+, \w+ \d+, 20\d\d\.$"))
    expect(page.get_by_role("link", name="movers.csv")).to_be_visible()
    expect(page.locator("#go")).to_be_hidden()
    rows.first.get_by_role("link").first.click()
    expect(figure).to_have_text(f"{first['Ticker']} {percent(first['PercentChange'])}")
    assert page.url.endswith(f"/days/{first['Date']}.html")


@pytest.mark.parametrize("name", SAID)
def test_every_state_says_what_it_is_and_keeps_the_answer(name: str, page: Page, watch: Watch) -> None:
    apply(page, state(name))
    if name in {"offline", "down", "api", "stale"}:
        watch.allow(FAILED)
    page.goto("/")
    settled(page)
    assert re.search(SAID[name], said(page))
    if name == "empty":
        expect(page.locator("h1")).to_have_text("No data yet")
    else:
        newest = json.loads(state(name).answers.get("/history", state("fresh").answers["/history"]).body)[0]
        expect(page.locator(WHEN)).to_have_attribute("datetime", newest["Date"])
        assert page.locator("#movers tbody tr").count() == 7


NOTE_WHEN_ASKED = """
    const { fetch } = window;
    window.asked = {};
    window.fetch = (path, ...rest) => {
        asked[path] ??= performance.now();
        return fetch(path, ...rest);
    };
"""


def test_a_hung_snapshot_gives_way_to_the_api_after_four_seconds(page: Page) -> None:
    """From request to request, by the page's own clock: how busy the machine is matters little then."""
    page.add_init_script(NOTE_WHEN_ASKED)
    apply(page, state("hung"))
    page.goto("/")
    settled(page)
    asked = page.evaluate("asked")
    assert 3_990 < asked["/movers"] - asked["/movers.json"] < 6_000  # in milliseconds


def test_a_newer_session_is_drawn_when_it_is_there(page: Page) -> None:
    apply(page, state("weekend"))
    page.goto("/")
    settled(page)
    expect(page.locator(WHEN)).to_have_attribute("datetime", "2026-11-20")
    apply(page, state("fresh"))
    look_again(page)
    expect(page.locator(WHEN)).to_have_attribute("datetime", "2026-11-23")
    expect(page).to_have_title(re.compile(r"^[A-Z]+ [▲▼] \d+\.\d\d% · Top mover, last 7 full trading days$"))
    expect(page.locator("#refreshed")).to_have_attribute("datetime", "2026-11-24T05:10:00Z")
    expect(page.locator("#movers tbody tr")).to_have_count(7)


def test_the_first_session_is_drawn_on_a_page_that_had_none(page: Page) -> None:
    apply(page, state("empty"))
    page.goto("/")
    settled(page)
    apply(page, state("fresh"))
    look_again(page)
    expect(page.locator(WHEN)).to_have_attribute("datetime", "2026-11-23")
    expect(page.locator(".refreshed")).to_have_text("Last refreshed Nov 23, 9:10 PM PT · Nov 24, 12:10 AM ET")


def test_a_newer_session_that_could_not_be_read_is_drawn_later(page: Page, watch: Watch) -> None:
    """The list of winners was read, the session itself was not."""
    watch.allow(FAILED)
    apply(page, state("weekend"))
    page.goto("/")
    settled(page)
    lost = {f"/movers/2026-11-23{suffix}": SERVER_ERROR for suffix in ("", ".json")}
    apply(page, with_answers(state("fresh"), **lost))
    with page.expect_response("**/movers/2026-11-23"):
        look_again(page)
    expect(page.locator(WHEN)).to_have_attribute("datetime", "2026-11-20")
    apply(page, state("fresh"))
    look_again(page)
    expect(page.locator(WHEN)).to_have_attribute("datetime", "2026-11-23")


def older_data(page: Page) -> None:
    apply(page, replace(state("weekend"), documents=state("fresh").documents))


def older_copy(page: Page) -> None:
    """This browser has seen the session before, and now reads nothing."""
    apply(page, state("weekend"))
    page.goto("/")
    settled(page)
    apply(page, state("down"))


@pytest.mark.parametrize("meet", [older_data, older_copy])
def test_nothing_older_is_drawn_over_the_document(
    meet: Callable[[Page], None], page: Page, watch: Watch
) -> None:
    watch.allow(FAILED)
    meet(page)
    page.goto("/")
    settled(page)
    page.wait_for_load_state("networkidle")
    expect(page.locator(WHEN)).to_have_attribute("datetime", "2026-11-23")
    assert page.locator("#movers tbody time").first.get_attribute("datetime") == "2026-11-23"


def test_a_reader_who_goes_off_line_is_told_and_keeps_the_answer(page: Page, watch: Watch) -> None:
    watch.allow(FAILED)
    data = re.compile(r"/(movers|status)[^/]*$")
    page.goto("/")
    settled(page)
    answer = page.locator("h1").inner_text()
    page.route(data, lambda route: route.abort())  # an emulated reader off line could still read its cache
    page.context.set_offline(True)
    expect(page.locator("#state")).to_contain_text("You’re offline. Saved copy from")
    assert page.locator("h1").inner_text() == answer
    page.unroute(data)
    page.context.set_offline(False)
    expect(page.locator("#state")).not_to_contain_text("offline")


COUNT_CHANGES = """() => {
  window.changes = 0;
  const count = (all) => (window.changes += all.filter(({ type }) => type === "childList").length);
  new MutationObserver(count).observe(document.querySelector("main"), { childList: true, subtree: true });
}"""


def test_nothing_is_redrawn_or_said_again_while_nothing_is_new(page: Page) -> None:
    apply(page, state("fresh"))
    page.goto("/")
    settled(page)
    page.evaluate(COUNT_CHANGES)
    with page.expect_response(re.compile("status.json")):
        look_again(page)
    page.wait_for_load_state("networkidle")
    assert page.evaluate("changes") <= 1  # the time of the last refresh


def test_a_table_sorts_by_the_size_of_a_move_and_the_address_keeps_it(page: Page) -> None:
    apply(page, state("fresh"))
    page.goto("/")
    settled(page)
    movers = json.loads(state("fresh").answers["/movers.json"].body)
    dates = page.locator("#movers tbody time")
    page.get_by_role("button", name="Move", exact=True).click()
    by_size = sorted(movers, key=lambda mover: -abs(mover["PercentChange"]))
    expected = [mover["Date"] for mover in by_size]
    expect(page.locator("#movers th[aria-sort=descending]")).to_have_text("Move")
    assert dates.evaluate_all("all => all.map(each => each.dateTime)") == expected
    assert page.url.endswith("?sort=-PercentChange")
    page.reload()
    expect(page.locator("#movers th[aria-sort=descending]")).to_have_text("Move")
    assert dates.evaluate_all("all => all.map(each => each.dateTime)") == expected


@pytest.mark.parametrize("sort", ["Nonsense", '"]', "__proto__"])
def test_an_order_that_is_none_is_passed_over(sort: str, page: Page) -> None:
    apply(page, state("fresh"))
    page.goto(f"/?sort={sort}")
    settled(page)
    expect(page.locator("#movers th[aria-sort]")).to_have_text("Session")


def test_a_row_leads_where_its_session_is(page: Page) -> None:
    apply(page, state("fresh"))
    page.goto("/")
    settled(page)
    page.locator("#movers tbody tr").nth(1).locator("td").last.click()
    page.wait_for_url("**/days/2026-11-20.html")


def test_tiles_show_the_watchlist_by_size_of_move_and_how_many_more_there_are(page: Page) -> None:
    apply(page, state("long"))
    page.goto("/")
    bars = json.loads(state("long").answers["/movers/2026-11-23.json"].body)["Bars"]
    tiles = page.locator(".tiles li")
    expect(tiles).to_have_count(13)
    assert tiles.locator("b").all_inner_texts() == [bar["Ticker"] for bar in bars[:12]]
    page.get_by_role("link", name="588 more").click()
    page.wait_for_url("**/days/2026-11-23.html#ranking")


def arrow(page: Page, selector: str) -> str:
    """What stands before a move for the eye alone: its sign says the same to everybody."""
    content: str = page.locator(selector).evaluate("node => getComputedStyle(node, '::before').content")
    return content.partition(" / ")[0].strip('"').strip()


def test_a_winner_that_did_not_move_is_neither_up_nor_down(page: Page) -> None:
    apply(page, state("flat"))
    page.goto("/")
    expect(page.locator("h1 .move")).to_have_text("0.00%")
    expect(page.locator(".facts")).to_contain_text("Nothing moved")
    assert arrow(page, "h1 .move") == "■"


@pytest.mark.parametrize("zone", ["America/New_York", "Pacific/Kiritimati"])
def test_times_are_those_of_the_market_wherever_the_reader_is(zone: str, visit: Visit) -> None:
    page = visit(timezone_id=zone, locale="de-DE")
    apply(page, state("fresh"))
    page.goto("/")
    settled(page)
    expect(page.locator(".refreshed")).to_have_text("Last refreshed Nov 23, 9:10 PM PT · Nov 24, 12:10 AM ET")
    expect(page.locator(WHEN)).to_have_text("Monday, November 23, 2026")


@pytest.mark.parametrize(
    ("asked", "url"), [("tsla", "/ticker.html?t=TSLA"), ("2026-11-18", "/days/2026-11-18.html")]
)
def test_the_form_goes_to_a_ticker_or_a_date(asked: str, url: str, page: Page) -> None:
    apply(page, state("fresh"))
    page.goto("/")
    settled(page)
    offered = page.locator("#places option").evaluate_all("all => all.map(each => each.value)")
    assert offered == json.loads(state("fresh").answers["/status.json"].body)["Watchlist"]
    page.get_by_label("Go to ticker or date").fill(asked)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{url}")


def color(page: Page, selector: str, name: str = "color") -> str:
    found: str = page.locator(selector).first.evaluate(f"node => getComputedStyle(node).{name}")
    return found


@pytest.mark.usefixtures("chromium")
def test_the_theme_follows_the_system_until_it_is_set_and_then_stays(visit: Visit, watch: Watch) -> None:
    watch.allow(FAILED)
    page = visit(color_scheme="dark")
    page.goto("/")
    settled(page)
    dark = color(page, "body", "backgroundColor")
    settings = page.get_by_role("button", name="Settings")
    settings.click()
    expect(settings).to_have_attribute("aria-expanded", "true")
    page.get_by_label("Theme").select_option("Light")
    light = color(page, "body", "backgroundColor")
    assert light != dark
    page.route(re.compile(r"\.js$"), lambda route: route.abort())  # it stands before any module has come
    page.goto("/history.html", wait_until="commit")
    page.wait_for_selector("main")
    assert color(page, "body", "backgroundColor") == light


def test_red_can_mean_up(page: Page) -> None:
    apply(page, state("fresh"))
    page.goto("/")
    settled(page)
    before = color(page, "#movers .up"), color(page, "#movers .down")
    page.get_by_role("button", name="Settings").click()
    page.get_by_label("Colors").select_option("Red = up")
    assert (color(page, "#movers .down"), color(page, "#movers .up")) == before
    page.reload()
    assert (color(page, "#movers .down"), color(page, "#movers .up")) == before


def test_forced_colours_leave_every_bar_to_be_seen(visit: Visit) -> None:
    page = visit(forced_colors="active")
    apply(page, state("fresh"))
    page.goto("/")
    assert color(page, "#movers .bar rect", "fill") != color(page, "body", "backgroundColor")
    assert color(page, "#spark path", "stroke") != color(page, "body", "backgroundColor")


HOSTILE = '<img src=x onerror="alert(1)">"\'&\u202e' + "W" * 300


def test_a_hostile_name_never_becomes_markup_or_breaks_the_page(page: Page) -> None:
    """From the status, which modules draw with."""
    fresh = state("fresh")
    status = json.loads(fresh.answers["/status.json"].body)
    body = json.dumps({**status, "Names": dict.fromkeys(status["Watchlist"], HOSTILE)}).encode()
    hostile = {f"/status{suffix}": Answer(200, body) for suffix in ("", ".json")}
    apply(page, with_answers(replace(fresh, documents=state("weekend").documents), **hostile))
    page.goto("/")
    expect(page.locator(WHEN)).to_have_attribute("datetime", "2026-11-23")
    expect(page.locator("#movers tbody tr").first).to_contain_text(HOSTILE.replace("\u202e", "")[:20])
    assert page.locator("main img").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
