"""One local cloud for all end-to-end tests, started and stopped as `movers up` does it."""

from collections.abc import Iterator

import pytest

from scripts.cloud.options import Options
from scripts.cloud.up import LocalCloud, local_cloud
from tests.conftest import free_port


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep everything that uses the cloud in one worker, so that there is one cloud."""
    for item in items:
        if "cloud" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group("cloud"))


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    """A running local cloud with the latest sessions of a simulated market."""
    home = tmp_path_factory.mktemp("cloud")
    with local_cloud(Options(home, port=free_port(), aws_port=free_port())) as running:
        yield running
