"""The local CDN: nginx on https://localhost, configured from the synthesized distribution."""

import contextlib
import shutil
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from scripts.cloud.certificates import ensure_certificates
from scripts.cloud.distribution import read_distribution
from scripts.cloud.invalidations import InvalidationWatch
from scripts.cloud.nginx import Upstream, Upstreams, modules, render
from scripts.cloud.nginx_process import machine, nginx_binary, running
from scripts.cloud.room import RoomWatch
from scripts.errors import CommandError
from scripts.loopback import refuse_taken

START_SECONDS = 10
RULES = Path(__file__).with_name("edge.js")


class Edge:
    """A running edge; use it as a context manager.

    `template` is the services stack's synthesized template, unmodified. `files` replaces every S3 origin, `api` every
    other one; both are base URLs in place of the origin's domain and path. `folder` gets configuration, log, cache and
    certificates; keep it between runs, so that a browser's trust in the CA (`ca`) lasts. The cache starts empty,
    because a new cloud has new data.

    Raises CommandError if the port is taken, if nginx is missing or doesn't start, or if the distribution uses
    a feature that the edge lacks.
    """

    def __init__(
        self,
        template: Mapping[str, Any],
        *,
        files: Upstream,
        api: Upstream,
        folder: Path,
        cloudfront: Any,
        distribution_id: str,
        port: int = 8443,
    ) -> None:
        self._folder = folder.absolute()  # nginx runs in it
        self._port = port
        self.url = f"https://localhost:{port}"
        self.ca = self._folder / "ca.pem"
        self._distribution = read_distribution(template)
        self._upstreams = Upstreams(files=files, api=api)
        self._watch = InvalidationWatch(cloudfront, distribution_id, self._folder / "cache")

    def __enter__(self) -> "Edge":
        refuse_taken(self._port, option="--port")
        binary = nginx_binary()
        self._prepare(binary)
        with contextlib.ExitStack() as stack:
            stack.enter_context(RoomWatch(self._folder))
            self._process = stack.enter_context(running(binary, self._folder))
            self._wait_until_ready()
            stack.enter_context(self._watch)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def check(self) -> None:
        """Raise CommandError if nginx has stopped or the watch for invalidations has failed."""
        if self._process.poll() is not None:
            log = (self._folder / "error.log").read_text(errors="replace")
            raise CommandError("nginx has stopped. The end of its log:\n" + "\n".join(log.splitlines()[-15:]))
        self._watch.check()

    def wait_for_invalidation(self, invalidation_id: str, timeout_seconds: float = 10) -> None:
        """Wait until the edge has dropped what the invalidation names.

        Raises CommandError if that takes too long, or if the watch has failed.
        """
        self._watch.wait_for(invalidation_id, timeout_seconds)

    def _prepare(self, binary: Path) -> None:
        """Prepare the folder for nginx; of an earlier run, only the certificates are kept.

        Only this user may enter it: the configuration contains the emulator's secret, and the socket sends it.
        """
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder.chmod(0o700)
        for name in ("cache", "temporary"):
            shutil.rmtree(self._folder / name, ignore_errors=True)
        for name in ("nginx.pid", "origins.sock"):
            (self._folder / name).unlink(missing_ok=True)
        (self._folder / "temporary").mkdir(parents=True)
        ensure_certificates(self._folder, datetime.now(UTC))
        shutil.copy(RULES, self._folder)
        for name, text in modules(self._distribution).items():
            (self._folder / name).write_text(text)
        configuration = render(self._distribution, self._upstreams, machine(binary, self._port))
        (self._folder / "nginx.conf").write_text(configuration)

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not self._has_written_its_pid():
            self.check()
            if time.monotonic() > deadline:
                raise CommandError(f"nginx wasn't ready within {START_SECONDS} seconds; try again.")
            time.sleep(0.01)

    def _has_written_its_pid(self) -> bool:
        """nginx writes it once it listens."""
        file = self._folder / "nginx.pid"
        return file.exists() and file.stat().st_size > 0
