"""A running local cloud's description for the other commands, and the lock that allows one cloud per folder."""

import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import get_origin, get_type_hints
from urllib.parse import urlsplit

from scripts.cloud.transforms import LocalIngest
from scripts.deployment.account import Account, Endpoint
from scripts.errors import CommandError
from scripts.folders import ROOT, make_writable

NAME = "cloud.json"
PARTS = ("edge", "run")
LOOPBACK = ("127.0.0.1", "::1", "localhost")
NOT_RUNNING = (
    "No local cloud is running. Start one with `movers up`, or set MOVERS_HOME to the running one's folder."
)


@dataclass(frozen=True, slots=True)
class CloudState:
    """Where a running local cloud is, and what it was deployed with, so that other commands can deploy to it again.

    `clock_offset_seconds` is added to real time to get its vendor's time; `context` overrides the settings.
    """

    stage: str
    region: str
    aws_endpoint: str
    aws_access_key_id: str
    aws_secret_access_key: str = field(repr=False)
    site_url: str
    ca: str
    vendor_url: str | None
    pid: int
    upstream_url: str
    source_kind: str
    clock_offset_seconds: int
    context: dict[str, object]

    @property
    def account(self) -> Account:
        """The cloud's account in the emulator."""
        keys = (self.aws_access_key_id, self.aws_secret_access_key)
        return Account(self.region, Endpoint(self.aws_endpoint, *keys))

    @property
    def ingest(self) -> LocalIngest:
        """The settings that only a local ingest function gets."""
        return LocalIngest(
            self.upstream_url, self.source_kind, self.clock_offset_seconds, self.site_url, self.ca
        )


def movers_home() -> Path:
    """The folder of the running cloud's state: MOVERS_HOME, by default `.local` in the repository."""
    return Path(os.environ.get("MOVERS_HOME") or ROOT / ".local").resolve()


def read_state(home: Path) -> CloudState:
    """The running cloud's description. Raises CommandError if none is running, or if its file is damaged."""
    path = home / NAME
    try:
        state = _checked(json.loads(path.read_text()))
    except (FileNotFoundError, NotADirectoryError) as error:
        raise CommandError(NOT_RUNNING) from error
    except (OSError, ValueError, RecursionError) as error:
        raise CommandError(
            f"{path} doesn't describe a local cloud: {error}. Stop `movers up`, which writes it, and start it again."
        ) from error
    if not _runs(state.pid):
        raise CommandError(NOT_RUNNING)
    return state


@contextmanager
def published(home: Path, state: CloudState) -> Iterator[None]:
    """Publish the state while the context lasts; only this user can read the file, because it contains the keys."""
    path = home / NAME
    fresh = path.with_suffix(".tmp")
    fresh.unlink(missing_ok=True)
    fresh.touch(mode=0o600)
    fresh.write_text(json.dumps(asdict(state), indent=2) + "\n")
    fresh.replace(path)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


@contextmanager
def only_one(home: Path) -> Iterator[None]:
    """Lock the folder. The system releases the lock even if this process is killed.

    Raises CommandError if the folder isn't writable, or if another cloud runs from it.
    """
    _refuse_unwritable(home)
    folder = os.open(home, os.O_RDONLY)
    try:
        _lock(folder, home)
        (home / NAME).unlink(missing_ok=True)  # left by a cloud that was killed
        yield
    finally:
        os.close(folder)


@contextmanager
def fresh(folder: Path) -> Iterator[Path]:
    """An empty folder that only this user can read. Whatever a killed cloud left there is deleted first."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _checked(found: object) -> CloudState:
    """The state from a parsed JSON document. Unknown fields, from later versions, are ignored. Raises ValueError."""
    if not isinstance(found, dict):
        raise ValueError("it is not a JSON object")
    kinds = {
        name: dict if get_origin(kind) is dict else kind for name, kind in get_type_hints(CloudState).items()
    }
    if wrong := [name for name, kind in kinds.items() if not isinstance(found.get(name, ...), kind)]:
        raise ValueError(f"missing or wrong: {', '.join(wrong)}")
    state = CloudState(**{name: found[name] for name in kinds})
    for url in (state.aws_endpoint, state.site_url):
        _check_loopback(url)
    return state


def _check_loopback(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or parts.hostname not in LOOPBACK or not parts.port:
        raise ValueError(f"{url!r} isn't a URL of this machine with a port")


def _runs(pid: int) -> bool:
    if pid <= 0:  # the system takes these for process groups
        return False
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True  # it runs as another user
    except (ProcessLookupError, OverflowError):
        return False
    return True


def _refuse_unwritable(home: Path) -> None:
    """Check existing parts too: another user's cloud may have left them."""
    for folder in (home, *(home / part for part in PARTS if (home / part).exists())):
        make_writable(folder, "Set MOVERS_HOME to another folder.")


def _lock(folder: int, home: Path) -> None:
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise CommandError(
            f"A local cloud is already running from {home}. Stop it, or set MOVERS_HOME, and other --port and"
            " --aws-port."
        ) from error
