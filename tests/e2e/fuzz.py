"""Requests nobody would send, and what may be said in answer to them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from io import BytesIO
from itertools import islice
from typing import Any, cast
from urllib.parse import parse_qsl, unquote, urlsplit

import requests
from hypothesis import strategies as st
from requests.adapters import HTTPAdapter
from urllib3 import HTTPResponse

from api.handler import respond
from api.headers import COMMON
from api.markets import US
from api.records import Mover, Row, Session, Status, Winner, rows
from api.store import Store
from tests.samples import mover

WORDS = [
    "movers",
    "history",
    "tickers",
    "status",
    "2026-02-10",
    "AAPL",
    ".json",
    "..",
    ".",
    "%00",
    "\0",
    "٢٠٢٦-02-10",
]
ANSWERS = {200, 204, 304, 400, 404, 405}

words = st.sampled_from(WORDS) | st.text(max_size=20) | st.text(st.characters(), max_size=5)
known = st.sampled_from(["/movers", "/movers/2026-02-10", "/history", "/tickers/AAPL", "/status.json"])
paths = known | st.lists(words, max_size=5).flatmap(
    lambda parts: st.sampled_from(["/" + "/".join(parts), "/".join(parts) + ".json", "/" + "".join(parts)])
)
numbers = st.integers().map(str) | st.text(max_size=30)
queries = (
    st.none()
    | st.fixed_dictionaries({"days": numbers})
    | st.dictionaries(st.text(max_size=9), st.text(max_size=30), max_size=3)
)
methods = (
    st.just("GET")
    | st.sampled_from(["HEAD", "OPTIONS", "POST", "DELETE", "TRACE"])
    | st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ!#$%&'*+-.^_`|~", min_size=1, max_size=12)
)
headers = st.none() | st.dictionaries(
    st.sampled_from(["If-None-Match", "if-none-match", "User-Agent"]) | st.text(max_size=9),
    st.text(max_size=40),
    max_size=3,
)
tags = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters='"'), max_size=34)
"""What stands between the quotes of an entity tag; commas may."""


@dataclass(frozen=True)
class Shelf:
    """A store whose items are at hand; `sessions` newest first."""

    sessions_: Sequence[Session]
    status_: Status | None

    def winners(self, limit: int | None = None, last: date = date.max) -> list[Winner]:
        found: list[Winner] = [mover(session) for session in self.sessions_ if session.date <= last]
        return found[:limit]

    def before(self, session: Session) -> Session | None:
        return next((each for each in self.sessions_ if each.date == session.previous), None)

    def session(self, day: date) -> tuple[Mover, Session] | None:
        found = [(mover(session), session) for session in self.sessions_ if session.date == day]
        return found[0] if found else None

    def ticker(self, symbol: str, limit: int) -> list[Row]:
        past = (
            row for each in self.sessions_ for row in rows(each, mover(each).ticker) if row.ticker == symbol
        )
        return list(islice(past, limit))

    def status(self) -> Status | None:
        return self.status_


class Function(HTTPAdapter):
    """Takes `requests` straight to the function, as API Gateway would."""

    def __init__(self, shelf: Shelf) -> None:
        super().__init__()
        self.shelf = shelf

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        parts = urlsplit(str(request.url))
        query = dict(parse_qsl(parts.query, keep_blank_values=True)) or None
        answer = ask(self.shelf, unquote(parts.path), str(request.method), query, dict(request.headers))
        body = BytesIO(answer["body"].encode())
        raw = HTTPResponse(body, answer["headers"], answer["statusCode"], preload_content=False)
        return self.build_response(request, raw)


def event(
    path: str,
    method: str = "GET",
    query: Mapping[str, str] | None = None,
    headers: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    return {"path": path, "httpMethod": method, "queryStringParameters": query, "headers": headers}


def ask(
    shelf: Shelf,
    path: str,
    method: str = "GET",
    query: Mapping[str, str] | None = None,
    headers: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    return respond(event(path, method, query, headers), cast(Store, shelf), US)


def sound(status: int, headers: Mapping[str, str], body: str) -> None:
    """Raise unless this may be said to whatever was asked."""
    assert status in ANSWERS
    assert headers.items() >= COMMON.items()
    if status in (204, 304):
        assert body == ""
    elif status >= 400:
        document = json.loads(body)
        assert list(document) == ["error"]
        assert document["error"]
    if status >= 400:
        assert headers["Cache-Control"] == "no-store"
    if status in (200, 304):
        assert headers["ETag"]
