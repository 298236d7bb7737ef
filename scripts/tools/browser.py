"""The browsers for tests and screenshots: found, or installed with `python -m scripts.tools.browser --install`."""

import argparse
import os
import shutil
import ssl
import subprocess
import sys
from base64 import b64encode
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserType, Playwright

# What a browser does for itself would disturb a measurement.
QUIET = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


class NoBrowserError(Exception):
    """There is no browser; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Engine:
    """A kind of browser. `variable` names one of the user's own, `commands` are looked for on the PATH."""

    name: str
    variable: str
    commands: tuple[str, ...]
    packages: tuple[str, ...]
    flags: tuple[str, ...] = ()
    channel: str | None = None


CHROMIUM = Engine(
    name="chromium",
    variable="MOVERS_BROWSER",
    # The same engine without what draws windows comes first: with it a page takes a third of the time.
    commands=("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"),
    packages=("chromium-headless-shell", "fonts-dejavu-core"),
    flags=QUIET,
)
FIREFOX = Engine(
    name="firefox",
    variable="MOVERS_FIREFOX",
    commands=("firefox-esr", "firefox"),
    packages=("firefox-esr", "fonts-dejavu-core"),
    channel="moz-firefox",  # Mozilla's own builds do not speak the protocol of Playwright's patched one
)
ENGINES = {engine.name: engine for engine in (CHROMIUM, FIREFOX)}


def open_browser(playwright: "Playwright", engine: Engine = CHROMIUM, flags: Iterable[str] = ()) -> "Browser":
    """A running browser without a window. Raises NoBrowserError."""
    kind: BrowserType = getattr(playwright, engine.name)
    own = Path(kind.executable_path)
    path = find(engine, lambda: own)
    if not path:
        raise NoBrowserError(advice(engine))
    channel = None if path == own else engine.channel
    return kind.launch(executable_path=path, channel=channel, args=[*engine.flags, *flags])


def find(engine: Engine, own: Callable[[], Path]) -> Path | None:
    """The user's choice, else what is on the PATH, else Playwright's `own`.

    Raises NoBrowserError if the user's choice is none.
    """
    if chosen := os.environ.get(engine.variable):
        if path := shutil.which(chosen):
            return Path(path)
        raise NoBrowserError(f"{engine.variable} is {chosen}, which is no program that can be run.")
    on_path = next(filter(None, map(shutil.which, engine.commands)), None)
    if on_path:
        return Path(on_path)
    return own() if own().exists() else None


def install(engine: Engine, own: Callable[[], Path]) -> Path | None:
    """The browser; if there is none, Debian's or else Playwright's. Raises NoBrowserError as `find` does."""
    for commands in (_debian(engine), _playwright(engine)):
        if path := find(engine, own):
            return path
        for command in commands:
            _attempt(command)
    return find(engine, own)


def trusting(url: str) -> list[str]:
    """Chromium's flag for the key that the server of a local URL has now; none for any other URL.

    Without it nothing is cached, or nothing is shown.
    """
    parts = urlsplit(url)
    if parts.scheme != "https" or parts.hostname != "localhost":
        return []
    pem = ssl.get_server_certificate((parts.hostname, parts.port or 443))
    key = x509.load_pem_x509_certificate(pem.encode()).public_key()
    digest = sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest()
    return [f"--ignore-certificate-errors-spki-list={b64encode(digest).decode()}"]


def advice(engine: Engine) -> str:
    return (
        f"There is no {engine.name.title()} for the page's tests. Each of these brings one:\n"
        f"  apt-get install --no-install-recommends {' '.join(engine.packages)}   (Debian, as root)\n"
        f"  {sys.executable} -m playwright install {engine.name}\n"
        f"  {engine.variable}=/path/to/one   (in the environment, for one that is there already)"
    )


def _debian(engine: Engine) -> list[list[str]]:
    """The commands, or none where this user cannot install Debian packages without being asked for a password."""
    may = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if not all(map(shutil.which, ["apt-get", *may[:1]])):
        return []
    apt = [*may, "apt-get", "-o", "DPkg::Lock::Timeout=120"]
    return [[*apt, "update"], [*apt, "install", "-y", "--no-install-recommends", *engine.packages]]


def _playwright(engine: Engine) -> list[list[str]]:
    return [[sys.executable, "-m", "playwright", "install", engine.name]]


def _attempt(command: list[str]) -> None:
    """Run it; what it says is shown only if it fails, and whether it helped is seen afterwards."""
    print(f"$ {' '.join(command)}", file=sys.stderr)
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    if run.returncode:
        print(run.stderr.strip() or run.stdout.strip(), file=sys.stderr)


def playwrights_own(engine: Engine) -> Path:
    """Where Playwright keeps a browser that it has installed itself, if it has."""
    from playwright.sync_api import sync_playwright  # a development tool, which is not there everywhere

    with sync_playwright() as playwright:
        return Path(getattr(playwright, engine.name).executable_path)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m scripts.tools.browser", description=__doc__)
    parser.add_argument("--firefox", action="store_true", help="Firefox instead of Chromium")
    parser.add_argument("--install", action="store_true", help="install the browser if there is none")
    arguments = parser.parse_args()
    engine = FIREFOX if arguments.firefox else CHROMIUM
    obtain = install if arguments.install else find
    try:
        path = obtain(engine, lambda: playwrights_own(engine))
    except NoBrowserError as wrong_choice:
        sys.exit(str(wrong_choice))
    if not path:
        sys.exit(advice(engine))
    print(path)


if __name__ == "__main__":
    main()
