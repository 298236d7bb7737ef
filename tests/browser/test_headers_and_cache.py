"""What the page's files carry on their way, what a view costs, and that the next one costs next to nothing."""

import pytest
import requests
from playwright.sync_api import Browser

from infra.headers import CONTENT_SECURITY_POLICY
from scripts.cloud.state import ROOT
from scripts.cloud.up import LocalCloud
from scripts.deployment.page import ASSET_CACHE, PAGE_CACHE, PageFile, page_files
from tests.browser.conftest import Visit
from tests.browser.weigh import weigh

BUDGET_BYTES = 15 * 1024
BUDGET_REQUESTS = 9
FILES = page_files(ROOT)


@pytest.fixture(scope="module")
def reader(cloud: LocalCloud) -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    session.verify = str(cloud.ca)
    return session


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.key.rpartition("/")[2])
def test_a_file_of_the_page_comes_with_its_headers(
    file: PageFile, reader: requests.Session, cloud: LocalCloud
) -> None:
    answer = reader.get(f"{cloud.site_url}/{file.key}", timeout=20)
    assert (answer.status_code, answer.content) == (200, file.body)
    assert answer.headers["Content-Type"] == file.content_type
    assert answer.headers["Cache-Control"] == file.cache_control
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    if file.key.endswith(".html"):
        assert answer.headers["Content-Security-Policy"] == CONTENT_SECURITY_POLICY
        assert answer.headers["Strict-Transport-Security"] == "max-age=63072000; includeSubDomains"


def test_what_has_a_version_in_its_path_is_kept_for_good_and_all_else_is_asked_for_again() -> None:
    assert {file.cache_control for file in FILES if file.key.startswith("assets/")} == {ASSET_CACHE}
    assert {file.cache_control for file in FILES if not file.key.startswith("assets/")} == {PAGE_CACHE}
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
