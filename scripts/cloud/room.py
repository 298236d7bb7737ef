"""Whether the disk has room for the edge's cache.

nginx drops a connection whose answer it cannot store. So it stores answers only while there is a file
that says there is room: taking it away needs none.
"""

import shutil
import threading
from pathlib import Path

ROOM = "room"
LEAST_FREE_MEGABYTES = 32
POLL_SECONDS = 0.1


class RoomWatch:
    """Keeps that file true in the background; use it as a context manager."""

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
