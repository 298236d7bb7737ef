"""What an invalidation takes out of the cache, and when."""

import threading
import time
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from scripts.cloud.edge import Edge
from scripts.cloud.invalidations import Invalidation, InvalidationWatch
from scripts.errors import CommandError
from tests.conftest import eventually
from tests.scripts.cloud.edge.conftest import FakeCloudFront, FakeOrigin, Reply, Viewer


@pytest.mark.parametrize(
    ("path", "key", "covered"),
    [
        ("/movers", "/movers", True),
        ("/movers", "/movers?days=7", False),  # other queries are other objects
        ("/movers?days=7", "/movers?days=7", True),
        ("/movers", "/movers.json", False),
        ("/movers*", "/movers?days=7", True),
        ("/movers*", "/movers.json", True),
        ("/movers*", "/movers/2026-02-10", True),
        ("/movers/*", "/movers", False),
        ("movers*", "/movers", True),
        ("/Movers*", "/movers", False),
        ("/*", "/index.html", True),
        ("/m*s", "/movers", False),  # wild at the end only
    ],
)
def test_a_path_names_one_object_or_with_a_star_all_that_begin_so(path: str, key: str, covered: bool) -> None:
    assert Invalidation((path,), seen_at=1000).covers(key, asked_at=999) is covered


def test_an_answer_that_was_asked_for_later_is_not_meant() -> None:
    invalidation = Invalidation(("/*",), seen_at=1000)
    assert [invalidation.covers("/movers", asked_at) for asked_at in (1000, 1001)] == [True, False]


def test_what_it_names_is_asked_for_again_and_the_rest_is_kept(
    viewer: Viewer, edge: Edge, files: FakeOrigin, api: FakeOrigin, cloudfront: FakeCloudFront
) -> None:
    for path in ("/movers.json", "/status.json", "/index.html"):
        files.replies[path] = Reply(body=b"old")
    api.replies["/movers"] = Reply(body=b"old")
    paths = ["/movers.json", "/status.json", "/movers", "/movers?days=7", "/"]
    assert {viewer.get(path).body for path in paths} == {b"old"}

    for origin in (files, api):
        origin.replies = dict.fromkeys(origin.replies, Reply(body=b"new"))
    edge.wait_for_invalidation(cloudfront.invalidate("/movers*", "/tickers/*"))

    bodies = {path: viewer.get(path).body for path in paths}
    assert bodies == {
        "/movers.json": b"new",
        "/movers": b"new",
        "/movers?days=7": b"new",
        "/status.json": b"old",
        "/": b"old",
    }
    edge.wait_for_invalidation(cloudfront.invalidate("/index.html", "/status.json"))
    assert {viewer.get(path).body for path in paths} == {b"new"}


def test_errors_are_forgotten_too(
    viewer: Viewer, edge: Edge, files: FakeOrigin, cloudfront: FakeCloudFront
) -> None:
    assert viewer.get("/new-page.html").status == 404
    files.replies["/new-page.html"] = Reply(body=b"new")
    assert viewer.get("/new-page.html").status == 404
    edge.wait_for_invalidation(cloudfront.invalidate("/new-page.html"))
    assert viewer.get("/new-page.html").body == b"new"


def test_an_old_answer_that_arrives_after_an_invalidation_does_not_stay(
    viewer: Viewer, edge: Edge, files: FakeOrigin, cloudfront: FakeCloudFront
) -> None:
    files.replies["/late.json"] = Reply(body=b"old", delay_seconds=0.5)
    late = threading.Thread(target=viewer.get, args=("/late.json",))
    late.start()
    while not files.asked_for("/late.json"):
        time.sleep(0.01)
    files.replies["/late.json"] = Reply(body=b"new")
    edge.wait_for_invalidation(cloudfront.invalidate("/late.json"))
    late.join()
    assert eventually(lambda: viewer.get("/late.json").body == b"new")
    time.sleep(1.2)
    assert viewer.get("/late.json").came == "Hit"  # the new answer is not swept with the old one


def test_waiting_for_what_nobody_has_asked_for_ends(edge: Edge) -> None:
    with pytest.raises(CommandError, match="I-unknown didn't reach the edge"):
        edge.wait_for_invalidation("I-unknown", timeout_seconds=0.2)


class BrokenCloudFront(FakeCloudFront):
    """Answers once."""

    def list_invalidations(self, **request: str) -> dict[str, Any]:
        if self._invalidations:
            raise EndpointConnectionError(endpoint_url="http://127.0.0.1:9")
        return super().list_invalidations(**request)


def test_a_watch_that_cannot_go_on_says_so_to_who_waits_and_who_checks(tmp_path: Path) -> None:
    broken = BrokenCloudFront()
    with InvalidationWatch(broken, "E1", tmp_path) as watch:
        watch.check()
        invalidation_id = broken.invalidate("/*")
        with pytest.raises(CommandError, match="no longer"):
            watch.wait_for(invalidation_id, timeout_seconds=5)
        with pytest.raises(CommandError, match="no longer"):
            watch.check()


class HangingCloudFront(FakeCloudFront):
    """Answers once, and then not before it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.asked, self.let_go = threading.Event(), threading.Event()

    def list_invalidations(self, **request: str) -> dict[str, Any]:
        if threading.current_thread() is not threading.main_thread():
            self.asked.set()
            self.let_go.wait()
        return super().list_invalidations(**request)


def test_a_cloud_that_hangs_does_not_keep_the_watch_from_ending(tmp_path: Path) -> None:
    hanging = HangingCloudFront()
    with InvalidationWatch(hanging, "E1", tmp_path):
        assert hanging.asked.wait(5)
        started = time.monotonic()
    assert time.monotonic() - started < 5
    hanging.let_go.set()


def test_invalidations_from_before_the_start_are_left_alone(tmp_path: Path) -> None:
    cloudfront = FakeCloudFront()
    earlier = cloudfront.invalidate("/*")
    with InvalidationWatch(cloudfront, "E1", tmp_path) as watch:
        watch.wait_for(earlier, timeout_seconds=0)
