"""The api function: turns API Gateway's proxy events into HTTP responses."""

import json
import os
import sys
import time
import traceback
from collections.abc import Mapping
from functools import cache
from typing import Any
from urllib.parse import unquote

from api import answers, documents, names, routes
from api.answers import BadQuestionError, NotFoundError, Question
from api.dynamodb import Reader
from api.headers import COMMON
from api.markets import Market, market_named
from api.routes import Route
from api.store import Store

METHODS = "GET, HEAD, OPTIONS"
CDN = "Amazon CloudFront"
PREFLIGHT = {
    "Access-Control-Allow-Methods": METHODS,
    "Access-Control-Allow-Headers": "If-None-Match",
    "Access-Control-Max-Age": "86400",
}

Event = Mapping[str, Any]
Response = dict[str, Any]


def handler(event: Event, context: object) -> Response:
    """The Lambda entry point: answer and write one log line. An unexpected failure is a 500 without details."""
    started = time.perf_counter()
    try:
        response = respond(event, store(), market_named(os.environ[names.MARKET]))
        failure = None
    except Exception:  # noqa: BLE001 - the boundary: the caller gets a 500, the log gets the reason
        response = _error(500, "Internal server error")
        failure = traceback.format_exc()
    _log(event, context, response["statusCode"], time.perf_counter() - started, failure)
    return response


def store() -> Store:
    """The table; the clock for this request's reads starts now."""
    reader().begin()
    return Store(reader(), os.environ[names.TABLE_NAME])


@cache
def reader() -> Reader:
    """Made once per container, which keeps its connection."""
    return Reader(os.environ)


def respond(event: Event, store: Store, market: Market) -> Response:
    """Answer one request. An invalid one gets a 4xx that says what is allowed.

    `HEAD` returns the body of `GET` too: the server in front measures it for `Content-Length` and doesn't send it.
    Setting `Content-Length` here doesn't work, because API Gateway renames it.
    """
    method = event["httpMethod"]
    # For any path: after a refused preflight, a script wouldn't get to see the 404.
    if method == "OPTIONS":
        return {"statusCode": 204, "headers": COMMON | PREFLIGHT, "body": ""}
    try:
        asked = _asked(event["path"], event.get("queryStringParameters") or {})
        if method not in ("GET", "HEAD"):
            return _error(405, f"{method} is not allowed; allowed: {METHODS}")
        return _ok(asked.route, answers.answer(asked, store, market), _header(event, "If-None-Match"))
    except BadQuestionError as wrong:
        return _error(400, str(wrong))
    except NotFoundError as wrong:
        return _error(404, str(wrong))


def _asked(path: str, query: Mapping[str, str]) -> Question:
    """What the path asks for. A twin's path (`….json`) means its resource; the query is ignored, as for a file."""
    path = path.strip("/")
    if path.endswith(".json"):
        path, query = path.removesuffix(".json"), {}
    if not (found := routes.find(path)):
        raise NotFoundError(f"There is no such resource; try {routes.LIST}")
    route, value = found
    return Question(route, unquote(value), query)


def _ok(route: Route, body: bytes, if_none_match: str) -> Response:
    etag = documents.etag(body)
    headers = COMMON | {"ETag": etag, "Cache-Control": route.cache_control}
    if _matches(if_none_match, etag):
        return {"statusCode": 304, "headers": headers, "body": ""}
    return {
        "statusCode": 200,
        "headers": headers | {"Content-Type": routes.JSON},
        "body": body.decode(),
    }


def _error(status: int, message: str) -> Response:
    headers = COMMON | {"Content-Type": routes.JSON, "Cache-Control": "no-store"}
    if status == 405:
        headers["Allow"] = METHODS
    return {"statusCode": status, "headers": headers, "body": documents.error(message).decode()}


def _matches(if_none_match: str, etag: str) -> bool:
    """Weak comparison (RFC 9110, 13.1.2): a proxy that compresses turns `"x"` into `W/"x"`."""
    candidates = [candidate.strip().removeprefix("W/") for candidate in if_none_match.split(",")]
    return etag in candidates or if_none_match.strip() == "*"


def _header(event: Event, name: str) -> str:
    """A request header by name, in any case: API Gateway keeps the caller's spelling."""
    headers: Mapping[str, str] = event.get("headers") or {}
    return next((value for key, value in headers.items() if key.lower() == name.lower()), "")


def _log(event: Event, context: object, status: int, seconds: float, failure: str | None) -> None:
    line = {
        "level": "ERROR" if failure else "INFO",
        "method": event.get("httpMethod"),
        "path": event.get("path"),
        "status": status,
        "milliseconds": round(seconds * 1000, 1),
        "request_id": getattr(context, "aws_request_id", None),
        **({"exception": failure} if failure else {}),
        **(_twin_miss() if _is_twin_miss(event, status) else {}),
    }
    print(json.dumps(line), file=sys.stdout if not failure else sys.stderr)


def _is_twin_miss(event: Event, status: int) -> bool:
    """Whether the CDN asked the API for a twin, even if the answer is 304 (its cached copy is still good).

    A viewer's direct request for a twin isn't a miss. The CDN is recognized by its `User-Agent`, which it sends in
    place of the viewer's. Others can send that header too, but all they can cause is a false alarm.
    """
    found = status in (200, 304) and routes.is_twin(str(event.get("path")))
    return found and _header(event, "User-Agent") == CDN


def _twin_miss() -> dict[str, Any]:
    """Count a twin missing from the bucket, in CloudWatch's embedded metric format."""
    metrics = {
        "Namespace": names.NAMESPACE,
        "Dimensions": [[names.STAGE_DIMENSION]],
        "Metrics": [{"Name": names.TWIN_MISS, "Unit": "Count"}],
    }
    about = {"Timestamp": round(time.time() * 1000), "CloudWatchMetrics": [metrics]}
    return {"_aws": about, names.STAGE_DIMENSION: os.environ[names.STAGE], names.TWIN_MISS: 1}
