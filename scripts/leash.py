"""Runs a command as a child that can't outlive its parent or leave children behind.

The parent keeps the write end of the leash's standard input. When that closes for any reason, the whole process group
is stopped.
"""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

GRACE_SECONDS = 5
STOP_SECONDS = 8


@contextlib.contextmanager
def leashed(
    command: Sequence[str],
    *,
    folder: Path,
    log: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> Iterator[subprocess.Popen[bytes]]:
    """The command, working in `folder`, until the context or this process ends.

    Its output goes to `log`, or to the process's `stdout`, which the caller must read. It runs in its own session, so
    that Ctrl-C in the terminal doesn't reach it before an orderly stop.
    """
    with log.open("wb") if log else contextlib.nullcontext(subprocess.PIPE) as output:
        process = subprocess.Popen(  # noqa: S603 - a fixed command
            [sys.executable, "-I", __file__, *command],
            env=environment,
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        with process:
            if process.stdin:
                process.stdin.close()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(STOP_SECONDS)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def main() -> None:
    """Run the command with its exit code, and stop its group with the parent."""
    signal.signal(signal.SIGTERM, lambda *_: None)  # for the child, which shares the group
    child = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL)  # noqa: S603 - the parent chose it
    threading.Thread(target=_end_with_parent, daemon=True).start()
    sys.exit(child.wait())


def _end_with_parent() -> None:
    os.read(0, 1)  # unbuffered: a thread in sys.stdin delays the exit by a second
    os.killpg(0, signal.SIGTERM)
    time.sleep(GRACE_SECONDS)
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    main()
