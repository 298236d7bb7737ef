"""A state that is applied answers the page's reads, and those alone, in place of the local cloud."""

from typing import Any

import pytest
from playwright.sync_api import Page

from scripts.folders import ROOT
from tests.browser.watch import Watch
from tests.states import apply, state

READ = """async (path) => {
  try {
    const answer = await fetch(path, { signal: AbortSignal.timeout(500) });
    return { status: answer.status, body: await answer.text() };
  } catch (error) {
    return error.name;
  }
}"""


def read(page: Page, path: str) -> Any:
    return page.evaluate(READ, path)


@pytest.fixture
def quiet(page: Page, watch: Watch) -> Page:
    """A page that reads nothing by itself."""
    watch.allow("Failed to load resource")
    page.goto("/404.html")
    return page


def test_documents_and_data_come_from_the_state_and_assets_from_the_cloud(quiet: Page) -> None:
    apply(quiet, state("fresh"))
    for path in ("/movers.json", "/status", "/tickers/NVDA.json"):
        expected = state("fresh").answers[path].body.decode()
        assert read(quiet, path) == {"status": 200, "body": expected}
    assert read(quiet, "/tickers/ZZZZ")["status"] == 404
    page = state("fresh").documents["/index.html"].body.decode()
    assert read(quiet, "/") == {"status": 200, "body": page}
    assert read(quiet, "/robots.txt")["body"] == (ROOT / "site/robots.txt").read_text()


def test_reads_fail_and_hang_as_the_state_says(quiet: Page) -> None:
    apply(quiet, state("offline"))
    assert read(quiet, "/movers.json") == "TypeError"
    apply(quiet, state("hung"))
    assert read(quiet, "/movers.json") == "TimeoutError"


def test_the_readers_clock_stands_at_the_states_time_and_the_reader_is_offline_where_it_says_so(
    quiet: Page,
) -> None:
    apply(quiet, state("offline"))
    quiet.reload()
    assert quiet.evaluate("new Date().toISOString()") == "2026-11-24T17:00:00.000Z"
    assert quiet.evaluate("navigator.onLine") is False
