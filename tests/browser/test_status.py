"""The status: how current the data is, what comes next, and whether both sources respond."""

import json
import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit, assert_no_sideways_scroll
from tests.browser.watch import Watch
from tests.states import apply, state

FAILED = "Failed to load resource"
VERDICTS = {
    "fresh": "We have the latest available session; the next isn’t due yet.",
    "simulated": "We have the latest available session; the next isn’t due yet.",
    "api": "We have the latest available session; the next isn’t due yet.",
    "weekend": "The exchange is closed for the weekend. All earlier sessions are in.",
    "recorded": "The exchange is closed for the weekend. All earlier sessions are in.",
    "holiday": "The exchange is closed for a holiday. All earlier sessions are in.",
    "late": "The next session is overdue. Earlier results are still right.",
    "missing": "Some sessions are missing. We retry every hour.",
    "empty": "New site. The first sessions appear after the next run.",
    "down": "Nothing responds, and this device has no saved copy.",
}
FAILING = {"api", "down", "offline"}
PARTS = ("#facts", "#way", "#days", "#source", "#watched")


def told(name: str) -> dict[str, Any]:
    """What a state's status says."""
    status: dict[str, Any] = json.loads(state(name).answers["/status"].body)
    return status


def open_status(page: Page, watch: Watch, name: str, changes: dict[str, Any] | None = None) -> None:
    """`changes` are of the state's status."""
    if name in FAILING:
        watch.allow(FAILED)
    apply(page, state(name))
    if changes:
        page.route("**/status.json", lambda route: route.fulfill(json={**told(name), **changes}))
    page.goto("/status.html")
    expect(page.locator("#parts")).not_to_have_class("loading")


def text(page: Page, id: str) -> str:
    """With spaces that may break."""
    return page.locator(id).inner_text().replace("\u00a0", " ")


def labels(page: Page) -> list[str]:
    shown: list[str] = page.locator("#strip svg a").evaluate_all(
        "all => all.map((day) => day.getAttribute('aria-label'))"
    )
    return shown


def signs(page: Page, kind: str) -> list[str | None]:
    """Where the days of a kind lead to."""
    found = page.locator(f"#strip svg a:has(.{kind})")
    return [found.nth(i).get_attribute("href") for i in range(found.count())]


def row(page: Page, resource: str) -> list[str]:
    """What the check says of a resource: file, API, compared."""
    return page.locator("#check tbody tr").filter(has_text=resource).locator("td").all_inner_texts()


@pytest.mark.parametrize("name", VERDICTS)
def test_every_state_has_its_verdict(name: str, page: Page, watch: Watch) -> None:
    open_status(page, watch, name)
    expect(page.locator("h1")).to_have_text("Data status")
    expect(page.locator("#story")).to_have_text(VERDICTS[name])
    for part in PARTS:
        expect(page.locator(part)).to_be_visible(visible=name not in {"empty", "down"})
    page.get_by_text("What do these words mean?").click()
    expect(page.locator("details dd").get_by_text(VERDICTS[name])).to_be_visible()


def test_the_facts_are_those_of_the_status_on_both_clocks(page: Page, watch: Watch) -> None:
    open_status(page, watch, "fresh")
    expect(page.locator("#latest")).to_have_text("Mon, Nov 23, 2026")
    expect(page.locator("#latest a")).to_have_attribute("href", "/days/2026-11-23.html")
    expect(page.locator("#next")).to_have_text("Tue, Nov 24, 2026 (today)")
    expect(page.locator("#next time")).to_have_attribute("datetime", "2026-11-24")
    assert text(page, "#expected") == "Nov 24, 9:10 PM PT · Nov 25, 12:10 AM ET"
    assert text(page, "#alarm") == "Nov 25, 7:05 AM PT · 10:05 AM ET"
    assert text(page, "#changed") == "Nov 24, 9:00 AM PT · 12:00 PM ET"
    assert text(page, "#checked") == "Nov 23, 9:10 PM PT · Nov 24, 12:10 AM ET"


def test_times_are_new_yorks_and_words_english_for_a_reader_anywhere(visit: Visit, watch: Watch) -> None:
    page = visit(locale="de-DE", timezone_id="Asia/Kolkata")
    open_status(page, watch, "fresh")
    assert text(page, "#alarm") == "Nov 25, 7:05 AM PT · 10:05 AM ET"
    expect(page.locator("#way svg[role]")).to_contain_text("now 12:00 PM")


def test_the_way_to_the_next_result_is_drawn_as_far_as_it_is_gone(page: Page, watch: Watch) -> None:
    open_status(page, watch, "fresh")
    drawing = page.locator("#way svg[role]")
    expect(drawing).to_have_attribute(
        "aria-label",
        "Now it is Tue 12:00 PM. Mon, Nov 23 came in Tue 12:10 AM. "
        "Tue, Nov 24 closes Tue 4:00 PM and is expected about Wed 12:10 AM. "
        "If it isn’t in by Wed 10:05 AM, an alarm goes off. Times in ET.",
    )
    assert drawing.locator("g:not(.now) > circle").evaluate_all(
        "all => all.map((each) => each.getAttribute('class'))"
    ) == ["done", "done", "todo", "todo", "todo"]
    for station in ("4:00 PM", "12:10 AM", "12:05 AM", "10:05 AM"):
        expect(drawing.get_by_text(station).first).to_be_visible()


def test_past_the_alarm_the_way_is_red_and_ends_with_now(page: Page, watch: Watch) -> None:
    open_status(page, watch, "late")
    drawing = page.locator("#way svg[role]")
    expect(drawing).to_have_attribute("aria-label", re.compile("The alarm went off Sat 10:05 AM"))
    assert drawing.locator("> g > circle").evaluate_all(
        "all => all.map((each) => each.getAttribute('class'))"
    ) == ["done", "done", "done", "slow", "past"]
    now, alarm = drawing.locator(".now circle").bounding_box(), drawing.locator("circle.past").bounding_box()
    assert now
    assert alarm
    assert now["x"] > alarm["x"]


def test_before_the_alarm_a_session_that_is_not_in_is_later_than_usual(page: Page, watch: Watch) -> None:
    open_status(page, watch, "fresh")
    page.clock.set_fixed_time("2026-11-25T08:00:00Z")
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.locator("#story")).to_contain_text("later than usual, but not overdue yet")
    expect(page.locator("#way line.slow")).to_have_count(1)
    page.clock.set_fixed_time("2026-11-25T16:00:00Z")
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.locator("#story")).to_have_text(VERDICTS["late"])
    assert signs(page, "missing") == ["/day.html?date=2026-11-24"]


def test_the_recent_sessions_are_dots_that_lead_to_their_days(page: Page, watch: Watch) -> None:
    open_status(page, watch, "fresh")
    stored = [session["Date"] for session in reversed(told("fresh")["Sessions"])]
    assert signs(page, "good") == [f"/days/{day}.html" for day in stored]
    assert labels(page)[-1] == "Mon, Nov 23, 2026: on time"
    expect(page.locator("#score")).to_have_text("30 of 30 in")


def test_sessions_that_came_late_or_were_added_later_are_told_so(page: Page, watch: Watch) -> None:
    sessions = told("fresh")["Sessions"]
    for i, hours in ((2, 5), (5, 72)):
        late = datetime.fromisoformat(sessions[i]["RecordedAt"]) + timedelta(hours=hours)
        sessions[i]["RecordedAt"] = late.strftime("%Y-%m-%dT%H:%M:%SZ")
    for session in sessions[20:]:
        session["RecordedAt"] = sessions[19]["RecordedAt"]
    open_status(page, watch, "fresh", {"Sessions": sessions})
    assert labels(page)[-3] == "Thu, Nov 19, 2026: late by 5 hours"
    assert labels(page)[-6] == "Mon, Nov 16, 2026: late by 3 days"
    assert len(signs(page, "in")) == 10
    expect(page.locator("#legend")).to_contain_text("added afterwards")
    expect(page.locator("#score")).to_have_text("30 of 30 in · 2 late")


def test_a_missing_session_and_those_overdue_are_among_the_dots(page: Page, watch: Watch) -> None:
    open_status(page, watch, "missing")
    assert signs(page, "missing") == ["/day.html?date=2026-11-19"]
    assert "Thu, Nov 19, 2026: missing" in labels(page)
    expect(page.locator("#score")).to_have_text("30 of 31 in · 1 missing")
    open_status(page, watch, "late")
    assert signs(page, "missing") == ["/day.html?date=2026-11-20", "/day.html?date=2026-11-23"]


def test_a_holiday_is_a_dash_with_its_name(page: Page, watch: Watch) -> None:
    open_status(page, watch, "holiday")
    assert signs(page, "closed") == ["/day.html?date=2026-11-26"]
    assert labels(page)[-1] == "Thu, Nov 26, 2026: market closed (Thanksgiving Day)"


def test_the_dots_are_walked_by_keys_and_told_above_them(page: Page, watch: Watch) -> None:
    open_status(page, watch, "holiday")
    all_of_them, caption = labels(page), page.locator("#strip figcaption")
    page.locator('#strip svg a[tabindex="0"]').focus()
    for key, to in [("ArrowLeft", -2), ("Home", 0), ("ArrowLeft", 0), ("ArrowRight", 1), ("End", -1)]:
        page.keyboard.press(key)
        assert caption.inner_text() == all_of_them[to], key
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    page.wait_for_url("**/days/2026-11-25.html")


@pytest.mark.usefixtures("chromium")
def test_a_finger_is_told_the_day_and_goes_there_by_the_caption(visit: Visit, watch: Watch) -> None:
    page = visit(viewport={"width": 390, "height": 664}, has_touch=True, is_mobile=True)
    open_status(page, watch, "missing")
    page.locator("#strip svg a:has(.missing)").tap()
    link = page.locator("#strip figcaption a")
    expect(link).to_have_text("Thu, Nov 19, 2026: missing")
    assert page.url.endswith("/status.html")
    link.tap()
    page.wait_for_url(re.compile(r"/day\.html\?date=2026-11-19$"))


@pytest.mark.parametrize(
    ("name", "movers", "outcome"),
    [
        ("fresh", r"\d+ ms; \d+ ms; identical", "Both sources respond, with identical data."),
        ("stale", r"\d+ ms; \d+ ms; different", "Both sources respond, but their data differs"),
        ("api", r"error 404; \d+ ms; –", "One source doesn’t respond."),
        ("down", r"error 500; error 500; –", "Neither source responds."),
        ("offline", r"no answer; no answer; –", "Neither source responds."),
    ],
)
def test_both_sources_are_asked(name: str, movers: str, outcome: str, page: Page, watch: Watch) -> None:
    open_status(page, watch, name)
    expect(page.locator("#outcome")).to_contain_text(outcome)
    assert re.fullmatch(movers, "; ".join(row(page, "/movers")))
    assert len(row(page, "/status")) == 3
    expect(page.locator("#backup")).to_be_visible(visible=name in {"api", "stale"})
    expect(page.locator("#check").get_by_role("link", name="API docs")).to_have_attribute(
        "href", "/openapi.json"
    )


def test_a_reader_without_data_can_ask_again(page: Page, watch: Watch) -> None:
    open_status(page, watch, "down")
    expect(page.locator("#outcome")).to_have_text("Neither source responds.")
    expect(page.locator("#state")).not_to_contain_text(VERDICTS["down"])
    apply(page, state("fresh"))
    page.get_by_role("button", name="Retry").press("Enter")
    expect(page.locator("#outcome")).to_have_text("Both sources respond, with identical data.")
    expect(page.locator("#story")).to_have_text(VERDICTS["fresh"])
    expect(page.locator("#latest")).to_have_text("Mon, Nov 23, 2026")


def test_the_running_cloud_says_the_same_by_both_sources(page: Page) -> None:
    page.goto("/status.html")
    expect(page.locator("#outcome")).to_have_text("Both sources respond, with identical data.")
    expect(page.locator("#kind")).to_have_text("Demo data, made up")


def test_with_everything_down_the_copy_of_the_last_visit_stays(page: Page, watch: Watch) -> None:
    open_status(page, watch, "fresh")
    open_status(page, watch, "down")
    expect(page.locator("#state")).to_contain_text("Saved copy from")
    expect(page.locator("#story")).to_have_text("Nothing responds. You see the copy from your last visit.")
    expect(page.locator("#latest")).to_have_text("Mon, Nov 23, 2026")
    expect(page.locator("#way")).to_be_hidden()
    expect(page.locator("#outcome")).to_have_text("Neither source responds.")


def test_the_source_is_told_in_words(page: Page, watch: Watch) -> None:
    open_status(page, watch, "fresh")
    expect(page.locator("#vendor")).to_have_text("Massive")
    expect(page.locator("#kind")).to_have_text("Real end-of-day prices")
    expect(page.locator("#clock")).to_be_hidden()
    expect(page.locator("#exchange")).to_have_text("XNYS, prices in USD")
    expect(page.locator("#formula")).to_have_text("(Close − Open) / Open × 100")
    assert page.locator("#watchlist a").all_inner_texts() == told("fresh")["Watchlist"]
    expect(page.locator("#watchlist li").first).to_have_text("AAPL Apple")
    expect(page.locator("#watchlist a").first).to_have_attribute("href", "/ticker.html?t=AAPL")


def test_a_replay_tells_its_clock(page: Page, watch: Watch) -> None:
    open_status(page, watch, "recorded")
    expect(page.locator("#kind")).to_have_text("Real past prices, replayed")
    days = round(-told("recorded")["Source"]["ClockOffsetSeconds"] / 86_400)
    assert text(page, "#clock") == f"{days} days behind real time: May 30, 9:00 AM PT · 12:00 PM ET"
    expect(page.locator("#way svg[role]")).to_have_attribute(
        "aria-label", re.compile("^Now it is Sat 12:00 PM")
    )


def test_of_a_long_watchlist_the_first_hundred_are_shown(page: Page, watch: Watch) -> None:
    open_status(page, watch, "long")
    expect(page.locator("#stocks")).to_have_text("600 stocks")
    expect(page.locator("#watchlist li")).to_have_count(101)
    more = page.locator("#watchlist").get_by_role("link", name="500 more")
    expect(more).to_have_attribute("href", "/days/2026-11-23.html#ranking")


def test_the_status_of_an_earlier_release_is_shown_as_far_as_it_goes(page: Page, watch: Watch) -> None:
    none: dict[str, Any] = {"Sessions": [], "Holidays": [], "Names": {}, "CheckedAt": None, "ReadyAt": None}
    open_status(page, watch, "fresh", none)
    expect(page.locator("#checked")).to_have_text("–")
    assert text(page, "#expected") == "Nov 24, 9:10 PM PT · Nov 25, 12:10 AM ET"
    assert len(signs(page, "in")) == 7
    expect(page.locator("#watchlist li").first).to_have_text("AAPL")


@pytest.mark.parametrize("name", ["fresh", "late", "long", "down"])
def test_the_page_fits_any_width(name: str, page: Page, watch: Watch) -> None:
    open_status(page, watch, name)
    for width in (320, 390, 700, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        figure = page.locator("#strip")
        if box := figure.bounding_box():
            expect(figure.locator("svg")).to_have_attribute(
                "viewBox", re.compile(f"^0 0 {int(box['width'])} ")
            )
        edges = page.locator("main svg :is(a, text, circle)").evaluate_all(
            "all => all.map((each) => each.getBoundingClientRect()).flatMap(({ x, right }) => [x, right])"
        )
        assert all(0 <= edge <= width for edge in edges)
        assert_no_sideways_scroll(page)


@pytest.mark.usefixtures("chromium")
@pytest.mark.parametrize("width", [320, 390, 1280])
@pytest.mark.parametrize("name", ["fresh", "late", "weekend", "down"])
def test_nothing_moves_while_the_page_fills(name: str, width: int, visit: Visit, watch: Watch) -> None:
    page = visit(viewport={"width": width, "height": 720})
    page.add_init_script(
        """window.shift = 0;
        new PerformanceObserver((list) => list.getEntries().forEach(({ value }) => (window.shift += value)))
          .observe({ type: "layout-shift", buffered: true });"""
    )
    open_status(page, watch, name)
    expect(page.locator("#outcome")).to_contain_text("respond")
    assert page.evaluate("shift") <= 0.01


@pytest.mark.usefixtures("chromium")
def test_on_paper_the_dots_remain_and_what_cannot_be_used_goes(page: Page, watch: Watch) -> None:
    open_status(page, watch, "fresh")
    page.emulate_media(media="print", color_scheme="dark")
    expect(page.locator("#strip svg")).to_be_visible()
    for gone in ("#strip figcaption", "#retry", "details"):
        expect(page.locator(gone)).to_be_hidden()
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "light"
