"""What the page's files carry on their way, what a view costs, and that the next one costs next to nothing."""

from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
import requests
from playwright.sync_api import Browser, Page

from api.routes import HTML, PAGE
from infra.headers import CONTENT_SECURITY_POLICY
from scripts.cloud.up import LocalCloud
from scripts.deployment.page import ASSET_CACHE, page_files
from scripts.folders import ROOT
from tests.browser.conftest import Visit
from tests.browser.watch import Watch
from tests.browser.weigh import weigh

BUDGET_BYTES = 16 * 1024
BUDGET_REQUESTS = 7
FILES = page_files(ROOT)


@pytest.fixture(scope="module")
def reader(cloud: LocalCloud) -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    session.verify = str(cloud.ca)
    return session


def test_a_file_of_the_page_comes_with_its_headers(reader: requests.Session, cloud: LocalCloud) -> None:
    for file in FILES:
        answer = reader.get(f"{cloud.site_url}/{file.key}", timeout=20)
        assert (answer.status_code, answer.content) == (200, file.body), file.key
        assert answer.headers["Content-Type"] == file.content_type, file.key
        assert answer.headers["Cache-Control"] == file.cache_control, file.key
        assert answer.headers["X-Content-Type-Options"] == "nosniff", file.key


@pytest.mark.parametrize("path", ["", "days/{}.html", "history.html", "day.html?date={}", "nowhere"])
def test_a_document_comes_with_the_policy(reader: requests.Session, cloud: LocalCloud, path: str) -> None:
    newest = reader.get(f"{cloud.site_url}/movers.json", timeout=20).json()[0]["Date"]
    answer = reader.get(f"{cloud.site_url}/{path.format(newest)}", timeout=20)
    assert answer.status_code == (404 if path == "nowhere" else 200)
    assert answer.headers["Content-Type"] == HTML
    assert answer.headers["Cache-Control"] == PAGE
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == CONTENT_SECURITY_POLICY
    assert answer.headers["Strict-Transport-Security"] == "max-age=63072000"


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[str]:
    """Another site."""
    with ThreadingHTTPServer(
        ("127.0.0.1", 0), partial(SimpleHTTPRequestHandler, directory=tmp_path)
    ) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


ASK = """
(urls) => Promise.all(urls.map(async (url) => {
  const headers = { "If-None-Match": '"another"', "X-Any": "1" };
  const answer = await fetch(url, { headers, cache: "no-store" });
  return [answer.status, answer.headers.get("ETag"), answer.headers.get("Date")].map(Boolean);
}))
"""


def test_another_sites_script_may_ask_with_any_header_and_read_what_it_needs(
    page: Page, cloud: LocalCloud, watch: Watch, elsewhere: str
) -> None:
    watch.allow("another host|status of 4")
    data = ("/movers.json", "/movers/?days=2", "/tickers/TSLA", "/history/", "/movers.csv", "/feed.xml")
    errors = ("/movers?days=junk", "/tickers/NONE", "/tickers/", "/movers//x", "/nothing.json")
    page.goto(elsewhere)
    read = page.evaluate(ASK, [cloud.site_url + path for path in (*data, *errors)])
    assert read == [[True, True, True]] * len(data) + [[True, False, True]] * len(errors)


def test_an_object_of_a_pages_type_does_nothing_among_the_data(
    page: Page, cloud: LocalCloud, watch: Watch
) -> None:
    watch.allow("CSP|Content[- ]Security[- ]Policy|sandboxed|blocked the loading")
    key = "tickers/EVIL.json"
    where = {"Bucket": cloud.outputs.site_bucket_name, "Key": key}
    html = b"<title>still</title><script>document.title='ran'</script><img src=/assets/icon.svg>"
    cloud.client("s3").put_object(**where, Body=html, ContentType="text/html")
    try:
        page.goto(f"/{key}")
        assert page.title() == "still"
        assert page.locator("img").evaluate("image => image.naturalWidth") == 0
    finally:
        cloud.client("s3").delete_object(**where)


def test_what_has_a_version_in_its_path_is_kept_for_good_and_all_else_is_asked_for_again() -> None:
    assert {file.cache_control for file in FILES if file.key.startswith("assets/")} == {ASSET_CACHE}
    assert {file.cache_control for file in FILES if not file.key.startswith("assets/")} == {PAGE}
    assert "immutable" in ASSET_CACHE


def test_a_first_view_stays_within_its_budget(chromium: Browser, visit: Visit, cloud: LocalCloud) -> None:
    weight = weigh(visit(), "/").view
    assert weight.size <= BUDGET_BYTES, f"\n{weight}"
    assert weight.requests <= BUDGET_REQUESTS, f"\n{weight}"
    assert weight.hosts == {cloud.site_url.removeprefix("https://")}
    assert {each.status for each in weight.transfers} == {200}


def test_a_second_view_takes_the_document_alone_from_the_network(
    chromium: Browser, visit: Visit, cloud: LocalCloud
) -> None:
    """Within the minute for which a browser may keep what the edge has just fetched; an older copy of the edge's
    would be near its end already."""
    cloud.invalidate("/*")
    page = visit()
    first, second = weigh(page, "/"), weigh(page, "/")
    assert {each.url for each in second.transfers} == {each.url for each in first.transfers}
    document, *rest = second.transfers
    assert [str(each) for each in rest if each.size or each.source == "network"] == []
    assert 0 < document.size < first.transfers[0].size
