"""Finds or installs the browsers for tests and screenshots: `python -m scripts.tools.browser --install`."""

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

# Background activity of the browser would distort measurements.
QUIET = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


class NoBrowserError(Exception):
    """There is no browser; the message has the remedies."""


@dataclass(frozen=True, slots=True)
class Engine:
    """A kind of browser. The environment's `variable` has the user's choice; `commands` are searched on the PATH."""

    name: str
    variable: str
    commands: tuple[str, ...]
    packages: tuple[str, ...]
    flags: tuple[str, ...] = ()
    channel: str | None = None


CHROMIUM = Engine(
    name="chromium",
    variable="MOVERS_BROWSER",
    # First the same engine without windows, in which a page takes a third of the time.
    commands=("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"),
    packages=("chromium-headless-shell", "fonts-dejavu-core"),
    flags=QUIET,
)
FIREFOX = Engine(
    name="firefox",
    variable="MOVERS_FIREFOX",
    commands=("firefox-esr", "firefox"),
    packages=("firefox-esr", "fonts-dejavu-core"),
    channel="moz-firefox",  # Mozilla's own builds lack the protocol of Playwright's patched build
)
ENGINES = {engine.name: engine for engine in (CHROMIUM, FIREFOX)}


def open_browser(playwright: "Playwright", engine: Engine = CHROMIUM, flags: Iterable[str] = ()) -> "Browser":
    """Start a headless browser. Raises NoBrowserError."""
    kind: BrowserType = getattr(playwright, engine.name)
    own = Path(kind.executable_path)
    path = find(engine, lambda: own)
    if not path:
        raise NoBrowserError(advice(engine))
    channel = None if path == own else engine.channel
    return kind.launch(executable_path=path, channel=channel, args=[*engine.flags, *flags])


def find(engine: Engine, own: Callable[[], Path]) -> Path | None:
    """The user's choice, or one on the PATH, or Playwright's `own`; None if there is none of these.

    Raises NoBrowserError if the user's choice cannot be run.
    """
    if chosen := os.environ.get(engine.variable):
        if path := shutil.which(chosen):
            return Path(path)
        raise NoBrowserError(f"{engine.variable} is {chosen}, which isn't an executable program.")
    on_path = next(filter(None, map(shutil.which, engine.commands)), None)
    if on_path:
        return Path(on_path)
    return own() if own().exists() else None


def install(engine: Engine, own: Callable[[], Path]) -> Path | None:
    """The browser, installed from Debian, or else from Playwright, if missing. Raises NoBrowserError as `find` does."""
    for commands in (_debian(engine), _playwright(engine)):
        if path := find(engine, own):
            return path
        for command in commands:
            _attempt(command)
    return find(engine, own)


def trusting(url: str) -> list[str]:
    """Chromium's flag that trusts the current key of a local URL's server; empty for other URLs.

    Without it, Chromium doesn't cache the page, or doesn't show it.
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
        f"No {engine.name.title()} found. Install or choose one with any of these:\n"
        f"  apt-get install --no-install-recommends {' '.join(engine.packages)}   (Debian, as root)\n"
        f"  {sys.executable} -m playwright install {engine.name}\n"
        f"  {engine.variable}=/path/to/one   (in the environment, for one that is already installed)"
    )


def _debian(engine: Engine) -> list[list[str]]:
    """The commands; none if this user cannot install Debian packages, or only with a password."""
    may = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if not all(map(shutil.which, ["apt-get", *may[:1]])):
        return []
    apt = [*may, "apt-get", "-o", "DPkg::Lock::Timeout=120"]
    return [[*apt, "update"], [*apt, "install", "-y", "--no-install-recommends", *engine.packages]]


def _playwright(engine: Engine) -> list[list[str]]:
    return [[sys.executable, "-m", "playwright", "install", engine.name]]


def _attempt(command: list[str]) -> None:
    """Run it, and show its output only if it fails. The caller checks whether there is a browser afterwards."""
    print(f"$ {' '.join(command)}", file=sys.stderr)
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    if run.returncode:
        print(run.stderr.strip() or run.stdout.strip(), file=sys.stderr)


def playwrights_own(engine: Engine) -> Path:
    """The path of Playwright's own browser, installed or not."""
    from playwright.sync_api import sync_playwright  # a development dependency, not installed everywhere

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
