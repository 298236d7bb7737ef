"""A reader's browser in front of the local cloud; `--engine firefox` takes the second engine."""

from collections.abc import Iterator
from contextlib import ExitStack, closing
from typing import Any, Protocol
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from scripts.cloud.up import LocalCloud
from scripts.tools.browser import CHROMIUM, ENGINES, Engine, open_browser, trusting
from tests.browser.watch import Watch

expect.set_options(timeout=15_000)  # a busy machine is slow, and no test is about how fast it is

# The name of a site that leads to this machine.
FOREIGN = "--host-resolver-rules=MAP page.example 127.0.0.1"


class Visit(Protocol):
    """Opens a page in a context of its own: no cache, no storage. Options are those of Playwright's `new_context`."""

    def __call__(self, **options: Any) -> Page: ...


def assert_no_sideways_scroll(page: Page) -> None:
    """Nothing is wider than the window, from which Firefox takes a scroll bar's width."""
    root = "document.documentElement"
    assert page.evaluate(f"{root}.scrollWidth") <= page.evaluate(f"{root}.clientWidth")


@pytest.fixture(scope="session")
def engine(request: pytest.FixtureRequest) -> Engine:
    return ENGINES[request.config.getoption("engine")]


@pytest.fixture(scope="session")
def browser(engine: Engine, cloud: LocalCloud) -> Iterator[Browser]:
    flags = [*trusting(cloud.site_url), FOREIGN] if engine == CHROMIUM else []
    with sync_playwright() as playwright, closing(open_browser(playwright, engine, flags)) as running:
        yield running


@pytest.fixture
def chromium(browser: Browser, engine: Engine) -> Browser:
    """The browser of a test that asks of it what Playwright can ask of Chromium only."""
    if engine != CHROMIUM:
        pytest.skip("only Chromium can be asked for this")
    return browser


@pytest.fixture
def watch(cloud: LocalCloud) -> Iterator[Watch]:
    """What goes wrong in the test's pages; it fails at its end for whatever it has not said to expect."""
    watch = Watch(urlsplit(cloud.site_url).netloc)
    yield watch
    if verdict := watch.verdict():
        pytest.fail("\n".join(verdict))


@pytest.fixture
def visit(browser: Browser, engine: Engine, cloud: LocalCloud, watch: Watch) -> Iterator[Visit]:
    reader = {
        "base_url": cloud.site_url,
        "locale": "en-US",
        "timezone_id": "America/New_York",
        "ignore_https_errors": engine != CHROMIUM,
    }
    with ExitStack() as contexts:

        def visit(**options: Any) -> Page:
            context = contexts.enter_context(closing(browser.new_context(**{**reader, **options})))
            watch.over(context)
            return context.new_page()

        yield visit


@pytest.fixture
def page(visit: Visit) -> Page:
    """A page of a reader in New York who is here for the first time."""
    return visit()
