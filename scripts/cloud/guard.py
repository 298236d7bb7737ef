"""Runs the emulator as a child that cannot outlive its parent: `python -P -m scripts.cloud.guard`.

The parent holds the write end of this process's standard input. When the parent goes, in whatever
way, the pipe closes and the whole process group is told to stop: emulator and Lambda workers.
"""

import os
import runpy
import signal
import sys
import threading
import time

GRACE_SECONDS = 5


def _end_with_parent() -> None:
    sys.stdin.buffer.read()
    os.killpg(0, signal.SIGTERM)
    time.sleep(GRACE_SECONDS)
    os.killpg(0, signal.SIGKILL)


def main() -> None:
    """Watch the parent, then be the emulator."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    sys.argv = ["ministack"]
    runpy.run_module("ministack", run_name="__main__")


if __name__ == "__main__":
    main()
