"""Carries out a distribution's invalidations on the edge's cache.

A response that is in flight from the origin during an invalidation is stored after the sweep, with the old bytes. So
each response records when its origin was asked, and sweeps repeat until every request from before the invalidation has
ended. Such a response lives for about a second at most.
"""

import re
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from scripts.errors import CommandError

POLL_SECONDS = 0.1
SWEEP_SECONDS = 1.0
STOP_SECONDS = 2.0
ANSWER_SECONDS = 120  # nginx's own limit for a response

# A cache file starts with the key and the response's head, then the body; key and head fit nginx's buffer.
HEAD_BYTES = 16 * 1024
_HEAD = re.compile(rb"\nKEY: (?P<key>[^\n]*)\n.*?\r\nX-Asked-At: (?P<asked_at>\d+)\r\n", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Invalidation:
    """The paths to drop, and when the invalidation was seen, in milliseconds since 1970."""

    paths: tuple[str, ...]
    seen_at: int

    def covers(self, key: str, asked_at: int) -> bool:
        """Whether it drops a response: one requested before it, whose path and query, or prefix with `*`, it names.

        https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/invalidation-specifying-objects.html
        """
        return asked_at <= self.seen_at and any(_fits(path, key) for path in self.paths)


def _fits(path: str, key: str) -> bool:
    path = "/" + path.removeprefix("/")
    return key.startswith(path[:-1]) if path.endswith("*") else key == path


def sweep(cache: Path, invalidations: Sequence[Invalidation]) -> None:
    """Remove the responses that any of the invalidations covers."""
    for file in cache.iterdir() if invalidations else ():
        for key, asked_at in _answer(file):
            if any(invalidation.covers(key, asked_at) for invalidation in invalidations):
                file.unlink(missing_ok=True)


def _answer(file: Path) -> Iterator[tuple[str, int]]:
    """A response's key and when it was requested; nothing if nginx has just removed the file."""
    try:
        with file.open("rb") as content:
            head = _HEAD.search(content.read(HEAD_BYTES))
    except FileNotFoundError:
        return
    if head is None:
        raise CommandError(
            f"{file} isn't a valid cache file of the edge; stop the local cloud and start it again."
        )
    yield head["key"].decode("latin-1"), int(head["asked_at"])


class InvalidationWatch:
    """Looks for new invalidations in the background; use it as a context manager.

    Invalidations from before it was entered concern an older cache and are ignored.
    """

    def __init__(self, cloudfront: Any, distribution_id: str, cache: Path) -> None:
        self._cloudfront = cloudfront
        self._distribution_id = distribution_id
        self._cache = cache
        self._done: set[str] = set()
        self._recent: list[Invalidation] = []
        self._failure: Exception | None = None
        self._progress = threading.Condition()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="invalidations", daemon=True)

    def __enter__(self) -> "InvalidationWatch":
        self._done.update(self._ids())
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join(STOP_SECONDS)  # the thread may wait for an emulator that hangs

    def check(self) -> None:
        """Raise CommandError if the watch has failed."""
        if self._failure:
            raise CommandError("The edge can no longer process invalidations.") from self._failure

    def wait_for(self, invalidation_id: str, timeout_seconds: float) -> None:
        """Wait until the invalidation is done. Raises CommandError if that takes too long or the watch has failed."""
        with self._progress:
            done = self._progress.wait_for(
                lambda: self._failure or invalidation_id in self._done, timeout_seconds
            )
        self.check()
        if not done:
            raise CommandError(
                f"Invalidation {invalidation_id} didn't reach the edge within {timeout_seconds} s."
            )

    def _watch(self) -> None:
        try:
            swept_at = 0.0
            while not self._stopping.wait(POLL_SECONDS):
                swept_at = self._look(swept_at)
        except (BotoCoreError, ClientError, OSError, CommandError) as error:
            with self._progress:
                self._failure = error
                self._progress.notify_all()

    def _look(self, swept_at: float) -> float:
        """Apply new invalidations, and repeat recent ones every second; returns the time of the latest sweep."""
        new = self._ids() - self._done
        now = time.time()
        self._recent = [each for each in self._recent if now - each.seen_at / 1000 < ANSWER_SECONDS]
        self._recent += [Invalidation(self._paths(each), int(now * 1000)) for each in new]
        if not new and now - swept_at < SWEEP_SECONDS:
            return swept_at
        sweep(self._cache, self._recent)
        with self._progress:
            self._done |= new
            self._progress.notify_all()
        return now

    def _ids(self) -> set[str]:
        listed = self._cloudfront.list_invalidations(DistributionId=self._distribution_id)
        return {item["Id"] for item in listed["InvalidationList"].get("Items", [])}

    def _paths(self, invalidation_id: str) -> tuple[str, ...]:
        answer = self._cloudfront.get_invalidation(DistributionId=self._distribution_id, Id=invalidation_id)
        return tuple(answer["Invalidation"]["InvalidationBatch"]["Paths"]["Items"])
