"""A flood of junk at the CDN starves nobody: most of it never reaches the API, whose limit is small."""

import http.client
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from scripts.cloud.edge import Edge
from tests.profiles import LONG
from tests.scripts.cloud.edge.conftest import STAGE, FakeOrigin, Reply, Request, Viewer

pytestmark = pytest.mark.xdist_group("edge")  # one synthesis for all

CONNECTIONS = 20
SECONDS = 20 if LONG else 4
RATE, BURST = 10, 20  # the default limit of each route

IMPOSSIBLE = [
    *("/movers?days=junk{}", "/movers/?days=0{}x", "/movers?days=junk{}&days=%6aunk{}", "/movers?days=367{}"),
    *("/movers/junk{}", "/movers/2026-02-3{}", "/movers/junk{}.json", "/movers//junk{}", "//movers/junk{}"),
    *("/tickers/junk-{}", "/tickers/{}", "/tickers/junk/{}", "/tickers/junk-{}.json", "/tickers//{}"),
    *("/history/junk{}", "/status/junk{}", "/junk{}.json", "/junk{}/../movers", "/movers%2Fjunk{}"),
]
HARMLESS = ["/history?x={}", "/status?days=junk{}", "/movers?x={}", "/movers.json?days={}", "/feed.xml?x={}"]
UNKNOWN = ["/tickers/ZZ{}", "/tickers/ZZ{}.json", "/movers/19{:.2}-01-02", "/movers/19{:.2}-01-02.json"]


class Throttled(FakeOrigin):
    """Answers 429 above each route's own limit, as the API's stage does."""

    def __init__(self) -> None:
        super().__init__(Reply(headers={"Cache-Control": "public, s-maxage=300"}), STAGE)
        self._tokens: dict[str, tuple[float, float]] = {}
        self._lock = threading.Lock()

    def reply(self, request: Request) -> Reply:
        _, name, *rest = request.path.partition("?")[0].split("/")
        return self.otherwise if self._may(f"{name} {len(rest)}") else Reply(429)

    def _may(self, route: str) -> bool:
        with self._lock:
            now = time.monotonic()
            left, since = self._tokens.get(route, (float(BURST), now))
            left = min(BURST, left + (now - since) * RATE)
            self._tokens[route] = (left - 1 if left >= 1 else left, now)
            return left >= 1


@pytest.fixture(scope="module")
def api() -> Iterator[FakeOrigin]:
    with Throttled() as origin:
        yield origin


@pytest.fixture(scope="module")
def edge(real_edge: Edge) -> Edge:
    return real_edge


@contextmanager
def flood(viewer: Viewer, targets: list[str]) -> Iterator[Callable[[], int]]:
    """Many connections ask for the targets, each time with another number in it; how many questions there were."""
    over, asked = threading.Event(), [0] * CONNECTIONS

    def ask(number: int) -> None:
        dice = random.Random(number)  # noqa: S311 - the same junk each time
        connection = http.client.HTTPSConnection("localhost", viewer.port, context=viewer.context, timeout=30)
        while not over.is_set():
            method = dice.choice(["GET", "GET", "GET", "HEAD", "OPTIONS"])
            connection.request(method, dice.choice(targets).format(*[str(dice.randrange(10, 10**8))] * 2))
            connection.getresponse().read()
            asked[number] += 1
        connection.close()

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    try:
        yield lambda: sum(asked)
    finally:
        over.set()
        for thread in threads:
            thread.join()


def test_an_uncached_answer_is_given_throughout_a_flood(viewer: Viewer, api: FakeOrigin) -> None:
    statuses: list[int] = []
    with flood(viewer, [*IMPOSSIBLE, *HARMLESS, *UNKNOWN]) as asked:
        ends = time.monotonic() + SECONDS
        while time.monotonic() < ends:
            statuses.append(viewer.get(f"/movers?days={len(statuses) + 1}").status)
            time.sleep(0.15)  # less often than the limit, which is the readers' own
    assert asked() > 50 * SECONDS
    assert len(statuses) > 2 * SECONDS
    assert set(statuses) == {200}


def test_what_no_origin_can_answer_reaches_none(viewer: Viewer, files: FakeOrigin, api: FakeOrigin) -> None:
    before = len(files.requests), len(api.requests)
    with flood(viewer, IMPOSSIBLE) as asked:
        time.sleep(SECONDS / 2)
    assert asked() > 50 * SECONDS / 2
    assert (len(files.requests), len(api.requests)) == before
