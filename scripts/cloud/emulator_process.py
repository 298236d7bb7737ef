"""The emulator's process: ministack behind the guard, with no port that bypasses it.

    AWS_ACCESS_KEY_ID=… GUARD_SECRET=… GUARD_EDGE=… python -m scripts.cloud.emulator_process

It removes both secrets from the environment before any function can inherit them.
"""

import hashlib
import json
import os
import secrets
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import replace
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

from ministack.core.sigv4 import decode_header_value

from scripts.cloud.guard import EDGE_HEADER, Guard, Request

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Coroutine[Any, Any, None]]


def guarded(app: App, guard: Guard) -> App:
    """The ASGI application behind the guard. WebSockets are refused: nothing here uses them."""

    async def guarded_app(scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close"})
        else:
            await _answer(scope, receive, send)

    async def _answer(scope: Message, receive: Receive, send: Send) -> None:
        request = _request(scope)
        if request.is_signed:
            request = replace(request, body=await _body(receive))
            receive = _replayed(request.body, receive)
        if reason := guard.refusal(request):
            await _refuse(request, reason, send)
        else:
            await app(_without_secret(scope), receive, send)

    return guarded_app


def _request(scope: Message) -> Request:
    headers: dict[str, str] = {}
    for name, value in scope["headers"]:
        key, text = name.decode("latin-1").lower(), decode_header_value(value)
        headers[key] = f"{headers[key]},{text}" if key in headers else text
    query = parse_qs(scope["query_string"].decode("utf-8", "replace"), keep_blank_values=True)
    return Request(scope["method"], scope["path"], scope["raw_path"].decode("latin-1"), query, headers)


async def _body(receive: Receive) -> bytes:
    body = b""
    while (message := await receive())["type"] == "http.request":
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    return body


def _replayed(body: bytes, receive: Receive) -> Receive:
    """Returns the body that was already read, then whatever follows."""
    again: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def read() -> Message:
        return again.pop() if again else await receive()

    return read


async def _refuse(request: Request, reason: str, send: Send) -> None:
    """Answer 403 in the format of the request's protocol, so that SDKs show the reason."""
    if "x-amz-target" in request.headers:
        kind, text = b"application/json", json.dumps({"__type": "AccessDeniedException", "message": reason})
    else:
        error = f"<Error><Code>AccessDenied</Code><Message>{escape(reason)}</Message></Error>"
        kind, text = b"application/xml", f"<ErrorResponse>{error}</ErrorResponse>"
    await send({"type": "http.response.start", "status": 403, "headers": [(b"content-type", kind)]})
    await send({"type": "http.response.body", "body": text.encode()})


def _without_secret(scope: Message) -> Message:
    """A function sees a request's headers and could return them."""
    kept = [(name, value) for name, value in scope["headers"] if name.lower() != EDGE_HEADER.encode()]
    return {**scope, "headers": kept}


def _issued(access_key_id: str, session_token: str) -> str | None:
    """The secret of a key that the emulator issued, if the session token belongs to it."""
    from ministack.core import iam_evaluator, responses

    if iam_evaluator.is_root_access_key(access_key_id):
        return None
    account = (
        responses._account_from_sts_session(access_key_id)
        or iam_evaluator.find_iam_access_key_account(access_key_id)
        or responses.get_account_id()
    )
    found = iam_evaluator.resolve_credential(access_key_id, account, session_token)
    return found.secret_access_key if isinstance(found, iam_evaluator.ResolvedCredential) else None


def _make_role_keys_secret() -> None:
    """ministack derives the keys of a function's role from names alone; the salt makes them unpredictable."""
    from ministack.core import lambda_runtime

    salt = secrets.token_bytes()
    lambda_runtime.hashlib = SimpleNamespace(sha256=lambda data: hashlib.sha256(salt + data))


def _tell_root_secret(guard: Guard) -> None:
    """ministack itself checks presigned S3 URLs, for which it would read the secret from the environment."""
    from ministack.core import iam_evaluator

    resolve = iam_evaluator.resolve_credential

    def resolved(access_key_id: str, *where: Any, **named: Any) -> Any:
        found = resolve(access_key_id, *where, **named)
        is_root = access_key_id == guard.access_key_id and isinstance(found, iam_evaluator.ResolvedCredential)
        return replace(found, secret_access_key=guard.secret_access_key) if is_root else found

    iam_evaluator.resolve_credential = resolved


def main() -> None:
    environ = os.environ
    guard = Guard(
        environ["AWS_ACCESS_KEY_ID"], environ.pop("GUARD_SECRET"), environ.pop("GUARD_EDGE"), _issued
    )
    from ministack import app as emulator  # reads its settings at import

    _make_role_keys_secret()
    _tell_root_secret(guard)
    emulator.app = guarded(emulator.app, guard)
    emulator.main()


if __name__ == "__main__":
    main()
