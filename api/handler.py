"""HTTP: API Gateway's proxy events in, the documents of `api.documents` out."""

import json
import os
import re
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Any, cast

from api import documents
from api.dynamodb import Reader
from api.headers import COMMON
from api.records import TICKER
from api.store import Store

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

METHODS = "GET, HEAD, OPTIONS"
CDN = "Amazon CloudFront"
PREFLIGHT = {
    "Access-Control-Allow-Methods": METHODS,
    "Access-Control-Allow-Headers": "If-None-Match",
    "Access-Control-Max-Age": "86400",
}
MAX_DAYS = 366
DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
# A twin's name as it is published. `//movers.json` gets the same answer, but no such file was ever in the bucket.
TWIN = re.compile(r"/[^/]+(/[^/]+)?\.json")

Event = Mapping[str, Any]
Response = dict[str, Any]
Query = Mapping[str, str]


class HttpError(Exception):
    """An answer other than 200, with the words for the caller."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def handler(event: Event, context: object) -> Response:
    """The Lambda entry point: answer, and leave one log line. An unforeseen failure is a 500 without details."""
    started = time.perf_counter()
    try:
        response = respond(event, store())
        failure = None
    except Exception:  # noqa: BLE001 - the boundary: whatever it was, the caller gets a 500 and the log the reason
        response = _error(500, "Internal server error")
        failure = traceback.format_exc()
    _log(event, context, response["statusCode"], time.perf_counter() - started, failure)
    return response


def store() -> Store:
    """The table, with the time that a request has for it."""
    reader().begin()
    return Store(cast("DynamoDBClient", reader()), os.environ["TABLE_NAME"])


@cache
def reader() -> Reader:
    """Connected once per container."""
    return Reader(os.environ)


def respond(event: Event, store: Store) -> Response:
    """Answer one request; a wrong one with the 4xx that says what is allowed.

    `HEAD` gets the whole answer of `GET`, body included: the server in front measures the body and does not send it.
    A `Content-Length` from here would not do, because API Gateway renames it.
    """
    method = event["httpMethod"]
    if (
        method == "OPTIONS"
    ):  # for any path: after a refused preflight a browser would not show a script the 404
        return {"statusCode": 204, "headers": COMMON | PREFLIGHT, "body": ""}
    try:
        find = _route(event["path"], event.get("queryStringParameters") or {})
        if method not in ("GET", "HEAD"):
            raise HttpError(405, f"{method} is not allowed; allowed are {METHODS}")
        return _ok(find(store), _header(event, "If-None-Match"))
    except HttpError as wrong:
        return _error(wrong.status, str(wrong))


def _route(path: str, query: Query) -> Callable[[Store], bytes]:
    """What answers the path. A twin's name (`….json`) stands for its resource as published, without a query."""
    path = path.strip("/")
    if path.endswith(".json"):
        path, query = path.removesuffix(".json"), {}
    match path.split("/"):
        case ["movers"]:
            return lambda store: documents.movers(store.winners(_days(query)))
        case ["movers", day]:
            return lambda store: _session(store, _date(day))
        case ["history"]:
            return lambda store: documents.movers(store.winners())
        case ["tickers", symbol]:
            return lambda store: _ticker(store, _symbol(symbol))
        case ["status"]:
            return lambda store: documents.status(store.status())
    raise HttpError(
        404,
        "There is no such resource; try /movers, /movers/{date}, /history, /tickers/{ticker} or /status",
    )


def _session(store: Store, day: date) -> bytes:
    found = store.session(day)
    if not found:
        raise HttpError(404, f"No session is stored for {day}; /history lists those that are")
    return documents.session(*found)


def _ticker(store: Store, symbol: str) -> bytes:
    rows = store.ticker(symbol, documents.TICKER_SESSIONS)
    if not rows:
        raise HttpError(404, f"No session is stored for {symbol}; /status lists the watchlist (case matters)")
    return documents.ticker(symbol, rows)


def _days(query: Query) -> int:
    text = query.get("days", str(documents.LATEST_MOVERS))
    if not re.fullmatch(r"[0-9]{1,3}", text) or not 1 <= int(text) <= MAX_DAYS:
        raise HttpError(400, f"days must be a whole number from 1 to {MAX_DAYS}")
    return int(text)


def _date(text: str) -> date:
    try:
        if DATE.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass  # such as the 30th of February: the same answer as for any other form
    raise HttpError(400, "The date must be a calendar date of the form YYYY-MM-DD")


def _symbol(text: str) -> str:
    if not TICKER.fullmatch(text):
        raise HttpError(400, "A ticker is a letter followed by at most 14 letters, digits and points")
    return text


def _ok(body: bytes, if_none_match: str) -> Response:
    etag = documents.etag(body)
    headers = COMMON | {"ETag": etag, "Cache-Control": documents.CACHE_CONTROL}
    if _matches(if_none_match, etag):
        return {"statusCode": 304, "headers": headers, "body": ""}
    return {
        "statusCode": 200,
        "headers": headers | {"Content-Type": documents.CONTENT_TYPE},
        "body": body.decode(),
    }


def _error(status: int, message: str) -> Response:
    headers = COMMON | {"Content-Type": documents.CONTENT_TYPE, "Cache-Control": "no-store"}
    if status == 405:
        headers["Allow"] = METHODS
    return {"statusCode": status, "headers": headers, "body": documents.error(message).decode()}


def _matches(if_none_match: str, etag: str) -> bool:
    """Weak comparison (RFC 9110, 13.1.2): compression on the way turns `"x"` into `W/"x"`."""
    candidates = [candidate.strip().removeprefix("W/") for candidate in if_none_match.split(",")]
    return etag in candidates or if_none_match.strip() == "*"


def _header(event: Event, name: str) -> str:
    """A request header, whatever its case: AWS keeps the caller's, others lower it."""
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
    """Whether the CDN came here for a twin, be it only to hear that the copy it holds is still good (304).

    A direct request to the API by a twin's name is no miss. The CDN is known by its `User-Agent`, which it sends in
    place of the viewer's. Anyone can send that name too, which can ring the alarm and nothing else.
    """
    found = status in (200, 304) and TWIN.fullmatch(str(event.get("path")))
    return bool(found) and _header(event, "User-Agent") == CDN


def _twin_miss() -> dict[str, Any]:
    """Count, in CloudWatch's embedded metric format, a twin that the CDN did not find in the bucket."""
    metrics = {
        "Namespace": "Movers",
        "Dimensions": [["Stage"]],
        "Metrics": [{"Name": "TwinMiss", "Unit": "Count"}],
    }
    about = {"Timestamp": round(time.time() * 1000), "CloudWatchMetrics": [metrics]}
    return {"_aws": about, "Stage": os.environ["STAGE"], "TwinMiss": 1}
