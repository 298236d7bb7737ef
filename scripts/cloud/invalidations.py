"""Carries out a distribution's invalidations on the edge's cache.

An answer that was on its way from the origin while an invalidation came is stored after the sweep,
with the old bytes. So each answer is marked with the moment its origin was asked, and the sweeps go on
until every question asked before the invalidation has come to its end: such an answer lives for a
second at most.
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
ANSWER_SECONDS = 120  # nothing is on its way for longer: it is nginx's own limit

# nginx keeps the key, then the answer's head, in front of the body; both together fit its buffer.
HEAD_BYTES = 16 * 1024
_HEAD = re.compile(rb"\nKEY: (?P<key>[^\n]*)\n.*?\r\nX-Asked-At: (?P<asked_at>\d+)\r\n", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Invalidation:
    """The paths to forget, and when that was seen, in milliseconds since 1970."""

    paths: tuple[str, ...]
    seen_at: int

    def covers(self, key: str, asked_at: int) -> bool:
        """Whether an answer is meant: asked for before, and named by path and query or by a prefix with `*`.

        https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/invalidation-specifying-objects.html
        """
        return asked_at <= self.seen_at and any(_fits(path, key) for path in self.paths)


def _fits(path: str, key: str) -> bool:
    path = "/" + path.removeprefix("/")
    return key.startswith(path[:-1]) if path.endswith("*") else key == path


def sweep(cache: Path, invalidations: Sequence[Invalidation]) -> None:
    """Remove the answers that any of the invalidations means."""
    for file in cache.iterdir() if invalidations else ():
        for key, asked_at in _answer(file):
            if any(invalidation.covers(key, asked_at) for invalidation in invalidations):
                file.unlink(missing_ok=True)


def _answer(file: Path) -> Iterator[tuple[str, int]]:
    """Key of an answer and when it was asked for; nothing if nginx has just removed it."""
    try:
        with file.open("rb") as content:
            head = _HEAD.search(content.read(HEAD_BYTES))
    except FileNotFoundError:
        return
    if head is None:
        raise CommandError(
            f"{file} is no answer as the edge stores it; stop the local cloud and start it again."
        )
    yield head["key"].decode("latin-1"), int(head["asked_at"])


class InvalidationWatch:
    """Looks for new invalidations in the background; use it as a context manager.

    Those made before it was entered concern an older cache and are left out.
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
        self._thread.join(STOP_SECONDS)  # it may hear nothing from an emulator that hangs

    def check(self) -> None:
        """Raise CommandError if invalidations are no longer carried out."""
        if self._failure:
            raise CommandError("The edge can no longer carry out invalidations.") from self._failure

    def wait_for(self, invalidation_id: str, timeout_seconds: float) -> None:
        """Return when the invalidation has been carried out; CommandError if that takes too long."""
        with self._progress:
            done = self._progress.wait_for(
                lambda: self._failure or invalidation_id in self._done, timeout_seconds
            )
        self.check()
        if not done:
            raise CommandError(
                f"Invalidation {invalidation_id} has not reached the edge in {timeout_seconds} s."
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
        """Carry out what is new and, every second, what may have to be done again; when that was."""
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
