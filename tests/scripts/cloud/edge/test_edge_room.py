"""What the edge does when its disk is full: it answers all the same, and keeps nothing."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.conftest import eventually
from tests.scripts.cloud.edge.conftest import FakeCloudFront, FakeOrigin, Reply, Viewer, make_edge

MEGABYTE = 1024 * 1024


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 64 MB, which is room enough."""
    if os.geteuid() != 0 or sys.platform != "linux":
        pytest.skip("a small disk takes the rights to mount one")
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64m,mode=0700", "tmpfs", str(disk)]
    if (made := subprocess.run(mount, capture_output=True, text=True, check=False)).returncode:  # noqa: S603
        pytest.skip(f"no small disk can be mounted here: {made.stderr.strip()}")
    try:
        yield disk
    finally:
        subprocess.run(["umount", str(disk)], check=True)  # noqa: S603, S607


def fill(disk: Path) -> Path:
    """A file that takes all that is left."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while file.write(b"\0" * MEGABYTE):
                pass
        except OSError:
            return ballast
    raise AssertionError("the disk has no end")


def test_on_a_full_disk_every_viewer_is_answered_and_the_cache_returns_with_the_room(
    small_disk: Path, files: FakeOrigin
) -> None:
    body = os.urandom(300_000)  # more than nginx holds in memory for one answer
    files.replies |= {"/before.css": Reply(body=body), "/large.css": Reply(body=body)}
    with make_edge(files.url, files.url, small_disk / "edge", FakeCloudFront()) as edge:
        viewer = Viewer(edge)
        assert [viewer.get("/before.css").came for _ in range(2)] == ["Miss", "Hit"]
        ballast = fill(small_disk)
        assert eventually(lambda: viewer.get("/before.css").came == "Miss")
        with ThreadPoolExecutor(10) as crowd:
            answers = list(crowd.map(viewer.get, ["/before.css", "/large.css"] * 20))
        assert {(answer.status, answer.body == body, answer.came) for answer in answers} == {
            (200, True, "Miss")
        }
        ballast.unlink()
        assert eventually(lambda: viewer.get("/large.css").came == "Hit")


def test_the_cache_has_a_limit_and_gives_way_before_the_disk_is_full(
    tmp_path: Path, files: FakeOrigin
) -> None:
    with make_edge(files.url, files.url, tmp_path, FakeCloudFront()):
        configuration = (tmp_path / "nginx.conf").read_text()
    (cache,) = re.findall(r"proxy_cache_path (.*);", configuration)
    assert {"max_size=256m", "min_free=32m"} <= set(cache.split())
