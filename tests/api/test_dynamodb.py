"""The API's own reader of DynamoDB asks and answers as boto3 does, and gets over what passes."""

import itertools
import json
import re
import socket
import socketserver
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from decimal import Decimal, Inexact
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

from api import dynamodb
from api import handler as http
from api.attributes import plain, typed
from api.dynamodb import DynamoDBError, Reader
from api.store import Store
from ingest.daily.record import Record
from scripts.cloud.emulator import Emulator
from tests.conftest import REGION, TABLE
from tests.empty import create_table
from tests.samples import DAY, mover, record, session, status
from tests.world import sessions_of

ENV = {"AWS_REGION": REGION, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
Reply = tuple[int, dict[str, Any]] | None


@pytest.fixture
def table(emulator: Emulator) -> Record:
    """A table as ingest writes it."""
    client = emulator.client("dynamodb")
    create_table(client, TABLE)
    return Record(client, TABLE)


@pytest.fixture
def reading(emulator: Emulator, table: Record) -> Store:
    """The same table as the api function reads it."""
    reader = Reader(ENV | emulator.endpoint.credentials | {"AWS_ENDPOINT_URL": emulator.url})
    return Store(reader, TABLE)


def test_everything_that_boto3_wrote_is_read_alike(table: Record, reading: Store) -> None:
    record(table, session())
    table.put_status(status())

    assert reading.movers() == table.movers() == [mover(session())]
    assert sessions_of(reading) == sessions_of(table) == [session()]
    assert reading.session(DAY) == table.session(DAY)
    assert reading.ticker("TSLA", 30) == table.ticker("TSLA", 30) != []
    assert reading.status() == table.status() == status()
    assert reading.session(DAY.replace(day=1)) is None


def test_a_refusal_is_raised_with_its_name(reading: Store) -> None:
    with pytest.raises(DynamoDBError, match=r"ResourceNotFoundException \(400\)"):
        Store(reading.client, "no-such-table").movers()


@contextmanager
def scripted(*replies: Reply) -> Iterator[tuple[Reader, list[str], list[float]]]:
    """A reader of a server that gives these replies, `None` for a dropped connection; what was asked, and waited."""
    left, asked, waited = list(replies), list[str](), list[float]()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            asked.append(self.headers["x-amz-target"])
            if not (reply := left.pop(0)):
                self.close_connection = True
                return
            body = json.dumps(reply[1]).encode()
            self.send_response(reply[0])
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        reader = Reader(
            ENV | {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{server.server_port}"}, sleep=waited.append
        )
        try:
            yield reader, asked, waited
        finally:
            server.shutdown()
            thread.join()


FOUND: Reply = (200, {"Item": {}})
THROTTLED: Reply = (
    400,
    {"__type": "com.amazonaws.dynamodb.v20120810#ThrottlingException", "message": "slow"},
)


@pytest.mark.parametrize("passing", [None, THROTTLED, (500, {}), (503, {})])
def test_what_passes_is_tried_again_with_growing_waits(passing: Reply) -> None:
    with scripted(passing, passing, FOUND) as (reader, asked, waited):
        assert reader.get_item(TableName="t", Key={}) == {"Item": {}}
    assert asked == ["DynamoDB_20120810.GetItem"] * 3
    assert waited == sorted(waited)


def test_what_does_not_pass_is_given_up_after_four_tries() -> None:
    with scripted(*[THROTTLED] * 4) as (reader, asked, _), pytest.raises(DynamoDBError, match="Throttling"):
        reader.query(TableName="t")
    assert len(asked) == 4


def test_a_refusal_that_stays_is_not_tried_again() -> None:
    denied: Reply = (400, {"__type": "x#AccessDeniedException", "Message": "no"})
    with scripted(denied) as (reader, asked, _), pytest.raises(DynamoDBError, match=r"AccessDenied.*no"):
        reader.query(TableName="t")
    assert len(asked) == 1


ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s"
PAGE = json.dumps({"Items": [], "LastEvaluatedKey": {"pk": {"S": "MOVERS"}}}).encode()


def stay_silent(connection: socket.socket) -> None:
    """Take the request and never answer: a read ends when the reader hangs up."""
    while connection.recv(65536):
        pass


def stop_halfway(connection: socket.socket) -> None:
    connection.recv(65536)
    connection.sendall((ANSWER % (len(PAGE), PAGE))[:-20])
    stay_silent(connection)


def give_page_after_page(connection: socket.socket) -> None:
    """Each page is in time, and there is no last one."""
    while connection.recv(65536):
        time.sleep(0.1)
        connection.sendall(ANSWER % (len(PAGE), PAGE))


@contextmanager
def table_that(behaves: Callable[[socket.socket], None] | None) -> Iterator[str]:
    """The address of a table that behaves so on every connection; without it, one that refuses them."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with suppress(OSError):
                behaves and behaves(self.request)

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True  # each ends when the reader lets go of its connection

    with Server(("127.0.0.1", 0), Handler) as server:
        address = f"http://127.0.0.1:{server.server_address[1]}"
        if not behaves:
            server.server_close()
            yield address
            return
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield address
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize(
    ("behaves", "path"),
    [
        *itertools.product([None, stay_silent, stop_halfway], ["/movers", "/movers/2026-02-10"]),
        (give_page_after_page, "/history"),
    ],
)
def test_a_table_that_does_not_answer_is_told_by_the_function_before_its_own_time_is_over(
    behaves: Callable[[socket.socket], None] | None,
    path: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """At a twentieth of the real times; that those fit into the function's is the templates' test."""
    monkeypatch.setattr(dynamodb, "REQUEST_SECONDS", dynamodb.REQUEST_SECONDS / 20)
    monkeypatch.setattr(dynamodb, "TRY_SECONDS", dynamodb.TRY_SECONDS / 20)
    monkeypatch.setenv("TABLE_NAME", TABLE)
    monkeypatch.setenv("MARKET", "us")
    with table_that(behaves) as url:
        reader = Reader(ENV | {"AWS_ENDPOINT_URL": url}, sleep=lambda seconds: time.sleep(seconds / 20))
        monkeypatch.setattr(http, "reader", lambda: reader)
        for _ in range(2):  # a container lives on: each request has time of its own
            started = time.monotonic()
            answer = http.handler({"httpMethod": "GET", "path": path}, None)
            assert time.monotonic() - started < 1.5  # 0.4, and what a busy machine adds
            assert (answer["statusCode"], answer["body"]) == (500, '{"error":"Internal server error"}')
            assert re.search("refused|timed out|no answer within", capsys.readouterr().err)


@pytest.mark.parametrize(
    ("region", "host"),
    [
        ("eu-central-1", "dynamodb.eu-central-1.amazonaws.com"),
        ("cn-north-1", "dynamodb.cn-north-1.amazonaws.com.cn"),
    ],
)
def test_at_aws_it_speaks_tls_to_its_region(region: str, host: str) -> None:
    assert Reader(ENV | {"AWS_REGION": region}).url == f"https://{host}/"


VALUES = {
    "S": "text",
    "N": Decimal("-2.345678"),
    "whole": 7,
    "L": ["a", Decimal("0.1")],
    "M": {"deep": {"er": None}},
    "BOOL": True,
    "NULL": None,
}


def test_values_are_written_and_read_as_boto3_does() -> None:
    written = typed(VALUES)
    assert written == {name: TypeSerializer().serialize(value) for name, value in VALUES.items()}
    assert plain(written) == {name: TypeDeserializer().deserialize(each) for name, each in written.items()}


def test_a_number_with_more_digits_than_the_table_keeps_is_refused() -> None:
    with pytest.raises(Inexact):
        typed({"Open": Decimal("1." + "1" * 38)})


def test_what_has_no_place_in_the_table_is_refused() -> None:
    with pytest.raises(TypeError, match="float"):
        typed({"Open": 0.1})
