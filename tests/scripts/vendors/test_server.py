"""A stand-in over loopback, asked by plain HTTP."""

import logging
import socket
import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime
from time import perf_counter
from typing import Any

import pytest
import requests

from api.markets import US
from ingest.calendar import load_calendar
from scripts.vendors import DeniedError, Question
from scripts.vendors.massive import massive_server
from scripts.vendors.server import VendorServer
from scripts.vendors.tape.simulated import SimulatedTape

FRIDAY, SATURDAY = date(2026, 11, 20), datetime(2026, 11, 21, 12, tzinfo=UTC)
GROUPED = "/v2/aggs/grouped/locale/us/market/stocks/2026-11-20"
RANGE = "/v2/aggs/ticker/AAPL/range/1/day/2026-11-16/2026-11-20"
KEY = {"Authorization": "Bearer key"}


def serve(tape: Any = None, **settings: Any) -> VendorServer:
    return massive_server(
        tape or SimulatedTape(), clock=lambda: SATURDAY, calendar=load_calendar(US), **settings
    )


@pytest.fixture
def server() -> Iterator[VendorServer]:
    with serve() as running:
        yield running


def get(server: VendorServer, path: str = GROUPED, **headers: str) -> requests.Response:
    return requests.get(server.url + path, headers=KEY | headers, timeout=10)


def post(server: VendorServer, value: object) -> requests.Response:
    return requests.post(f"{server.url}/-/faults", json=value, timeout=10)


def test_the_key_goes_in_the_header_or_the_query() -> None:
    with serve(keys=frozenset({"key"})) as server:
        for query, headers in [("?apiKey=key", {}), ("", KEY), ("", {"authorization": "bearer key"})]:
            assert requests.get(f"{server.url}{RANGE}{query}", headers=headers, timeout=10).status_code == 200
        assert requests.delete(f"{server.url}{RANGE}", headers=KEY, timeout=10).status_code == 405
        for query, text in [("", "API Key was not provided"), ("?apiKey=other", "Unknown API Key")]:
            refused = requests.get(f"{server.url}{RANGE}{query}", timeout=10)
            assert refused.status_code == 401
            assert refused.json() == {
                "status": "ERROR",
                "request_id": refused.headers["X-Request-Id"],
                "error": text,
            }


def test_refusals_come_in_the_order_key_rate_plan_date() -> None:
    future, broken = GROUPED.replace("2026", "2027"), GROUPED.replace("2026", "x")
    with serve(rate=2, plan="basic") as server:
        assert requests.get(server.url + future, timeout=10).status_code == 401  # not counted
        assert [get(server, path).status_code for path in (future, broken, future)] == [403, 400, 429]
        refused = get(server)
        assert "exceeded the maximum requests per minute" in refused.json()["error"]
        assert "Retry-After" not in refused.headers


def test_requests_are_counted_by_endpoint_and_status(server: VendorServer) -> None:
    for path in (GROUPED, GROUPED, RANGE, "/v9"):
        get(server, path)
    requests.get(server.url + RANGE, timeout=10)
    expected = {
        "total": 5,
        "requests": {"grouped": {"200": 2}, "other": {"404": 1}, "range": {"200": 1, "401": 1}},
    }
    assert requests.get(f"{server.url}/-/stats", timeout=10).json() == expected == server.stats()
    requests.post(f"{server.url}/-/stats/reset", timeout=10)
    assert server.stats() == {"total": 0, "requests": {}}


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://page.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Host": "page.example"},  # which leads to this machine since a moment ago
    ],
)
def test_web_pages_are_refused(server: VendorServer, headers: dict[str, str]) -> None:
    for method, path in [
        ("GET", GROUPED),
        ("GET", "/-/stats"),
        ("POST", "/-/stats/reset"),
        ("GET", "/-/faults"),
        ("POST", "/-/faults"),
        ("DELETE", "/-/faults"),
        ("OPTIONS", "/-/faults"),
    ]:
        url, body = server.url + path, b'{"status": 500}'
        refused = requests.request(method, url, headers=KEY | headers, data=body, timeout=10)
        assert (refused.status_code, "http://127.0.0.1" in refused.text) == (403, True)
        assert "Access-Control-Allow-Origin" not in refused.headers
    assert get(server).status_code == 200
    assert server.stats() == {"total": 1, "requests": {"grouped": {"200": 1}}}


def test_a_fault_replaces_the_answer(server: VendorServer) -> None:
    post(
        server,
        {
            "status": 502,
            "body": "<html>",
            "headers": {"Content-Type": "text/html", "Retry-After": "7"},
            "next": 1,
        },
    )
    faulty = requests.get(server.url + GROUPED, timeout=10)  # without a key: faults come first
    assert (faulty.status_code, faulty.text) == (502, "<html>")
    assert (faulty.headers["Content-Type"], faulty.headers["Retry-After"]) == ("text/html", "7")
    assert get(server).status_code == 200
    assert server.stats()["requests"]["grouped"] == {"200": 1, "502": 1}


def test_it_ends_at_once_with_connections_open_and_requests_waiting() -> None:
    before = threading.active_count()
    with serve() as server:
        server.set_faults([{"delay": 600, "path": RANGE}])
        port = int(server.url.rpartition(":")[2])
        idle, waiting = (socket.create_connection(("127.0.0.1", port)) for _ in range(2))
        waiting.sendall(f"GET {RANGE} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        assert get(server).status_code == 200  # both are accepted by now
        started = perf_counter()
    assert perf_counter() - started < 20  # and not the 600 of the request that waits
    assert threading.active_count() == before
    for connection in (idle, waiting):
        connection.close()
    with pytest.raises(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port)):
        pass


def test_callers_that_go_away_or_talk_nonsense_do_no_harm(
    server: VendorServer, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    port = int(server.url.rpartition(":")[2])
    for sent in (b"", b"GET", b"nonsense\r\n\r\n", f"GET {GROUPED}?apiKey=k HTTP/1.1\r\n\r\n".encode()):
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0"
            )  # a reset, not an end
            connection.sendall(sent)
    assert get(server).status_code == 200
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert capfd.readouterr().err == ""


def test_each_request_has_one_line_in_the_log_without_its_key(
    server: VendorServer, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "scripts.vendors"):
        requests.get(f"{server.url}{RANGE}?apiKey=secret", timeout=10)
        assert server.stats()["total"] == 1
        get(server, "/-/stats")
    lines = [record.getMessage() for record in caplog.records if "scripts.vendors" in record.name]
    assert lines[0].startswith(f"GET {RANGE} 200 ")
    assert not any("secret" in line for line in lines)


def test_a_taken_port_is_named(server: VendorServer) -> None:
    port = int(server.url.rpartition(":")[2])
    with pytest.raises(OSError, match=rf"cannot listen on 127.0.0.1:{port} .*; choose another port"):
        serve(port=port)


class Laconic:
    """A vendor with a wire format of its own: one endpoint, a key in a header of its own, errors with status 200."""

    tape = SimulatedTape()

    def endpoint(self, path: str) -> str:
        return "close"

    def admit(self, question: Question, keys: frozenset[str] | None) -> None:
        if question.headers["X-Token"] not in (keys or ()):
            raise DeniedError(401)

    def answer(self, question: Question) -> bytes:
        return str(self.tape.session(FRIDAY)["AAPL"].close).encode()

    def denial(self, denied: DeniedError, request_id: str) -> tuple[int, bytes]:
        return 200, b"no"


def test_another_vendor_has_the_same_tape_limits_faults_and_statistics() -> None:
    served = VendorServer(Laconic(), clock=lambda: SATURDAY, rate=1, keys=frozenset({"t"}))
    with served as server:
        close = str(served.tape.session(FRIDAY)["AAPL"].close)
        assert [get(server, "/", **token).text for token in ({}, {"X-Token": "t"}, {"X-Token": "t"})] == [
            "no",
            close,
            "no",
        ]
        server.set_faults([{"status": 500, "next": 1}])
        assert (get(server).status_code, get(server).status_code) == (500, 200)
        assert server.stats()["requests"] == {"close": {"200": 4, "500": 1}}
