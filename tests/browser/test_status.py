"""The status: how fresh the numbers are, what is missing, and whether both ways to them answer."""

import json
import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.watch import Watch
from tests.states import apply, state

FAILED = "Failed to load resource"
VERDICTS = {
    "fresh": "Up to date",
    "simulated": "Up to date",
    "api": "Up to date",
    "weekend": "Weekend, market closed",
    "recorded": "Weekend, market closed",
    "holiday": "Holiday, market closed",
    "late": "Late",
    "missing": "Incomplete",
    "empty": "No session yet",
    "down": "No data",
}
FAILING = {"api", "down", "offline"}


def told(name: str) -> dict[str, Any]:
    """What a state's status says."""
    status: dict[str, Any] = json.loads(state(name).answers["/status"].body)
    return status


def open_status(page: Page, watch: Watch, name: str) -> None:
    if name in FAILING:
        watch.allow(FAILED)
    apply(page, state(name))
    page.goto("/status.html")
    expect(page.locator("#story")).not_to_be_empty()


def row(page: Page, resource: str) -> list[str]:
    """What the check says of a resource: snapshot, API, compared."""
    return page.locator("#check tbody tr").filter(has_text=resource).locator("td").all_inner_texts()


@pytest.mark.parametrize("name", VERDICTS)
def test_every_state_has_its_verdict_and_the_explanation_that_stands_below(
    name: str, page: Page, watch: Watch
) -> None:
    open_status(page, watch, name)
    expect(page.locator("#verdict")).to_have_text(VERDICTS[name])
    explained = page.locator(".states div").filter(has=page.get_by_text(VERDICTS[name], exact=True))
    expect(page.locator("#story")).to_have_text(explained.locator("dd").inner_text())


def test_the_facts_are_those_of_the_status(page: Page, watch: Watch) -> None:
    open_status(page, watch, "fresh")
    expect(page.locator("#newest")).to_have_text("Mon, Nov 23, 2026")
    expect(page.locator("#newest a")).to_have_attribute("href", "/day.html?date=2026-11-23")
    expect(page.locator("#next time")).to_have_attribute("datetime", told("fresh")["NextSession"])
    expect(page.locator("#due")).to_have_text("Nov 25, 10:05 AM EST")
    expect(page.locator("#updated")).to_have_text("Nov 24, 12:00 PM EST, from the snapshot")
    expect(page.locator("#provider")).to_have_text("massive, live")
    expect(page.locator("#clock")).to_have_text("real time")
    expect(page.locator("#formula")).to_have_text("(Close − Open) / Open × 100")
    assert page.locator("#watchlist a").all_inner_texts() == told("fresh")["Watchlist"]


def test_a_clock_that_is_set_back_is_told(page: Page, watch: Watch) -> None:
    open_status(page, watch, "recorded")
    days = round(-told("recorded")["Source"]["ClockOffsetSeconds"] / 86_400)
    expect(page.locator("#clock")).to_have_text(f"{days} days behind real time")


def test_expected_sessions_are_told_stored_or_missing(page: Page, watch: Watch) -> None:
    open_status(page, watch, "missing")
    shown = page.locator("#sessions tbody tr")
    assert (
        shown.locator("time").evaluate_all("all => all.map((time) => time.dateTime)")
        == told("missing")["Expected"]
    )
    expect(shown.filter(has_text="Nov 19")).to_contain_text("✗ missing")
    assert shown.filter(has_text="✓ stored").count() == 6
    expect(page.locator("#stored")).to_have_text("6 of 7 stored")


@pytest.mark.parametrize(
    ("name", "movers", "outcome"),
    [
        ("fresh", r"\d+ ms; \d+ ms; same bytes", "Both ways answer, and say the same."),
        ("stale", r"\d+ ms; \d+ ms; different bytes", "The answers differ"),
        ("api", r"failed \(404\), \d+ ms; \d+ ms; not compared", "Not every way answers."),
        ("down", r"failed \(500\), \d+ ms; failed \(500\), \d+ ms; not compared", "Not every way answers."),
        ("offline", r"no answer, \d+ ms; no answer, \d+ ms; not compared", "Not every way answers."),
    ],
)
def test_both_ways_are_tried(name: str, movers: str, outcome: str, page: Page, watch: Watch) -> None:
    open_status(page, watch, name)
    expect(page.locator("#outcome")).to_contain_text(outcome)
    assert re.fullmatch(movers, "; ".join(row(page, "/movers")))
    assert len(row(page, "/status")) == 3


def test_the_ways_can_be_tried_again(page: Page, watch: Watch) -> None:
    open_status(page, watch, "down")
    expect(page.locator("#outcome")).to_have_text("Not every way answers.")
    apply(page, state("fresh"))
    page.get_by_role("button", name="Try again").press("Enter")
    expect(page.locator("#outcome")).to_have_text("Both ways answer, and say the same.")


def test_the_running_cloud_says_the_same_both_ways(page: Page) -> None:
    page.goto("/status.html")
    expect(page.locator("#outcome")).to_have_text("Both ways answer, and say the same.", timeout=15_000)


def test_with_everything_down_the_page_tells_what_was_seen_and_what_the_states_mean(
    page: Page, watch: Watch
) -> None:
    open_status(page, watch, "fresh")
    open_status(page, watch, "down")
    expect(page.locator("#banner")).to_contain_text("Last seen.")
    expect(page.locator("#newest")).to_have_text("Mon, Nov 23, 2026")
    expect(page.locator("#outcome")).to_have_text("Not every way answers.")
    expect(page.get_by_text("Neither way answers. The page shows")).to_be_visible()


def test_the_verdict_follows_the_time_while_the_numbers_stay(page: Page, watch: Watch) -> None:
    open_status(page, watch, "fresh")
    expect(page.locator("#verdict")).to_have_text("Up to date")
    page.clock.set_fixed_time("2026-11-25T16:00:00Z")
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.locator("#verdict")).to_have_text("Late")
