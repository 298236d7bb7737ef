"""The history: every stored winner as a calendar, by ticker, and in a table."""

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


def stored(name: str = "fresh") -> list[dict[str, Any]]:
    """The winners of a state, newest first."""
    winners: list[dict[str, Any]] = json.loads(state(name).answers["/history.json"].body)
    return winners


def open_history(page: Page, query: str = "", name: str = "fresh") -> None:
    apply(page, state(name))
    page.goto(f"/history.html{query}")
    expect(page.locator("#calendar svg")).to_be_visible()


def dates(page: Page) -> list[str]:
    shown: list[str] = page.locator("#movers time").evaluate_all("all => all.map((time) => time.dateTime)")
    return shown


def labels(page: Page) -> list[str]:
    shown: list[str] = page.locator("#calendar a").evaluate_all(
        "all => all.map((day) => day.getAttribute('aria-label'))"
    )
    return shown


def test_every_stored_winner_stands_in_the_calendar_and_the_latest_hundred_in_the_table(page: Page) -> None:
    open_history(page)
    winners = stored()
    days = page.locator("#calendar a").evaluate_all("all => all.map((day) => day.getAttribute('href'))")
    assert days == [f"/day.html?date={winner['Date']}" for winner in reversed(winners)]
    assert dates(page) == [winner["Date"] for winner in winners[:100]]
    moves = page.locator("#movers .move").all_text_contents()  # drawn or not
    assert moves == [
        f"{'+' if winner['PercentChange'] > 0 else '−'}{abs(winner['PercentChange']):.2f}%"
        for winner in winners[:100]
    ]
    expect(page.locator("#count")).to_have_text(str(len(winners)))
    expect(page.locator("#shown")).to_have_text(f"100 of {len(winners)}")
    assert page.locator("#span time").evaluate_all("all => all.map((time) => time.dateTime)") == [
        winners[-1]["Date"],
        winners[0]["Date"],
    ]


def test_the_direction_is_drawn_and_the_size_is_coloured_in_steps(page: Page) -> None:
    open_history(page)
    drawn = page.locator("#calendar a").evaluate_all(
        """all => all.map((day) => {
          const [tip, side] = day.querySelector("polygon").points;
          return [tip.y < side.y, Number(day.getAttribute("class").match(/step(\\d)/)[1])];
        })"""
    )
    winners = stored()[::-1]
    assert [is_up for is_up, _ in drawn] == [winner["PercentChange"] > 0 for winner in winners]
    counts = Counter(step for _, step in drawn)
    assert sorted(counts) == [0, 1, 2, 3]
    assert max(counts.values()) - min(counts.values()) <= 2
    by_size = sorted(range(len(winners)), key=lambda i: abs(winners[i]["PercentChange"]))
    assert [drawn[i][1] for i in by_size] == sorted(step for _, step in drawn)


def test_wins_are_counted_per_ticker(page: Page) -> None:
    open_history(page)
    winners = stored()
    counts = Counter(winner["Ticker"] for winner in winners)
    ups = Counter(winner["Ticker"] for winner in winners if winner["PercentChange"] > 0)
    rows = page.locator("#wins tbody tr")
    shown = [rows.nth(i).locator("th, td").all_inner_texts() for i in range(rows.count())]
    assert {ticker: (int(won), int(up)) for ticker, won, up, *_ in shown} == {
        ticker: (won, ups[ticker]) for ticker, won in counts.items()
    }
    assert [int(won) for _, won, *_ in shown] == sorted(counts.values(), reverse=True)
    first = shown[0][0]
    last = next(winner["Date"] for winner in winners if winner["Ticker"] == first)
    expect(rows.first.locator("time")).to_have_attribute("datetime", last)


def test_the_calendar_is_walked_by_weeks_and_days_and_the_caption_tells_each(page: Page) -> None:
    open_history(page)
    days = [winner["Date"] for winner in reversed(stored())]
    caption = page.locator("#calendar figcaption")
    told = labels(page)
    page.locator('#calendar a[tabindex="0"]').focus()
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
    assert page.locator('#calendar a[tabindex="0"]').count() == 1
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/day.html?date={days[at]}")


def test_a_day_without_a_record_is_an_empty_cell(page: Page) -> None:
    open_history(page, name="missing")
    assert page.locator('#calendar a[href$="2026-11-19"]').count() == 0
    assert page.locator("#calendar .gap").get_attribute("d")
    expect(page.locator("#banner")).to_contain_text("Incomplete")


def test_the_calendar_fits_any_width_with_cells_for_a_finger(page: Page) -> None:
    open_history(page)
    for width in (320, 700, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        figure = page.locator("#calendar").bounding_box()
        assert figure
        expect(page.locator("#calendar svg")).to_have_attribute(
            "viewBox", re.compile(f"^0 0 {int(figure['width'])} ")
        )
        boxes = page.locator("#calendar a").evaluate_all(
            "all => all.map((day) => day.getBoundingClientRect()).map(({ left, right, width }) => [left, right, width])"
        )
        assert all(left >= 0 and right <= width and wide >= 20 for left, right, wide in boxes)
        assert_no_sideways_scroll(page)


def test_sorting_covers_the_winners_that_are_not_shown(page: Page) -> None:
    open_history(page)
    by_move = sorted(stored(), key=lambda winner: -winner["PercentChange"])
    button = page.locator("#movers").get_by_role("button", name="Move")
    button.click()
    assert dates(page)[:5] == [winner["Date"] for winner in by_move[:5]]
    button.press("Enter")
    assert dates(page)[:5] == [winner["Date"] for winner in by_move[:-6:-1]]
    expect(page.locator("#movers th[aria-sort]")).to_have_attribute("aria-sort", "ascending")
    page.reload()
    expect(page.locator("#calendar svg")).to_be_visible()
    assert dates(page)[:5] == [winner["Date"] for winner in by_move[:-6:-1]]


def test_all_winners_are_shown_on_demand_and_the_reader_goes_on_where_the_list_ended(page: Page) -> None:
    open_history(page)
    page.get_by_role("button", name="Show all").click()
    winners = stored()
    assert dates(page) == [winner["Date"] for winner in winners]
    expect(page.locator("#all")).to_be_hidden()
    expect(page.locator("#shown")).to_have_text(str(len(winners)))
    expect(page.locator(":focus time")).to_have_attribute("datetime", winners[100]["Date"])


def test_one_ticker_can_be_chosen_and_the_address_keeps_it(page: Page) -> None:
    open_history(page)
    won = [winner["Date"] for winner in stored() if winner["Ticker"] == "AMZN"]
    page.get_by_role("combobox", name="Ticker").select_option("AMZN")
    expect(page.locator("#count")).to_have_text(str(len(won)))
    expect(page.locator("#calendar a:not(.faded)")).to_have_count(len(won))
    assert dates(page) == won
    assert page.url.endswith("?t=AMZN")
    page.locator("#movers").get_by_role("button", name="Close").click()
    page.reload()
    expect(page.locator("#count")).to_have_text(str(len(won)))
    assert "t=AMZN" in page.url
    assert "sort=-ClosingPrice" in page.url
    page.get_by_role("combobox", name="Ticker").select_option("All tickers")
    expect(page.locator("#calendar .faded")).to_have_count(0)
    assert "t=" not in page.url.replace("sort=", "")


@pytest.mark.parametrize("asked", ["<img src=x onerror=alert(1)>", "__proto__"])
def test_a_ticker_without_a_win_is_told_and_hides_nothing(asked: str, page: Page) -> None:
    open_history(page, f"?t={asked}")
    expect(page.locator("#unknown")).to_be_visible()
    expect(page.locator("#count")).to_have_text(str(len(stored())))
    assert page.locator("main img").count() == 0


def test_a_new_session_takes_its_place_while_the_page_is_open(page: Page) -> None:
    open_history(page, name="weekend")
    before = page.locator("#calendar a").last.get_attribute("href")
    apply(page, state("fresh"))
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.locator("#calendar a").last).not_to_have_attribute("href", before or "")
    assert page.locator("#calendar svg").count() == 1
    assert dates(page)[0] == stored()[0]["Date"]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("empty", "No session is on record yet."),
        ("down", "The list could not be read."),
    ],
)
def test_without_winners_nothing_but_the_reason_is_shown(
    name: str, words: str, page: Page, watch: Watch
) -> None:
    watch.allow(FAILED)
    apply(page, state(name))
    page.goto("/history.html")
    expect(page.locator("#span")).to_have_text(words)
    expect(page.locator("#movers")).to_be_hidden()


def test_forced_colours_leave_the_directions_to_be_seen(visit: Visit) -> None:
    page = visit(forced_colors="active")
    open_history(page)
    arrow = page.locator("#calendar .step3 polygon").first
    fill, stroke = arrow.evaluate("each => [getComputedStyle(each).fill, getComputedStyle(each).stroke]")
    assert fill != stroke
