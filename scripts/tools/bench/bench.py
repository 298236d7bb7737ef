"""Resources that measures share. Each is started at its first use and stopped at the end."""

import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path

from scripts.bundle.build import build_bundles
from scripts.cloud.emulator import Emulator
from scripts.cloud.up import LocalCloud
from scripts.folders import ROOT
from scripts.loopback import free_port
from scripts.tools.bench.world import World
from scripts.tools.lambda_runtime import Runtime, install_runtime
from scripts.tools.passing_cloud import passing_cloud

Say = Callable[[str], None]


class Bench:
    """`say` reports a measure's progress."""

    def __init__(self, running: ExitStack, say: Say = lambda words: None) -> None:
        self._running = running
        self.say = say

    @cached_property
    def folder(self) -> Path:
        return Path(self._running.enter_context(tempfile.TemporaryDirectory(prefix="movers-bench-")))

    @cached_property
    def emulator(self) -> Emulator:
        """An empty AWS emulator."""
        return self._running.enter_context(Emulator(port=free_port(), folder=self.folder))

    @cached_property
    def cloud(self) -> LocalCloud:
        """A local cloud whose first ingest has run."""
        return self._running.enter_context(passing_cloud())

    @cached_property
    def runtime(self) -> Runtime:
        """Lambda's own runtime, with boto3."""
        return install_runtime(ROOT)

    @cached_property
    def bundles(self) -> Path:
        """The folder with the bundles, built from the current sources."""
        build_bundles(ROOT)
        return ROOT / "build"

    @cached_property
    def year(self) -> World:
        """A table with more than 366 sessions, the most that one request may ask for."""
        world = self.world()
        days = world.days()[-400:]
        world.run(days[0], days[-1])
        return world

    def world(self, watchlist: tuple[str, ...] | None = None, rate: int = 0) -> World:
        """A separate, empty table and buckets, and a vendor."""
        return self._running.enter_context(World.fresh(self.emulator, watchlist, rate))
