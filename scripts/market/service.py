"""Who is asking, how often, and for what: from a request to a reply, without a socket in sight."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.message import Message
from http import HTTPStatus
from http.client import responses
from threading import Lock
from urllib.parse import parse_qsl
from uuid import uuid4

from scripts.market import wire
from scripts.market.endpoints import Call, Market, answer, endpoint_of
from scripts.market.faults import Fault, Faults
from scripts.market.plan import Plan
from scripts.market.traffic import TOO_MANY, RateLimit, Stats
from scripts.market.wire import RefusedError

CONTROL = "/-/"
CONTROLS = "GET /-/stats, POST /-/stats/reset, GET, POST and DELETE /-/faults"


@dataclass(frozen=True, slots=True)
class Request:
    """What came in. `target` is path and query, `headers` finds names in any case."""

    method: str
    target: str
    headers: Message
    body: bytes = b""

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(self.target.partition("?")[2]))

    @property
    def key(self) -> str | None:
        """The key of `Authorization: Bearer` or, without that, of `apiKey`."""
        scheme, _, key = self.headers.get("Authorization", "").partition(" ")
        return key.strip() if scheme.lower() == "bearer" else self.query.get("apiKey")


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes out. `fault` is what may still befall it on the way."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    fault: Fault | None = None


class Service:
    """The market behind its key, rate and plan checks, with faults before and statistics after them."""

    def __init__(
        self,
        market: Market,
        *,
        clock: Callable[[], datetime],
        plan: Plan,
        rate: RateLimit,
        keys: frozenset[str] | None,
    ) -> None:
        self.faults = Faults()
        self.stats = Stats()
        self._market = market
        self._clock = clock
        self._plan = plan
        self._rate = rate
        self._keys = keys
        # The library behind the calendar fills a year in when first asked for it, which two threads must not do.
        self._one_at_a_time = Lock()

    def reply(self, request: Request, host: str, fault: Fault | None) -> Reply:
        """The answer to a request for data, or the fault's."""
        request_id = uuid4().hex
        if fault and fault.replaces_answer:
            status, body = _faulty(fault, request_id)
        else:
            status, body = self._answer(request, host, request_id)
        self.stats.count(endpoint_of(request.path), str(status))
        own = {"Content-Type": "application/json", "X-Request-Id": request_id}
        return Reply(status, body, _merged(own, fault.headers if fault and fault.headers else {}), fault)

    def control(self, request: Request) -> Reply:
        """The answer on a control path."""
        try:
            status, value = HTTPStatus.OK, self._controlled(request)
        except LookupError as error:
            status, value = HTTPStatus.NOT_FOUND, {"error": str(error)}
        except ValueError as error:
            status, value = HTTPStatus.BAD_REQUEST, {"error": str(error)}
        return Reply(status, wire.document(value), {"Content-Type": "application/json"})

    def _answer(self, request: Request, host: str, request_id: str) -> tuple[int, bytes]:
        try:
            self._check(request)
            call = Call(request.path, request.query, self._clock(), host, request_id)
            with self._one_at_a_time:
                return HTTPStatus.OK, answer(self._market, self._plan, call)
        except RefusedError as error:
            return error.status, wire.refusal(error.status, error.text, request_id)

    def _check(self, request: Request) -> None:
        if not request.key:
            raise RefusedError(HTTPStatus.UNAUTHORIZED, "API Key was not provided")
        if self._keys is not None and request.key not in self._keys:
            raise RefusedError(HTTPStatus.UNAUTHORIZED, "Unknown API Key")
        self._rate.check()
        if request.method not in ("GET", "HEAD"):
            raise RefusedError(HTTPStatus.METHOD_NOT_ALLOWED, f"{request.method} is not allowed; use GET")

    def _controlled(self, request: Request) -> object:
        match request.method, request.path:
            case "GET", "/-/stats":
                return self.stats.listed()
            case "POST", "/-/stats/reset":
                self.stats.reset()
                return self.stats.listed()
            case "GET", "/-/faults":
                return self.faults.listed()
            case "POST", "/-/faults":
                given = json.loads(request.body)
                self.faults.add(given if isinstance(given, list) else [given])
                return self.faults.listed()
            case "DELETE", "/-/faults":
                self.faults.replace([])
                return self.faults.listed()
        raise LookupError(f"no {request.method} {request.path}; the control paths are {CONTROLS}")


def _faulty(fault: Fault, request_id: str) -> tuple[int, bytes]:
    status = fault.status or HTTPStatus.OK
    if fault.body is not None or status < HTTPStatus.BAD_REQUEST:
        return status, (fault.body or "").encode(errors="surrogateescape")
    known = {401: "Unknown API Key", 404: "Data not found.", 429: TOO_MANY}
    text = known.get(status, responses.get(status, "Error"))
    return status, wire.refusal(status, text, request_id)


def _merged(own: Mapping[str, str], others: Mapping[str, str]) -> dict[str, str]:
    names = {name.lower() for name in others}
    return {name: value for name, value in own.items() if name.lower() not in names} | dict(others)
