"""The history: who won when, how often, and every session in a table."""

import json
import re
from collections import Counter
from datetime import date, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit, assert_no_sideways_scroll
from tests.browser.watch import Watch
from tests.states import apply, state

FAILED = "Failed to load resource"
BOXES = (
    "all => all.map((each) => each.getBoundingClientRect()).map(({ x, right, width }) => [x, right, width])"
)


def stored(name: str = "fresh") -> list[dict[str, Any]]:
    """The winners of a state, newest first."""
    winners: list[dict[str, Any]] = json.loads(state(name).answers["/history.json"].body)
    return winners


def others(name: str = "fresh") -> dict[str, dict[str, Any]]:
    """The winners by previous close, by date."""
    body = state(name).answers["/by-previous-close.json"].body
    return {each["Date"]: each for each in json.loads(body)}


def open_history(page: Page, query: str = "", name: str = "fresh") -> None:
    apply(page, state(name))
    page.goto(f"/history.html{query}")
    expect(page.locator("#movers tbody tr").first).to_be_visible()
    expect(page.locator("#agreement")).not_to_be_empty()  # comes last


def choose(page: Page, name: str) -> None:
    page.locator("fieldset").get_by_text(name, exact=True).click()


def percent(change: float) -> str:
    return f"{'+' if change > 0 else '−'}{abs(change):.2f}%"


def dates(page: Page) -> list[str]:
    shown: list[str] = page.locator("#movers tbody th time").evaluate_all(
        "all => all.map((time) => time.dateTime)"
    )
    return shown


def labels(page: Page, figure: str) -> list[str]:
    shown: list[str] = page.locator(f"{figure} svg a").evaluate_all(
        "all => all.map((day) => day.getAttribute('aria-label'))"
    )
    return shown


def links(page: Page, figure: str) -> list[str]:
    shown: list[str] = page.locator(f"{figure} svg a").evaluate_all(
        "all => all.map((day) => day.getAttribute('href'))"
    )
    return shown


def days_of(winners: list[dict[str, Any]]) -> list[str]:
    return [f"/days/{winner['Date']}.html" for winner in reversed(winners)]


def since(winners: list[dict[str, Any]], day: str) -> list[dict[str, Any]]:
    return [winner for winner in winners if winner["Date"] > day]


def test_the_record_is_told_in_a_heading_and_a_sentence(page: Page) -> None:
    open_history(page)
    winners = stored()
    (first, most), (second, more) = Counter(winner["Ticker"] for winner in winners).most_common(2)
    best = max(winners, key=lambda winner: abs(winner["PercentChange"]))
    expect(page.locator("h1")).to_have_text(f"{len(winners)} sessions, Nov 11, 2025 – Nov 23, 2026")
    story = page.locator("#story")
    expect(story).to_contain_text(f"{first} won {most} of them, {second} {more}.")
    expect(story).to_contain_text(f"Biggest: {best['Ticker']} {percent(best['PercentChange'])} on ")
    expect(story.locator("time")).to_have_attribute("datetime", best["Date"])
    expect(story).to_contain_text(re.compile(r"Longest streak: [A-Z]+, \d+ sessions \(.+\)\."))


def test_every_winner_is_a_line_in_its_tickers_lane_up_or_down_by_its_size(page: Page) -> None:
    open_history(page)
    winners = stored()[::-1]
    assert links(page, "#lanes") == days_of(stored())
    drawn = page.locator("#lanes svg a path").evaluate_all(
        "all => all.map((line) => line.getAttribute('d').match(/M[\\d.]+ ([\\d.]+)v([-\\d.]+)/).slice(1).map(Number))"
    )
    assert [size < 0 for _, size in drawn] == [winner["PercentChange"] > 0 for winner in winners]
    by_size = sorted(range(len(winners)), key=lambda i: abs(winners[i]["PercentChange"]))
    assert [abs(drawn[i][1]) for i in by_size] == sorted(abs(size) for _, size in drawn)
    lane = {winner["Ticker"]: middle for winner, (middle, _) in zip(winners, drawn, strict=True)}
    counts = Counter(winner["Ticker"] for winner in winners)
    assert [middle for middle, _ in drawn] == [lane[winner["Ticker"]] for winner in winners]
    assert sorted(lane, key=lane.__getitem__) == [ticker for ticker, _ in counts.most_common()]
    for ticker, count in counts.items():
        expect(page.locator("#lanes svg")).to_contain_text(ticker)
        expect(page.locator("#lanes svg")).to_contain_text(
            f"{count} wins · {100 * count / len(winners):.0f}%"
        )


def test_tickers_beyond_the_twelfth_share_a_lane(page: Page) -> None:
    winners = [{**winner, "Ticker": f"T{i % 20}"} for i, winner in enumerate(stored())]
    apply(page, state("fresh"))
    page.route("**/history.json", lambda route: route.fulfill(json=winners))
    page.goto("/history.html")
    expect(page.locator("#lanes .name")).to_have_count(13)
    expect(page.locator("#lanes .name").last).to_have_text("others")
    expect(page.locator("#lanes svg a")).to_have_count(len(winners))


def test_the_lanes_are_walked_by_keys_and_told_under_the_pointer(page: Page) -> None:
    open_history(page)
    told, caption = labels(page, "#lanes"), page.locator("#lanes figcaption")
    page.locator('#lanes svg a[tabindex="0"]').focus()
    for key, to in [("ArrowLeft", -2), ("Home", 0), ("ArrowLeft", 0), ("ArrowRight", 1), ("End", -1)]:
        page.keyboard.press(key)
        assert caption.inner_text() == told[to], key
    newest = stored()[0]
    assert told[-1] == f"Mon, Nov 23, 2026: {newest['Ticker']} {percent(newest['PercentChange'])}"
    page.locator("#lanes svg").hover(position={"x": 400, "y": 200})
    assert caption.inner_text() in told[50:-50]
    page.locator('#lanes svg a[tabindex="0"]').press("Enter")
    page.wait_for_url("**/days/2026-11-23.html")


@pytest.mark.usefixtures("chromium")
def test_a_finger_is_told_the_day_and_goes_there_by_the_caption(visit: Visit) -> None:
    page = visit(viewport={"width": 390, "height": 664}, has_touch=True, is_mobile=True)
    open_history(page)
    page.locator("#lanes svg").tap(position={"x": 200, "y": 150})
    link = page.locator("#lanes figcaption a")
    expect(link).to_have_text(re.compile(r"^\w+, \w+ \d+, 2026: [A-Z]+ "))
    assert page.url.endswith("/history.html")
    to = link.get_attribute("href") or ""
    link.tap()
    page.wait_for_url(f"**{to}")


@pytest.mark.parametrize(
    ("name", "first"), [("1M", "2026-10-23"), ("3M", "2026-08-23"), ("1Y", "2025-11-23")]
)
def test_a_range_is_that_of_the_whole_page_and_the_address_keeps_it(
    name: str, first: str, page: Page
) -> None:
    open_history(page)
    within = since(stored(), first)
    choose(page, name)
    for _ in range(2):
        expect(page.locator("h1")).to_contain_text(f"{len(within)} sessions, ")
        expect(page.locator("#lanes svg a")).to_have_count(len(within))
        expect(page.locator("#wins tbody td:nth-child(2)").first).to_contain_text(
            str(Counter(winner["Ticker"] for winner in within).most_common(1)[0][1])
        )
        expect(page.locator("#list .more")).to_contain_text(f"of {len(within)}")
        assert page.url.endswith(f"?range={name.lower()}")
        page.reload()
        expect(page.locator("#agreement")).not_to_be_empty()
    choose(page, "All")
    expect(page.locator("#lanes svg a")).to_have_count(len(stored()))
    assert page.url.endswith("/history.html")


def test_ranges_that_cut_nothing_are_not_offered(page: Page) -> None:
    open_history(page, name="long")
    expect(page.locator("#ranges")).to_be_hidden()
    expect(page.locator("#views")).to_be_visible()
    expect(page.locator("h1")).to_have_text("7 sessions, Nov 13–23, 2026")


def test_the_calendar_colours_by_round_limits_and_the_address_keeps_it(page: Page) -> None:
    open_history(page)
    choose(page, "Calendar")
    expect(page.locator("#calendar svg a")).to_have_count(len(stored()))
    expect(page.locator("#lanes")).to_be_hidden()
    page.reload()
    expect(page.locator("#calendar svg a")).to_have_count(len(stored()))
    drawn = page.locator("#calendar svg a").evaluate_all(
        """all => all.map((day) => {
          const [tip, side] = day.querySelector("polygon").points;
          return [tip.y < side.y, Number(day.getAttribute("class").match(/s(\\d)/)[1])];
        })"""
    )
    moves = [winner["PercentChange"] for winner in reversed(stored())]
    assert drawn == [[move > 0, min(3, int(abs(move)))] for move in moves]
    expect(page.locator("#legend")).to_have_text(re.compile("under 1%.*1–2%.*2–3%.*over 3%.*market closed"))
    choose(page, "Lanes")
    expect(page.locator("#lanes svg a")).to_have_count(len(stored()))


def test_the_calendar_is_walked_by_weeks_and_days_and_the_caption_tells_each(page: Page) -> None:
    open_history(page, "?view=calendar")
    days = [winner["Date"] for winner in reversed(stored())]
    caption, told = page.locator("#calendar figcaption"), labels(page, "#calendar")
    page.locator('#calendar svg a[tabindex="0"]').focus()
    at = len(days) - 1
    expect(caption).to_have_text(told[at])
    week = timedelta(weeks=1)
    before = next(
        i for i in range(at, -1, -1) if days[i] <= (date.fromisoformat(days[at]) - week).isoformat()
    )
    for key, to in [
        ("ArrowLeft", before),
        ("ArrowUp", before - 1),
        ("ArrowDown", before),
        ("ArrowRight", at),
        ("ArrowRight", at),
        ("Home", 0),
        ("ArrowLeft", 0),
        ("ArrowUp", 0),
        ("End", at),
    ]:
        page.keyboard.press(key)
        assert caption.inner_text() == told[to], key
    assert page.locator('#calendar svg a[tabindex="0"]').count() == 1
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/days/{days[at]}.html")


def test_a_missing_session_is_not_drawn_like_a_closed_market(page: Page) -> None:
    open_history(page, "?range=3m", "missing")
    for figure in ("#lanes", "#calendar"):
        assert "/days/2026-11-19.html" not in links(page, figure)
        expect(page.locator(f"{figure} svg .missing")).to_have_count(1)
        expect(page.locator(f"{figure} svg .closed")).to_have_count(1)  # Labor Day
        expect(page.locator(f"{figure} svg :is(.missing > title, .missing + title)")).to_have_text(
            "Thu, Nov 19, 2026: missing"
        )
        expect(page.locator("#legend")).to_contain_text("session missing")
        choose(page, "Calendar")
        expect(page.locator("#calendar svg")).to_be_visible()


def test_wins_are_counted_per_ticker_and_sorted_under_their_own_name(page: Page) -> None:
    open_history(page)
    winners = stored()
    counts = Counter(winner["Ticker"] for winner in winners)
    ups = Counter(winner["Ticker"] for winner in winners if winner["PercentChange"] > 0)
    rows = page.locator("#wins tbody tr")
    shown = [rows.nth(i).locator("th a, td").all_inner_texts() for i in range(rows.count())]
    assert [(ticker, won, int(up)) for ticker, won, up, *_ in shown] == [
        (ticker, f"{count} {100 * count / len(winners):.0f}%", ups[ticker])
        for ticker, count in counts.most_common()
    ]
    last = next(winner["Date"] for winner in winners if winner["Ticker"] == shown[0][0])
    expect(rows.first.locator("time")).to_have_attribute("datetime", last)
    page.locator("#wins").get_by_role("button", name="Ticker").click()
    assert page.url.endswith("?wins=Ticker")
    page.reload()
    expect(page.locator("#agreement")).not_to_be_empty()
    assert page.locator("#wins tbody th a").all_inner_texts() == sorted(counts)
    assert dates(page)[0] == winners[0]["Date"]


def test_the_table_shows_each_move_by_both_measures(page: Page) -> None:
    open_history(page)
    winners, known = stored(), others()
    assert dates(page) == [winner["Date"] for winner in winners[:20]]
    cells = page.locator("#movers tbody tr")
    for i, winner in enumerate(winners[:20]):
        other = known[winner["Date"]]
        same = other["Ticker"] == winner["Ticker"]
        expect(cells.nth(i).locator("td:nth-child(4)")).to_have_text(percent(winner["PercentChange"]))
        expect(cells.nth(i).locator("td:nth-child(5)")).to_have_text(
            "same" if same else f"{other['Ticker']} {percent(other['PercentChange'])}"
        )
    same = sum(
        known[day]["Ticker"] == winner["Ticker"] for winner in winners if (day := winner["Date"]) in known
    )
    expect(page.locator("#agreement")).to_have_text(
        f"Same top mover by both measures on {same} of {len(known)} sessions."
    )


def test_without_the_other_measure_its_column_is_not_there(page: Page, watch: Watch) -> None:
    watch.allow(FAILED)
    apply(page, state("fresh"))
    page.route("**/by-previous-close*", lambda route: route.fulfill(status=404))
    page.goto("/history.html")
    expect(page.locator("#agreement")).to_be_hidden()
    expect(page.locator("#movers")).to_be_visible()
    expect(page.locator("#movers").get_by_role("button", name="By previous close")).to_be_hidden()


def test_sorting_covers_the_winners_that_are_not_shown(page: Page) -> None:
    open_history(page)
    by_size = sorted(stored(), key=lambda winner: -abs(winner["PercentChange"]))
    button = page.locator("#movers").get_by_role("button", name="Move", exact=True)
    button.click()
    assert dates(page) == [winner["Date"] for winner in by_size[:20]]
    button.press("Enter")
    expect(page.locator("#movers th[aria-sort]")).to_have_attribute("aria-sort", "ascending")
    page.reload()
    expect(page.locator("#agreement")).not_to_be_empty()
    assert dates(page) == [winner["Date"] for winner in by_size[:-21:-1]]
    page.locator("#movers").get_by_role("button", name="By previous close").click()
    expect(page.locator("#movers tbody td:nth-child(5)").first).to_have_text(re.compile(r"[A-Z]+ [+−]"))


def test_more_rows_come_by_the_hundred_and_the_reader_goes_on_where_the_list_ended(page: Page) -> None:
    open_history(page)
    winners = stored()
    for shown in (20, 120, 220):
        expect(page.locator("#list .more")).to_contain_text(f"{shown} of {len(winners)}")
        page.locator("#list").get_by_role("button", name="Show more").click()
        expect(page.locator(":focus time")).to_have_attribute("datetime", winners[shown]["Date"])
    assert dates(page) == [winner["Date"] for winner in winners]
    expect(page.locator("#list .more")).to_be_hidden()


def test_a_row_leads_to_its_day(page: Page) -> None:
    open_history(page)
    page.locator("#movers tbody tr").nth(2).locator("td:nth-child(6)").click()
    page.wait_for_url(f"**/days/{stored()[2]['Date']}.html")


def test_one_ticker_can_be_chosen_and_the_address_keeps_it(page: Page) -> None:
    open_history(page)
    won = [winner["Date"] for winner in stored() if winner["Ticker"] == "AMZN"]
    page.get_by_role("combobox", name="Ticker", exact=True).select_option("AMZN")
    assert dates(page) == won[:20]
    expect(page.locator("#list .more")).to_contain_text(f"20 of {len(won)}")
    page.reload()
    expect(page.locator("#agreement")).not_to_be_empty()
    assert page.url.endswith("?t=AMZN")
    assert dates(page) == won[:20]
    page.get_by_role("combobox", name="Ticker", exact=True).select_option("All tickers")
    assert page.url.endswith("/history.html")
    expect(page.locator("#list .more")).to_contain_text(f"of {len(stored())}")


@pytest.mark.parametrize("asked", ["<img src=x onerror=alert(1)>", "__proto__"])
def test_an_address_that_asks_for_what_there_is_not_hides_nothing(asked: str, page: Page) -> None:
    open_history(page, f"?t={asked}&range={asked}&view={asked}&sort={asked}&wins={asked}")
    expect(page.locator("#none")).to_contain_text("has not been the top mover. All are shown.")
    expect(page.locator("h1")).to_contain_text(f"{len(stored())} sessions")
    expect(page.locator("#lanes svg a")).to_have_count(len(stored()))
    expect(page.locator("#list .more")).to_contain_text(f"of {len(stored())}")
    assert page.locator("main img").count() == 0


def test_the_whole_list_can_be_downloaded(page: Page) -> None:
    open_history(page)
    expect(page.get_by_role("link", name="Download CSV")).to_have_attribute("href", "/movers.csv")


def test_a_new_session_takes_its_place_while_the_page_is_open(page: Page) -> None:
    open_history(page, name="weekend")
    before = page.locator("#lanes svg a").last.get_attribute("href")
    apply(page, state("fresh"))
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.locator("#lanes svg a").last).not_to_have_attribute("href", before or "")
    assert page.locator("#lanes svg").count() == 1
    expect(page.locator("#movers tbody time").first).to_have_attribute("datetime", stored()[0]["Date"])


def test_before_the_first_session_nothing_but_that_is_said(page: Page) -> None:
    apply(page, state("empty"))
    page.goto("/history.html")
    expect(page.locator("h1")).to_have_text("No data yet")
    expect(page.locator("#record")).to_be_hidden()
    expect(page.get_by_role("button", name="Retry")).to_be_hidden()


def test_a_reader_without_data_can_ask_again(page: Page, watch: Watch) -> None:
    watch.allow(FAILED)
    apply(page, state("down"))
    page.goto("/history.html")
    expect(page.locator("h1")).to_have_text("Can’t load the data right now")
    expect(page.locator("#record")).to_be_hidden()
    page.get_by_role("button", name="Retry").click()
    expect(page.get_by_role("button", name="Retry")).to_be_enabled()
    apply(page, state("fresh"))
    page.get_by_role("button", name="Retry").click()
    expect(page.locator("h1")).to_contain_text(f"{len(stored())} sessions")
    expect(page.locator("#lanes svg a")).to_have_count(len(stored()))
    expect(page.get_by_role("button", name="Retry")).to_be_hidden()


@pytest.mark.parametrize("name", ["fresh", "long", "missing"])
def test_the_page_fits_any_width(name: str, page: Page) -> None:
    open_history(page, name=name)
    for view in ("Lanes", "Calendar"):
        choose(page, view)
        figure = page.locator(f"#{view.lower()}")
        for width in (320, 390, 700, 1280):
            page.set_viewport_size({"width": width, "height": 800})
            box = figure.bounding_box()
            assert box
            expect(figure.locator("svg")).to_have_attribute(
                "viewBox", re.compile(f"^0 0 {int(box['width'])} ")
            )
            boxes = figure.locator("svg a").evaluate_all(BOXES)
            assert all(left >= 0 and right <= width for left, right, _ in boxes)
            assert view == "Lanes" or all(wide >= 20 for *_, wide in boxes)
            assert_no_sideways_scroll(page)


@pytest.mark.usefixtures("chromium")
@pytest.mark.parametrize("width", [320, 390, 1280])
@pytest.mark.parametrize("query", ["", "?view=calendar"])
def test_nothing_moves_while_the_page_fills(query: str, width: int, visit: Visit) -> None:
    page = visit(viewport={"width": width, "height": 720})
    page.add_init_script(
        """window.shift = 0;
        new PerformanceObserver((list) => list.getEntries().forEach(({ value }) => (window.shift += value)))
          .observe({ type: "layout-shift", buffered: true });"""
    )
    open_history(page, query)
    assert page.evaluate("shift") <= 0.01


def test_forced_colours_leave_what_matters_to_be_seen(visit: Visit) -> None:
    page = visit(forced_colors="active")
    open_history(page)
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    line = page.locator("#lanes svg a path").first
    assert line.evaluate("each => getComputedStyle(each).stroke") != paper
    looks = "each => getComputedStyle(each).backgroundColor"
    chosen, not_chosen = (page.locator("#ranges label").nth(i).evaluate(looks) for i in (3, 0))
    assert chosen != not_chosen
    choose(page, "Calendar")
    arrow = page.locator("#calendar svg .s3 polygon").first
    fill, stroke = arrow.evaluate("each => [getComputedStyle(each).fill, getComputedStyle(each).stroke]")
    assert fill != stroke
