"""Whether the disk has room for the edge's cache.

nginx drops a connection if it cannot store the response. So it stores responses only while a marker file exists, which
can be removed even when the disk is full.
"""

import shutil
import threading
from pathlib import Path

ROOM = "room"
LEAST_FREE_MEGABYTES = 32
POLL_SECONDS = 0.1


class RoomWatch:
    """Creates and removes the marker file in the background; use it as a context manager."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="room", daemon=True)

    def __enter__(self) -> "RoomWatch":
        self._look()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stopping.wait(POLL_SECONDS):
            self._look()

    def _look(self) -> None:
        told = self._folder / ROOM
        if shutil.disk_usage(self._folder).free < LEAST_FREE_MEGABYTES * 1024 * 1024:
            told.unlink(missing_ok=True)
        elif not told.exists():
            told.touch()
