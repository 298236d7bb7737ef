"""What a view of the page costs: `python -m tests.browser.weigh https://localhost:8443/` prints every request."""

import argparse
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Page, sync_playwright

from scripts.tools.browser import open_browser, trusting


@dataclass(slots=True)
class Transfer:
    """A request of the page. `size` is in bytes as they came over the network, headers included; 0 from a cache."""

    url: str
    kind: str
    status: int = 0
    size: int = 0
    source: str = "network"

    def __str__(self) -> str:
        return f"{self.size:8} {self.status:4} {self.source:8} {self.kind:12} {self.url}"


@dataclass(frozen=True, slots=True)
class Weight:
    """All transfers of a view, in the order of their requests."""

    transfers: tuple[Transfer, ...]

    @property
    def requests(self) -> int:
        """Those that went out to the network."""
        return sum(each.source == "network" for each in self.transfers)

    @property
    def size(self) -> int:
        return sum(each.size for each in self.transfers)

    @property
    def hosts(self) -> set[str]:
        return {urlsplit(each.url).netloc for each in self.transfers}

    @property
    def view(self) -> "Weight":
        """What the page itself asks for: browsers fetch the icon of a site they do not know beside it."""
        return Weight(tuple(each for each in self.transfers if not each.url.endswith("/icon.svg")))

    def __str__(self) -> str:
        total = f"{self.size:8} bytes in {self.requests} requests to {', '.join(sorted(self.hosts))}"
        return "\n".join([*map(str, self.transfers), total])


COMPLETE = "document.querySelector('#state[data-tone]')"


def weigh(page: Page, url: str) -> Weight:
    """Open the front page in a page of Chromium and count what comes until all of it is there."""
    transfers: dict[str, Transfer] = {}

    def begin(event: Mapping[str, Any]) -> None:
        transfers[event["requestId"]] = Transfer(event["request"]["url"], event.get("type", "Other"))

    def answer(event: Mapping[str, Any]) -> None:
        transfer, response = transfers[event["requestId"]], event["response"]
        transfer.status = response["status"]
        if response.get("fromDiskCache"):
            transfer.source = "disk"

    def recall(event: Mapping[str, Any]) -> None:
        transfers[event["requestId"]].source = "memory"

    def finish(event: Mapping[str, Any]) -> None:
        if event["requestId"] in transfers:  # the icon of a view before may still be on its way
            transfers[event["requestId"]].size = int(event["encodedDataLength"])

    tools = page.context.new_cdp_session(page)
    tools.on("Network.requestWillBeSent", begin)
    tools.on("Network.requestServedFromCache", recall)
    tools.on("Network.responseReceived", answer)
    tools.on("Network.loadingFinished", finish)
    tools.send("Network.enable")
    page.goto(url, wait_until="networkidle")
    page.wait_for_function(COMPLETE)
    page.wait_for_load_state("networkidle")
    tools.detach()
    return Weight(tuple(transfers.values()))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.browser.weigh", description=__doc__)
    parser.add_argument("url")
    url = parser.parse_args().url
    with sync_playwright() as playwright:
        browser = open_browser(playwright, flags=trusting(url))
        page = browser.new_context().new_page()
        for view in ("first", "second"):
            print(f"The {view} view:\n{weigh(page, url)}")
        browser.close()


if __name__ == "__main__":
    main()
