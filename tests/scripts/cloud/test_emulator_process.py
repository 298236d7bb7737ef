"""The guard around an application that notes what reaches it."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from scripts.cloud.emulator_process import Message, Receive, Send, guarded
from scripts.cloud.guard import EDGE_HEADER, Guard
from tests.scripts.cloud.test_guard import API, HERE, ROOT, signed

GUARD = Guard(ROOT.access_key, ROOT.secret_key, "edge-secret", lambda *_: None)


def answered(scope: Message, *pieces: bytes) -> tuple[list[tuple[Message, bytes]], list[Message]]:
    """What reached the application, with the body it read, and what was sent back."""
    arrived, sent = [], []
    waiting = [{"type": "http.request", "body": piece, "more_body": True} for piece in pieces]
    waiting.append({"type": "http.request", "body": b"", "more_body": False})

    async def app(scope: Message, receive: Receive, send: Send) -> None:
        body = b""
        while scope["type"] == "http" and (message := await receive()):
            body += message["body"]
            if not message["more_body"]:
                break
        arrived.append((scope, body))

    async def receive() -> Message:
        return waiting.pop(0)

    async def send(message: Message) -> None:
        sent.append(message)

    # In a thread of its own: the page's tests leave a loop behind in theirs.
    with ThreadPoolExecutor() as pool:
        pool.submit(lambda: asyncio.run(guarded(app, GUARD)(scope, receive, send))).result()
    return arrived, sent


def scope_of(path: str, method: str = "POST", **headers: str) -> Message:
    listed = [(name.encode(), value.encode()) for name, value in ({"host": HERE} | headers).items()]
    raw: dict[str, Any] = {"path": path, "raw_path": path.encode(), "query_string": b""}
    return {"type": "http", "method": method, "headers": listed, **raw}


@pytest.mark.parametrize("pieces", [[b"{}"], [b"{", b"", b"}"]])
def test_a_signed_body_reaches_the_emulator_as_it_was_sent(pieces: list[bytes]) -> None:
    request = signed(ROOT)
    ((_, body),), sent = answered(scope_of("/", **request.headers), *pieces)
    assert (body, sent) == (b"{}", [])
    arrived, (start, _) = answered(scope_of("/", **request.headers), *pieces, b"more")
    assert (arrived, start["status"]) == ([], 403)


def test_functions_do_not_see_the_secret_of_the_edge() -> None:
    sent_by_edge = {"Host": "d123.cloudfront.net", EDGE_HEADER.title(): "edge-secret"}
    scope = scope_of(API, "GET", **sent_by_edge)
    scope["headers"] = [pair for pair in scope["headers"] if pair[0] != b"host"]
    ((seen, _),), _ = answered(scope)
    assert seen["headers"] == [(b"Host", b"d123.cloudfront.net")]


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        (
            {"x-amz-target": "DynamoDB_20120810.ListTables"},
            b'{"__type": "AccessDeniedException", "message": "Sign ',
        ),
        ({}, b"<ErrorResponse><Error><Code>AccessDenied</Code><Message>Sign "),
    ],
)
def test_the_reason_is_given_in_the_words_of_the_protocol(headers: dict[str, str], expected: bytes) -> None:
    arrived, (start, end) = answered(scope_of("/", **headers))
    assert (arrived, start["status"]) == ([], 403)
    assert end["body"].startswith(expected)


def test_a_web_socket_is_refused() -> None:
    arrived, sent = answered({**scope_of(API), "type": "websocket"})
    assert (arrived, sent) == ([], [{"type": "websocket.close"}])


def test_the_emulator_hears_of_its_start_and_end() -> None:
    ((scope, _),), _ = answered({"type": "lifespan"})
    assert scope == {"type": "lifespan"}
