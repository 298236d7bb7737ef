"""Runs that take turns: each is a thread that stops before every call to AWS until it is told to make it."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.chaos.wire import Call, Died

PATIENCE_SECONDS = 60


@dataclass(eq=False)
class Actor:
    """One run. Between two steps it stands still, before `next` or at its end."""

    name: str
    work: Callable[[], Any]
    dies_at: datetime
    next: Call | None = None
    ended: bool = False
    outcome: Any = None
    error: BaseException | None = None
    _killed: bool = False
    _turn: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    _done: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))

    def start(self) -> None:
        self._thread = threading.Thread(target=self._live, name=self.name, daemon=True)
        self._thread.start()
        self._await()

    def step(self) -> None:
        """Make the next call, and go on to the one after it."""
        self._turn.release()
        self._await()

    def kill(self) -> None:
        """From now on it makes no call. What was its last one stays done."""
        self._killed = True
        while not self.ended:
            self.step()

    def stop_before(self, call: Call) -> None:
        """The thread itself waits here."""
        if not self._killed:
            self.next = call
            self._done.release()
            self._turn.acquire()
        if self._killed:
            raise Died

    def _live(self) -> None:
        _current.actor = self
        try:
            self.outcome = self.work()
        except BaseException as error:  # noqa: BLE001 - the test that steps it raises it
            self.error = error
        self.ended, self.next = True, None
        self._done.release()

    def _await(self) -> None:
        if not self._done.acquire(timeout=PATIENCE_SECONDS):
            raise TimeoutError(f"{self.name} neither ends nor makes a call")


_current = threading.local()


def acting() -> Actor | None:
    """The actor whose thread this is; none in the test's own."""
    found: Actor | None = getattr(_current, "actor", None)
    return found
