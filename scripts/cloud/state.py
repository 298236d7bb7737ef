"""The local cloud that runs from a folder: its description for the other commands, and that it is the only one."""

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
NOT_RUNNING = "No local cloud is running: start one with `movers up`, and wait for its URLs."


@dataclass(frozen=True, slots=True)
class CloudState:
    """Where a running local cloud is to be found, and what it was deployed with, for whoever deploys to it again.

    `clock_offset_seconds` is what its vendor's clock adds to real time; `context` lies over the settings.
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
        """Its account in the emulator."""
        keys = (self.aws_access_key_id, self.aws_secret_access_key)
        return Account(self.region, Endpoint(self.aws_endpoint, *keys))

    @property
    def ingest(self) -> LocalIngest:
        """What its ingest function is told."""
        return LocalIngest(
            self.upstream_url, self.source_kind, self.clock_offset_seconds, self.site_url, self.ca
        )


def movers_home() -> Path:
    """The folder of the running cloud's state: MOVERS_HOME, else `.local` in the repository."""
    return Path(os.environ.get("MOVERS_HOME") or ROOT / ".local").resolve()


def read_state(home: Path) -> CloudState:
    """What the running cloud says of itself. Raises CommandError if none is running, or if what it says is damaged."""
    path = home / NAME
    try:
        state = _checked(json.loads(path.read_text()))
    except (FileNotFoundError, NotADirectoryError) as error:
        raise CommandError(NOT_RUNNING) from error
    except (OSError, ValueError, RecursionError) as error:
        raise CommandError(
            f"{path} does not describe a local cloud: {error}. `movers up` writes it: stop it, wherever it runs, and"
            " start it again."
        ) from error
    if not _runs(state.pid):
        raise CommandError(NOT_RUNNING)
    return state


@contextmanager
def published(home: Path, state: CloudState) -> Iterator[None]:
    """Tell the other commands about the cloud while it runs, and nobody but this user: it holds the cloud's keys."""
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
    """Hold the folder; the system lets go of it even if this process is killed.

    Raises CommandError if it cannot be written, or if another cloud runs from it.
    """
    _refuse_unwritable(home)
    folder = os.open(home, os.O_RDONLY)
    try:
        _lock(folder, home)
        (home / NAME).unlink(missing_ok=True)  # of a cloud that was killed
        yield
    finally:
        os.close(folder)


@contextmanager
def fresh(folder: Path) -> Iterator[Path]:
    """An empty folder for this user alone; it is gone afterwards, and with it what a killed cloud has left there."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _checked(found: object) -> CloudState:
    """The state in a JSON document; what a later version may add to it is left out. Raises ValueError."""
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
        raise ValueError(f"{url!r} is not an address of this machine with its port")


def _runs(pid: int) -> bool:
    if pid <= 0:  # to the system, groups of processes
        return False
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True  # as another user
    except (ProcessLookupError, OverflowError):
        return False
    return True


def _refuse_unwritable(home: Path) -> None:
    """Checks also the parts that are there already: another user's cloud may have left them."""
    for folder in (home, *(home / part for part in PARTS if (home / part).exists())):
        make_writable(folder, "Name another folder in MOVERS_HOME.")


def _lock(folder: int, home: Path) -> None:
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise CommandError(
            f"A local cloud runs from {home} already: stop it, or give this one a folder in MOVERS_HOME and"
            " ports of its own with --port and --aws-port."
        ) from error
