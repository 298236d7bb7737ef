"""How long the edge keeps what, and what it says of that. The arithmetic is tested in test_edge_rules."""

import time
from concurrent.futures import ThreadPoolExecutor
from email.utils import parsedate_to_datetime

import pytest

from tests.conftest import eventually
from tests.scripts.cloud.edge.conftest import FakeOrigin, Reply, Viewer

OVER_A_SECOND = 2.1  # nginx counts whole seconds

RUN_OUT = {
    "/kept.json": "max-age=0, s-maxage=1",
    "/revalidated.json": "max-age=1, stale-while-revalidate=60",
    "/broken.json": "max-age=1, stale-if-error=60",
    "/removed.json": "max-age=1, stale-if-error=60",
}


@pytest.fixture(scope="module")
def once_kept(viewer: Viewer, files: FakeOrigin, api: FakeOrigin) -> None:
    """The cache holds an old answer for each of RUN_OUT's paths, whose time is over."""
    for path, directives in RUN_OUT.items():
        files.replies[path] = api.replies[path] = Reply(body=b"old", headers={"Cache-Control": directives})
        assert [viewer.get(path).came for _ in range(2)] == ["Miss", "Hit"]
    time.sleep(OVER_A_SECOND)


@pytest.mark.usefixtures("once_kept")
def test_an_answer_is_kept_as_long_as_its_origin_says(viewer: Viewer, files: FakeOrigin) -> None:
    files.replies["/kept.json"] = Reply(body=b"new")
    assert viewer.get("/kept.json").body == b"new"


def test_viewers_cannot_reach_past_the_cache(viewer: Viewer, files: FakeOrigin) -> None:
    files.replies["/forced.json"] = Reply()
    viewer.get("/forced.json")
    assert viewer.get("/forced.json", Cache_Control="no-cache", Pragma="no-cache").came == "Hit"


def test_vary_and_cookies_do_not_split_or_prevent_what_is_kept(viewer: Viewer, files: FakeOrigin) -> None:
    files.replies["/varying.json"] = Reply(headers={"Vary": "Origin", "Set-Cookie": "a=b"})
    viewer.get("/varying.json")
    assert viewer.get("/varying.json", Origin="https://example.org").came == "Hit"


def test_age_and_date_tell_how_long_an_answer_has_been_kept(viewer: Viewer, files: FakeOrigin) -> None:
    files.replies["/aged.json"] = Reply()
    first = viewer.get("/aged.json")
    time.sleep(1.1)
    second = viewer.get("/aged.json")
    assert first.headers["Age"] is None
    assert int(second.headers["Age"]) >= 1
    assert parsedate_to_datetime(second.headers["Date"]) == parsedate_to_datetime(first.headers["Date"])


def test_many_viewers_who_miss_at_once_make_one_request(viewer: Viewer, api: FakeOrigin) -> None:
    api.replies["/movers/crowd"] = Reply(body=b"one for all", delay_seconds=0.3)
    with ThreadPoolExecutor(20) as crowd:
        answers = list(crowd.map(viewer.get, ["/movers/crowd"] * 20))
    assert {answer.body for answer in answers} == {b"one for all"}
    assert len(api.asked_for("/movers/crowd")) == 1


@pytest.mark.usefixtures("once_kept")
def test_a_stale_answer_is_served_while_a_new_one_is_fetched(viewer: Viewer, files: FakeOrigin) -> None:
    files.replies["/revalidated.json"] = Reply(body=b"new", delay_seconds=0.2)
    stale = viewer.get("/revalidated.json")
    assert (stale.body, stale.came) == (b"old", "Hit")
    assert eventually(lambda: viewer.get("/revalidated.json").body == b"new")
    assert len(files.asked_for("/revalidated.json")) == 2


@pytest.mark.usefixtures("once_kept")
def test_the_last_good_answer_outlives_a_failure_but_not_a_removal(
    viewer: Viewer, files: FakeOrigin, api: FakeOrigin
) -> None:
    for path, status in (("/broken.json", 503), ("/removed.json", 404)):
        files.replies[path] = api.replies[path] = Reply(status, b"nothing")
    broken, removed = viewer.get("/broken.json"), viewer.get("/removed.json")
    assert (broken.status, broken.body, broken.came) == (200, b"old", "Hit")
    assert (removed.status, removed.body, removed.came) == (404, b"nothing", "Error")


@pytest.mark.parametrize(
    ("status", "requests"),
    [
        (404, 1),  # kept for CloudFront's ten seconds, in spite of no-store
        (503, 1),
        (500, 2),  # the distribution says zero seconds
        (400, 2),  # none of those that CloudFront keeps by itself
        (429, 2),
    ],
)
def test_errors_are_kept_as_cloudfront_keeps_them(
    status: int, requests: int, viewer: Viewer, api: FakeOrigin
) -> None:
    path = f"/movers/error-{status}"
    api.replies[path] = Reply(status, headers={"Cache-Control": "no-store"})
    answers = [viewer.get(path) for _ in range(2)]
    assert [(answer.status, answer.came) for answer in answers] == [(status, "Error")] * 2
    assert len(api.asked_for(path)) == requests
