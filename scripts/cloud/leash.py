"""Runs a command that ends with its parent: `python leash.py COMMAND…`.

The parent holds the write end of this process's standard input. When the parent goes, in whatever
way, the pipe closes and the command is told to stop.
"""

import os
import signal
import subprocess
import sys
import threading


def main() -> None:
    """Run the command, stop it with the parent, end as it ends."""
    child = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL)  # noqa: S603 - the parent chose it
    signal.signal(signal.SIGTERM, lambda *_: child.terminate())
    threading.Thread(target=_end_with_parent, args=(child,), daemon=True).start()
    sys.exit(child.wait())


def _end_with_parent(child: subprocess.Popen[bytes]) -> None:
    os.read(0, 1)  # unbuffered: a thread inside sys.stdin delays the exit by a second
    child.terminate()


if __name__ == "__main__":
    main()
