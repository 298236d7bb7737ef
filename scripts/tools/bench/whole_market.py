"""Measures the grouped response: 1.5 MB with every ticker in the market, though a run needs only a few."""

import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import requests

from api.markets import US
from ingest.calendar import load_calendar
from scripts.tools.bench.bench import Bench
from scripts.tools.bench.child import child
from scripts.tools.bench.measure import REPETITIONS, Finding, middle, ratio
from scripts.tools.bench.world import watched
from scripts.vendors.massive import massive_server
from scripts.vendors.tape.simulated import SimulatedTape
from tests.world import SATURDAY

ROWS = 11_500
DAY = date(2026, 11, 20)


def memory(bench: Bench) -> Finding:
    return middle([run["megabytes"] for run in _runs(bench)])


def time_against_parsing(bench: Bench) -> Finding:
    """From the request to the winner, against just fetching and parsing the response."""
    return ratio([(run["milliseconds"], run["plain"]) for run in _runs(bench)], "ms")


def _runs(bench: Bench) -> list[dict[str, float]]:
    body = whole_market()
    world = bench.year
    arguments = (str(DAY), bench.emulator.url, world.names.raw, *watched())
    with served(body) as url:
        return [
            child(bench, "whole_market", bench.bundles / "ingest", url, *arguments)
            for _ in range(REPETITIONS)
        ]


def whole_market() -> bytes:
    """A session with as many tickers as the real market has, in the vendor's format."""
    calendar = load_calendar(US)
    made_up = [f"T{number:04}" for number in range(ROWS)]
    tickers = SimulatedTape(made_up, calendar).tickers
    tape = SimulatedTape(made_up[: 2 * ROWS - len(tickers)], calendar)
    with massive_server(tape, clock=lambda: SATURDAY, calendar=calendar) as server:
        path = f"/v2/aggs/grouped/locale/us/market/stocks/{DAY}?adjusted=false"
        answer = requests.get(server.url + path, headers={"Authorization": "Bearer any-key"}, timeout=60)
    answer.raise_for_status()
    return answer.content


@contextmanager
def served(body: bytes) -> Iterator[str]:
    """A server with this one response ready, so that only its reader takes time."""
    packed = gzip.compress(body)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            for name, value in (("Content-Encoding", "gzip"), ("Content-Length", str(len(packed)))):
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(packed)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
