"""Whatever the provider answers: what the run does, what is stored, and what the operator reads.

Two sessions are missing and asked for day by day, the first of which is attacked over real HTTP. What an attack does
to bytes alone stands in `tests/ingest/test_massive.py`.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from scripts.vendors.connections import LoopbackServer
from tests.chaos.worlds import SmallWorld, assert_whole, small_world
from tests.world import KEY, RAW

THURSDAY, FRIDAY = date(2026, 11, 19), date(2026, 11, 20)
WATCHLIST = ("AAPL", "MSFT", "TSLA")
FAILED, LEFT, STORED = "failed", "left", "stored"
ROW: dict[str, Any] = {"o": 10, "h": 12, "l": 9, "c": 11, "v": 100, "t": 1795122000000}
MEGABYTES = 1_000_000
HTML = {"Content-Type": "text/html"}
OPEN_CLOSE = {"status": "OK", "from": "2026-11-19", "symbol": "AAPL", "open": 1}


def raw(row: bytes) -> dict[str, Any]:
    """A good answer with one more row, to the byte."""
    good = json.dumps({"status": "OK", "results": [{"T": ticker, **ROW} for ticker in WATCHLIST]}).encode()
    return {"body": (good[:-2] + b"," + row + b"]}").decode(errors="surrogateescape")}


def error(status: int, words: str | None = None) -> dict[str, Any]:
    body = json.dumps({"status": "ERROR", "error": words}) if words else ""
    return {"status": status, "body": body}


def results(rows: Any) -> dict[str, Any]:
    return {"status": 200, "body": json.dumps({"status": "OK", "results": rows})}


def row(**changed: Any) -> dict[str, Any]:
    """All rows are in order but TSLA's."""
    rows = [{"T": ticker, **ROW} for ticker in WATCHLIST]
    return results([each | changed if each["T"] == "TSLA" else each for each in rows])


def rows(*more: dict[str, Any]) -> dict[str, Any]:
    return results([{"T": ticker, **ROW} for ticker in WATCHLIST] + [ROW | each for each in more])


@dataclass(frozen=True, slots=True)
class Attack:
    """What is done, what becomes of the session, and the words for it.

    `calls` are those that the session costs, `slept` the seconds waited, and `goes_on` is whether the next session is
    asked for; `kept` is whether the answer is in the raw zone.
    """

    fault: Mapping[str, Any]
    becomes: str
    reads: str = ""
    calls: int = 1
    goes_on: bool = True
    kept: bool = False
    slept: float = 0


NO_JSON = "that are not a JSON object"
ATTACKS = {
    # HTTP statuses
    "400": Attack(error(400, "Could not parse"), FAILED, "Massive answered 400: Could not parse"),
    "401": Attack(
        error(401, "Unknown API Key"), FAILED, "Massive refuses the key or the plan (401)", goes_on=False
    ),
    "403 not yet": Attack(error(403, "Attempted before end of day"), LEFT, "does not serve this session yet"),
    "403 plan": Attack(
        error(403, "doesn't include this data timeframe"), FAILED, "plan does not include this date"
    ),
    "403 other": Attack(
        error(403, "NOT_AUTHORIZED"), FAILED, "refuses the key or the plan (403)", goes_on=False
    ),
    "403 of a firewall": Attack(error(403), FAILED, "(403): no message", goes_on=False),
    "404": Attack(error(404, "Data not found."), FAILED, "Massive answered 404: Data not found."),
    "408": Attack(error(408), FAILED, "Massive answered 408: no message"),
    "418 HTML": Attack(
        {"status": 418, "body": "<html>", "headers": HTML}, FAILED, "answered 418: no message"
    ),
    "429 once": Attack(error(429, "too many") | {"next": 1}, STORED, calls=2, kept=True, slept=61),
    "429 empty": Attack(error(429) | {"next": 1}, STORED, calls=2, kept=True, slept=61),
    "429 seconds": Attack(
        error(429) | {"headers": {"Retry-After": "7"}, "next": 1}, STORED, calls=2, kept=True, slept=8
    ),
    "429 date": Attack(
        error(429) | {"headers": {"Retry-After": "Sat, 21 Nov 2026 05:11:00 GMT"}, "next": 1},
        STORED,
        calls=2,
        kept=True,
        slept=61,
    ),
    "429 an hour": Attack(
        error(429) | {"headers": {"Retry-After": "3600"}}, LEFT, "waiting 3601 s would outlast", goes_on=False
    ),
    "429 for ever": Attack(error(429), LEFT, "it answered 429", calls=14, goes_on=False, slept=13 * 61),
    "429 at once, for ever": Attack(
        error(429) | {"headers": {"Retry-After": "0"}},
        LEFT,
        "it answered 429",
        calls=15,
        goes_on=False,
        slept=1 + 13 * 61,
    ),
    "500": Attack(error(500, "oops"), FAILED, "Massive answered 500: oops", calls=3),
    "500 twice": Attack(error(500) | {"next": 2}, STORED, calls=3, kept=True),
    "502 HTML": Attack(
        {"status": 502, "body": "<html>", "headers": HTML}, FAILED, "answered 502: no", calls=3
    ),
    "204": Attack({"status": 204}, FAILED, "Massive answered 204"),
    "206": Attack({"status": 206, "body": "{}"}, FAILED, "Massive answered 206"),
    "302": Attack({"status": 302, "headers": {"Location": "/v2/elsewhere"}}, FAILED, "Massive answered 302"),
    # documents
    "an error as 200": Attack(
        error(200, "Unknown API Key"), FAILED, "200 with status ERROR: Unknown API Key", kept=True
    ),
    "another endpoint's": Attack(
        {"status": 200, "body": json.dumps(OPEN_CLOSE)}, FAILED, "AAPL is missing", kept=True
    ),
    "no status": Attack({"status": 200, "body": '{"results":[]}'}, FAILED, "200 with status None", kept=True),
    "a status that is a list": Attack(
        {"status": 200, "body": '{"status":["OK"]}'}, FAILED, "200 with status ['OK']", kept=True
    ),
    "no results": Attack({"status": 200, "body": '{"status":"OK"}'}, FAILED, "AAPL is missing", kept=True),
    "null results": Attack(results(None), FAILED, "AAPL is missing, MSFT is missing", kept=True),
    "empty results": Attack(results([]), FAILED, "AAPL is missing", kept=True),
    "results an object": Attack(results({"AAPL": 1}), FAILED, "results are not a list of rows", kept=True),
    "rows no objects": Attack(results([1, None]), FAILED, "results are not a list of rows", kept=True),
    "empty body": Attack({"status": 200, "body": ""}, FAILED, f"200 with 0 bytes {NO_JSON}", kept=True),
    "HTML": Attack(
        {"status": 200, "body": "<html>", "headers": HTML}, FAILED, f"{NO_JSON}: b'<html>'", kept=True
    ),
    "cut JSON": Attack({"status": 200, "body": '{"status":"OK","results":[{"T"'}, FAILED, NO_JSON, kept=True),
    "deep JSON": Attack({"status": 200, "body": '{"a":' * 200_000}, FAILED, NO_JSON, kept=True),
    "JSON as text": Attack({"headers": {"Content-Type": "text/plain"}}, STORED, kept=True),
    "JSON of no type": Attack({"headers": {"Content-Type": ""}}, STORED, kept=True),
    # bytes
    "gzip that is none": Attack(
        {"body": '{"status":"OK"}', "headers": {"Content-Encoding": "gzip"}}, FAILED, "could not be read"
    ),
    "gzip cut": Attack({"truncate": 700}, FAILED, "could not be read"),
    "an unknown coding": Attack(
        {"body": "{}", "headers": {"Content-Encoding": "br"}}, FAILED, "Massive", kept=True
    ),
    "dropped": Attack({"drop": True}, FAILED, "could not be read", calls=3),
    "reset": Attack({"reset": True}, FAILED, "could not be read", calls=3),
    "reset midway": Attack({"reset": True, "truncate": 700}, FAILED, "could not be read"),
    "200 MB plain": Attack({"body": "{}", "pad": 200 * MEGABYTES}, FAILED, "larger than 32 MB"),
    "200 MB in gzip": Attack({"pad": 200 * MEGABYTES}, FAILED, "larger than 32 MB"),
    # rows; the tests of the reader and the judge have the rest
    "a row missing": Attack(row(T="OTHER"), FAILED, "TSLA is missing", kept=True),
    "two prices": Attack(rows({"T": "TSLA", "c": 12}), FAILED, "TSLA comes twice, with different", kept=True),
    "NaN": Attack(row(o=float("nan")), FAILED, "TSLA has an implausible number as o", kept=True),
    "NaN in another": Attack(rows({"T": "OTHER", "vw": float("nan"), "o": float("-inf")}), STORED, kept=True),
    "bytes that are not UTF-8 in another": Attack(raw(b'{"T":"\xff\xc3"}'), STORED, kept=True),
    "lists in lists in another": Attack(raw(b'{"a":' + b"[" * 5000 + b"]" * 5000 + b"}"), STORED, kept=True),
    "a row that cannot be read": Attack(
        {"body": row(o="?")["body"].replace('"?"', "01")},
        FAILED,
        "TSLA is in a row that can't be read",
        kept=True,
    ),
    "a price of zero": Attack(row(l=0), FAILED, "TSLA has a price of 0", kept=True),
    "1e400": Attack(
        {"status": 200, "body": row(h="?")["body"].replace('"?"', "1e400")},
        FAILED,
        "TSLA has an implausible number as h",
        kept=True,
    ),
    "no volume": Attack(row(v=0), FAILED, "TSLA did not trade (volume 0)", kept=True),
    "yesterday's row": Attack(
        row(t=ROW["t"] - 86_400_000), FAILED, "TSLA has the date 2026-11-18", kept=True
    ),
}


@pytest.fixture
def world(small_market: SmallWorld.Upstream) -> Iterator[SmallWorld]:
    with small_world(small_market, SmallWorld, window=2, watchlist=WATCHLIST) as world:
        yield world


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_an_attack_does_what_is_foreseen_and_no_more(world: SmallWorld, attack: Attack) -> None:
    begun = world.upstream_calls()
    world.fail({"path": f".*/{THURSDAY}", **attack.fault})
    report = world.run()
    reads = {FAILED: report.failed, LEFT: report.left, STORED: dict.fromkeys(report.stored, "")}
    assert attack.reads in reads[attack.becomes][THURSDAY]
    assert KEY not in str(report)
    stored = [THURSDAY] * (attack.becomes == STORED) + [FRIDAY] * attack.goes_on
    assert report.stored == [mover.date for mover in world.store.movers()][::-1] == stored
    assert (
        report.upstream_calls
        == world.upstream_calls() - begun
        == attack.calls + attack.goes_on + bool(stored)
    )
    backoff = attack.calls == 3  # seconds; a first try again follows at once
    assert sum(world.slept) == attack.slept + backoff
    assert any(f"date={THURSDAY}" in key for key in world.keys(RAW)) is attack.kept
    world.fail()
    world.slept.clear()
    world.now += timedelta(seconds=1)
    assert world.run().stored == [day for day in (THURSDAY, FRIDAY) if day not in stored]
    assert_whole(world)
    assert world.rebuild().unchanged == 2  # a bad answer that was kept does no harm


class Stranger(BaseHTTPRequestHandler):
    """A host to which the provider's answer leads; it notes what it is told."""

    server: "Strange"

    def do_GET(self) -> None:
        self.server.heard.append(str(self.headers))
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Be silent."""


class Strange(LoopbackServer):
    def __init__(self) -> None:
        self.heard: list[str] = []
        super().__init__(0, Stranger)


@pytest.mark.parametrize("status", [301, 307])
def test_a_redirect_to_another_host_is_not_followed(world: SmallWorld, status: int) -> None:
    stranger = Strange()
    stranger.start()
    try:
        location = f"{stranger.url.replace('127.0.0.1', 'localhost')}/v2"
        world.fail({"path": f".*/{THURSDAY}", "status": status, "headers": {"Location": location}})
        assert f"Massive answered {status}" in world.run().failed[THURSDAY]
    finally:
        stranger.stop()
    assert stranger.heard == []


def test_slow_bytes_take_their_session_alone(world: SmallWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.providers.asking.ANSWER_SECONDS", 0.2)
    world.fail({"path": f".*/{THURSDAY}", "slow": 0.1})
    report = world.run()
    assert "took longer than" in report.failed[THURSDAY]
    assert report.stored == [FRIDAY]


def test_a_silent_connection_is_given_up_three_times(
    world: SmallWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.providers.asking.READ_SECONDS", 0.2)
    world.fail({"path": f".*/{THURSDAY}", "delay": 1})
    report = world.run()
    assert "timed out" in report.failed[THURSDAY]
    assert report.upstream_calls == 5
    assert report.stored == [FRIDAY]
