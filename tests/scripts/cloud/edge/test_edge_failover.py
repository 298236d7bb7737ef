"""When the first origin fails: the second one's answer, or the page for errors."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.cloud.edge import Edge
from tests.conftest import free_port
from tests.scripts.cloud.edge.conftest import (
    FakeCloudFront,
    FakeOrigin,
    Reply,
    Viewer,
    make_edge,
    read_template,
)


@pytest.mark.parametrize("status", [403, 404, 500, 503])
def test_a_failed_file_is_answered_by_the_api(
    status: int, viewer: Viewer, files: FakeOrigin, api: FakeOrigin
) -> None:
    path = f"/movers/failed-{status}.json"
    files.replies[path] = Reply(status)
    api.replies[path] = Reply(body=b"from the api")
    answer = viewer.get(f"{path}?days=7&utm=x")
    assert (answer.status, answer.body, answer.came) == (200, b"from the api", "Miss")
    assert api.asked_for(path)[0].path == f"{path}?days=7"


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS"])
def test_every_read_fails_over(method: str, viewer: Viewer, api: FakeOrigin) -> None:
    path = f"/{method}-over.json"
    api.replies[path] = Reply(headers={"ETag": '"api"'})
    answer = viewer.get(path, method)
    assert (answer.status, answer.headers["ETag"]) == (200, '"api"')


def test_the_outcome_of_a_failover_is_kept_once(viewer: Viewer, files: FakeOrigin, api: FakeOrigin) -> None:
    api.replies["/kept-over.json"] = Reply(headers={"Cache-Control": "max-age=60"})
    assert [viewer.get("/kept-over.json").came for _ in range(2)] == ["Miss", "Hit"]
    assert len(files.asked_for("/kept-over.json")) == len(api.asked_for("/kept-over.json")) == 1


def test_if_both_fail_the_second_origins_answer_is_given(viewer: Viewer) -> None:
    answer = viewer.get("/both-fail.json")
    assert (answer.status, answer.body) == (404, b'{"error": "There is no such resource."}')
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_missing_page_is_the_error_page(viewer: Viewer, files: FakeOrigin) -> None:
    files.replies["/404.html"] = Reply(body=b"<h1>Not here</h1>", headers={"Content-Type": "text/html"})
    answers = [viewer.get("/no-such-page.html", Accept="text/html") for _ in range(2)]
    assert {(answer.status, answer.body, answer.came) for answer in answers} == {
        (404, b"<h1>Not here</h1>", "Error")
    }
    assert answers[0].headers["Content-Security-Policy"]
    assert len(files.asked_for("/no-such-page.html")) == 1
    assert viewer.get("/404.html").status == 200


def test_a_refusal_behind_a_failover_is_the_error_page_too(
    viewer: Viewer, files: FakeOrigin, api: FakeOrigin
) -> None:
    files.replies["/404.html"] = Reply(body=b"<h1>Not here</h1>")
    api.replies["/refused.json"] = Reply(403)
    answer = viewer.get("/refused.json")
    assert (answer.status, answer.body) == (404, b"<h1>Not here</h1>")


@pytest.fixture
def fallen_bucket(api: FakeOrigin, cloudfront: FakeCloudFront, tmp_path: Path) -> Iterator[Edge]:
    with make_edge(f"http://127.0.0.1:{free_port()}", api.url, tmp_path, cloudfront) as edge:
        yield edge


def test_an_origin_that_cannot_be_reached_has_failed(fallen_bucket: Edge, api: FakeOrigin) -> None:
    api.replies["/unreached.json"] = Reply(body=b"from the api")
    assert Viewer(fallen_bucket).get("/unreached.json").body == b"from the api"
    assert Viewer(fallen_bucket).get("/page.html").status == 502


def test_an_origin_that_is_too_slow_has_failed(
    files: FakeOrigin, api: FakeOrigin, cloudfront: FakeCloudFront, tmp_path: Path
) -> None:
    template = read_template()
    config = template["Resources"]["Distribution"]["Properties"]["DistributionConfig"]
    config["OriginGroups"]["Items"][0]["FailoverCriteria"]["StatusCodes"]["Items"] = [500]
    for origin in config["Origins"][:2]:
        origin["S3OriginConfig"]["OriginReadTimeout"] = 1
    slow = Reply(delay_seconds=1.5)
    files.replies |= {"/slow.json": slow, "/slow.css": slow}
    api.replies |= {"/slow.json": Reply(body=b"from the api"), "/movers/slow": slow}
    with make_edge(files.url, api.url, tmp_path, cloudfront, template) as edge:
        assert Viewer(edge).get("/slow.json").body == b"from the api"
        assert Viewer(edge).get("/slow.css").status == 504
        assert Viewer(edge).get("/movers/slow").status == 504
