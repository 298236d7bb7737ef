"""The watch over every page sees what it is there for."""

import re

import pytest
from playwright.sync_api import ConsoleMessage, Page

from scripts.cloud.up import LocalCloud
from tests.browser.watch import Watch


@pytest.mark.parametrize(
    ("script", "fault"),
    [
        ("console.error('broken')", "^error: broken"),
        ("console.warn('odd')", "^warning: odd"),
        ("setTimeout(() => { throw Error('lost') })", "^uncaught: .*lost"),
        ("document.body.setAttribute('style', 'color: red')", "CSP: style-src-attr forbids inline"),
        ("document.body.append(Object.assign(new Image(), {src: '//example.org/x'}))", "CSP: img-src"),
        ("try { document.body.innerHTML = '<b>' } catch {}", "CSP: require-trusted-types-for"),
    ],
)
def test_a_fault_is_seen(page: Page, watch: Watch, script: str, fault: str) -> None:
    page.goto("/404.html")

    def tells(message: ConsoleMessage) -> bool:
        return bool(re.search(fault, f"{message.type}: {message.text}"))

    uncaught = "uncaught" in fault
    with page.expect_event("pageerror") if uncaught else page.expect_console_message(tells):
        page.evaluate(script)
    page.context.close()
    assert re.search(fault, "\n".join(watch.verdict()), re.MULTILINE)
    watch.allow("")


def test_a_request_to_another_host_is_seen(page: Page, watch: Watch, cloud: LocalCloud) -> None:
    page.goto(f"{cloud.aws_endpoint}/_ministack/health")
    assert watch.verdict()[0].startswith(f"another host: {cloud.aws_endpoint}")
    watch.allow("")


def test_what_a_test_allows_passes_and_nothing_else() -> None:
    watch = Watch("localhost", faults=["error: broken", "warning: odd"])
    watch.allow("^warning")
    assert watch.verdict() == ["error: broken"]
