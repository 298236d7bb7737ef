"""What the edge does when its disk is full: it answers all the same, and keeps nothing."""

import re
from pathlib import Path

from tests.scripts.cloud.edge.conftest import FakeCloudFront, FakeOrigin, make_edge


def test_the_cache_has_a_limit_and_gives_way_before_the_disk_is_full(
    tmp_path: Path, files: FakeOrigin
) -> None:
    with make_edge(files.url, files.url, tmp_path, FakeCloudFront()):
        configuration = (tmp_path / "nginx.conf").read_text()
    (cache,) = re.findall(r"proxy_cache_path (.*);", configuration)
    assert {"max_size=256m", "min_free=32m"} <= set(cache.split())
