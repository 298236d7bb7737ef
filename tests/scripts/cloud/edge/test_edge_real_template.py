"""The edge in front of the project's own distribution, as it is synthesized."""

import time

import pytest

from scripts.cloud.edge import Edge
from tests.scripts.cloud.edge.conftest import FakeOrigin, Reply, Viewer

pytestmark = pytest.mark.xdist_group("edge")  # one synthesis for all


@pytest.fixture(scope="module")
def edge(real_edge: Edge) -> Edge:
    return real_edge


def test_a_missing_twin_is_the_resource(viewer: Viewer, api: FakeOrigin) -> None:
    api.replies["/tickers/AAPL.json"] = Reply(body=b"{}", headers={"ETag": '"1"'})
    answer = viewer.get("/tickers/AAPL.json")
    assert (answer.status, answer.headers["ETag"]) == (200, '"1"')
    assert answer.headers.get_all("Access-Control-Allow-Origin") == ["*"]


def test_a_twin_whose_bucket_is_silent_comes_from_the_api_before_the_page_gives_up(
    viewer: Viewer, files: FakeOrigin, api: FakeOrigin
) -> None:
    files.replies["/movers.json"] = Reply(delay_seconds=10)
    api.replies["/movers.json"] = Reply(body=b"[]")
    asked_at = time.monotonic()
    assert viewer.get("/movers.json").body == b"[]"
    assert time.monotonic() - asked_at < 4


@pytest.mark.parametrize("path", ["/movers.csv", "/feed.xml"])
def test_a_missing_file_of_data_is_an_error_in_the_apis_form_and_no_page(path: str, viewer: Viewer) -> None:
    answer = viewer.get(path, Origin="https://example.org")
    assert (answer.status, answer.body) == (404, b'{"error": "There is no such resource."}')
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize("path", ["/movers.json", "/tickers/AAPL", "/feed.xml", "/movers/1999-01-04"])
def test_data_is_inert_and_other_sites_may_read_what_they_need_of_it(
    path: str, viewer: Viewer, files: FakeOrigin, api: FakeOrigin
) -> None:
    for origin in (files, api):
        origin.replies.setdefault(path, Reply(headers={"Last-Modified": "Tue, 10 Feb 2026 21:00:00 GMT"}))
    headers = viewer.get(path, Origin="https://example.org").headers
    assert headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'; sandbox"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Access-Control-Expose-Headers"] == "ETag, Date, Age, Retry-After"
    assert headers["Strict-Transport-Security"] == "max-age=63072000"
    assert headers["Last-Modified"] is None


def test_the_page_comes_with_its_policy_and_a_missing_one_is_404(viewer: Viewer, files: FakeOrigin) -> None:
    files.replies |= {"/index.html": Reply(body=b"page"), "/404.html": Reply(body=b"not here")}
    answers = [viewer.get(path) for path in ("/", "/missing")]
    assert [(answer.status, answer.body) for answer in answers] == [(200, b"page"), (404, b"not here")]
    for answer in answers:
        assert "require-trusted-types-for 'script'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert "camera=()" in answer.headers["Permissions-Policy"]
