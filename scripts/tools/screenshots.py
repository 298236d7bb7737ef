"""`make screenshots`: one small picture of each page, in light and dark, on desktop and phone."""

import sys
from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from scripts.cloud.signals import stopped_once
from scripts.cloud.up import LocalCloud
from scripts.errors import CommandError
from scripts.folders import ROOT
from scripts.invocation import run_ingest
from scripts.progress import shown_step
from scripts.tools.browser import NoBrowserError, open_browser, trusting
from scripts.tools.passing_cloud import passing_cloud

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Route

FOLDER = ROOT / "tests/site/screenshots"
AS_OF = date(2026, 11, 20)  # fixed, so that the simulated bars are always the same
HISTORY = {"from": "2025-09-19", "to": "2026-11-19"}
PAGES = {
    "latest": "/",
    "day": "/days/2026-11-19.html",
    "ticker": "/ticker.html?t=TSLA",
    "history": "/history.html",
    "status": "/status.html",
    "404": "/nothing-here",
}
SHEET_HEIGHT = 480  # pixels of each picture
QUALITY = 50  # of WebP, in percent
PATIENCE_SECONDS = 120  # for a page on a busy machine


@dataclass(frozen=True, slots=True)
class Reader:
    """A reader's color scheme and window size in pixels."""

    scheme: Literal["light", "dark"]
    width: int
    height: int


READERS = (
    Reader("light", 1280, 800),
    Reader("dark", 1280, 800),
    Reader("light", 390, 844),
    Reader("dark", 390, 844),
)


def main(
    names: Annotated[list[str] | None, typer.Argument(metavar="[PAGE]...", help=", ".join(PAGES))] = None,
    url: Annotated[str, typer.Option(help="A running page. Default: start a local cloud.")] = "",
    folder: Annotated[Path, typer.Option(help="Folder for the pictures.")] = FOLDER,
) -> None:
    """Take screenshots of every page, from a local cloud with fourteen months of simulated bars.

    [bold]Examples[/]

      make screenshots
      make screenshots ARGS='latest history'
      make screenshots ARGS='--url https://localhost:8443 --folder build/screenshots'
    """
    if unknown := set(names or ()) - PAGES.keys():
        raise typer.BadParameter(f"unknown page {', '.join(sorted(unknown))}; choose from {', '.join(PAGES)}")
    wanted = names or list(PAGES)
    try:
        with stopped_once():
            if url:
                return photograph(url.rstrip("/"), wanted, folder)
            with passing_cloud(AS_OF) as cloud:
                _fill(cloud)
                photograph(cloud.site_url, wanted, folder)
    except (CommandError, NoBrowserError) as error:
        sys.exit(str(error))


def photograph(url: str, names: Sequence[str], folder: Path) -> None:
    """Write a picture of each page to the folder. Raises NoBrowserError."""
    from playwright.sync_api import sync_playwright  # a development dependency, not installed everywhere

    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright, open_browser(playwright, flags=trusting(url)) as browser:
        for name in names:
            with shown_step(f"{name}.webp"):
                pictures = [_picture(browser, reader, url + PAGES[name]) for reader in READERS]
                (folder / f"{name}.webp").write_bytes(_sheet(browser, pictures))


def _fill(cloud: LocalCloud) -> None:
    """Store the sessions before those of the first ingest."""
    with shown_step(f"Sessions since {HISTORY['from']}"):
        while run_ingest(cloud.client("lambda"), cloud.outputs.ingest_function_name, HISTORY)["Left"]:
            pass


def _picture(browser: "Browser", reader: Reader, url: str) -> bytes:
    """A screenshot of the page in a fresh browser context."""
    page = browser.new_page(
        color_scheme=reader.scheme,
        viewport={"width": reader.width, "height": reader.height},
        reduced_motion="reduce",
        locale="en-US",
        timezone_id="Europe/Berlin",
        ignore_https_errors=True,  # of the request that `_as_live` makes
    )
    # With its cache, Chromium revalidates stale files, in requests that do not end for half a minute.
    protocol = page.context.new_cdp_session(page)
    protocol.send("Network.enable")
    protocol.send("Network.setCacheDisabled", {"cacheDisabled": True})
    page.route("**/status.json", _as_live)
    page.goto(url, wait_until="networkidle", timeout=PATIENCE_SECONDS * 1000)
    picture = page.screenshot(animations="disabled", caret="hide")
    page.close()
    return picture


def _as_live(route: "Route") -> None:
    """Answer with the status of real data: a picture needs no warning that its prices are made up."""
    answer = route.fetch()
    route.fulfill(response=answer, body=answer.text().replace('"simulated"', '"live"'))


def _sheet(browser: "Browser", pictures: Sequence[bytes]) -> bytes:
    """The pictures side by side, as WebP."""
    images = "".join(f'<img src="data:image/png;base64,{b64encode(p).decode()}">' for p in pictures)
    style = f"body{{margin:0;padding:8px;display:inline-flex;gap:8px;background:#888}}img{{height:{SHEET_HEIGHT}px}}"
    page = browser.new_page(viewport={"width": 3000, "height": SHEET_HEIGHT + 16})
    page.set_content(f"<style>{style}</style><body>{images}")
    page.wait_for_function("[...document.images].every((image) => image.complete)")
    box = page.locator("body").bounding_box()
    asked = {"format": "webp", "quality": QUALITY, "clip": {**(box or {}), "scale": 1}}
    shot = page.context.new_cdp_session(page).send("Page.captureScreenshot", asked)
    page.close()
    return b64decode(shot["data"])


if __name__ == "__main__":
    typer.run(main)
