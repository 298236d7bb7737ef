"""Every state of the page at an address of its own, until Ctrl-C: `python -m tests.states`, or `make states`."""

import argparse
import sys
from contextlib import suppress
from datetime import UTC, datetime
from functools import cache
from html import escape
from http.server import BaseHTTPRequestHandler
from typing import Any, Self
from urllib.parse import urlsplit

from infra.headers import CONTENT_SECURITY_POLICY, PAGE_HEADERS
from scripts.cloud.signals import stopped_once
from scripts.deployment.page import page_files
from scripts.folders import ROOT
from scripts.vendors.connections import LoopbackServer
from tests.states import NAMES, State, state
from tests.states.answers import NOT_FOUND, Answer
from tests.states.scenes import SCENES

PORT = 8500
HTML = "text/html; charset=utf-8"
HEADERS = {
    **PAGE_HEADERS,
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",  # a change of the page is to be seen at once
}


class StatesServer(LoopbackServer):
    """Serves them while the context lasts; the page's files are read again for each request."""

    def __init__(self, port: int = PORT) -> None:
        super().__init__(port, _Handler)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def address(self, name: str | None = None) -> str:
        """Of a state, or of the list of all."""
        host = f"{name}.localhost" if name else "localhost"
        return f"http://{host}:{self.socket.getsockname()[1]}/"


class _Handler(BaseHTTPRequestHandler):
    server: StatesServer
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        name, _, parent = (self.headers.get("Host") or "").partition(":")[0].partition(".")
        path = urlsplit(self.path).path
        if parent == "localhost" and name in NAMES:
            self._give(shown(name).answer(path) or page_file(path) or shown(name).no_page)
        else:
            self._give(index(self.server) if path == "/" else page_file(path) or NOT_FOUND)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: one looks at the page."""

    def _give(self, answer: Answer) -> None:
        if answer.fault:
            self.close_connection = True
            self.server.stopping.wait(60 if answer.fault == "hang" else 0)
            return
        self.send_response(answer.status)
        for header, value in {**HEADERS, **answer.headers, "Content-Length": str(len(answer.body))}.items():
            self.send_header(header, value)
        self.end_headers()
        self.wfile.write(answer.body)


@cache
def shown(name: str) -> State:
    """The state, whose time runs on from when it is first looked at."""
    return state(name, datetime.now(UTC))


def page_file(path: str) -> Answer | None:
    """An asset or icon as the CDN serves it."""
    found = next((file for file in page_files(ROOT) if f"/{file.key}" == path), None)
    return Answer(200, found.body, found.content_type) if found else None


def index(server: StatesServer) -> Answer:
    """All states, with links to them."""
    rows = (
        f'<dt><a href="{server.address(name)}">{name}</a></dt><dd>{escape(scene.says)}</dd>'
        for name, scene in SCENES.items()
    )
    page = f"<!doctype html><title>States</title><h1>States of the page</h1><dl>{''.join(rows)}</dl>"
    return Answer(200, page.encode(), HTML)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.states", description=__doc__)
    parser.add_argument("--port", type=int, default=PORT)
    try:
        with stopped_once(), suppress(KeyboardInterrupt), StatesServer(parser.parse_args().port) as server:
            print(welcome(server), flush=True)
            server.join()
    except OSError as taken:
        sys.exit(str(taken))


def welcome(server: StatesServer) -> str:
    lines = (f"{server.address(name):36} {scene.says}" for name, scene in SCENES.items())
    note = "A browser that has seen the local cloud may insist on HTTPS here: use a private window."
    return "\n".join([f"{server.address():36} All of these:", *lines, note])


if __name__ == "__main__":
    main()
