"""From a request to a reply, with keys, rate limit, faults and statistics, but without sockets."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.message import Message
from http import HTTPStatus
from threading import Lock
from uuid import uuid4

from scripts.vendors import DeniedError, Question, Vendor
from scripts.vendors.faults import Fault, Faults
from scripts.vendors.traffic import RateLimit, Stats

CONTROL = "/-/"
CONTROLS = "GET /-/stats, POST /-/stats/reset, GET, POST and DELETE /-/faults"


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply. `fault` is what can still go wrong while it is sent."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    fault: Fault | None = None


class Service:
    """A vendor with keys, a rate limit, faults and statistics."""

    def __init__(
        self,
        vendor: Vendor,
        *,
        clock: Callable[[], datetime],
        rate: RateLimit,
        keys: frozenset[str] | None,
    ) -> None:
        self.faults = Faults()
        self.stats = Stats()
        self.vendor = vendor
        self._clock = clock
        self._rate = rate
        self._keys = keys
        # The calendar's library fills in each year at its first use, which isn't thread-safe.
        self._one_at_a_time = Lock()

    def reply(self, method: str, target: str, headers: Message, fault: Fault | None) -> Reply:
        """The reply to a data request; the fault can replace it."""
        question = Question(method, target, headers, self._clock(), uuid4().hex)
        if fault and fault.replaces_answer:
            status, body = self._faulty(fault, question)
        else:
            status, body = self._answer(question)
        self.count(question.path, str(status))
        own = {"Content-Type": "application/json", "X-Request-Id": question.request_id}
        return Reply(status, body, _merged(own, fault.headers if fault and fault.headers else {}), fault)

    def count(self, path: str, status: str) -> None:
        self.stats.count(self.vendor.endpoint(path), status)

    def control(self, method: str, path: str, body: bytes) -> Reply:
        """The reply on a control path."""
        try:
            status, value = HTTPStatus.OK, self._controlled(method, path, body)
        except LookupError as error:
            status, value = HTTPStatus.NOT_FOUND, {"error": str(error)}
        except ValueError as error:
            status, value = HTTPStatus.BAD_REQUEST, {"error": str(error)}
        return Reply(
            status, json.dumps(value, separators=(",", ":")).encode(), {"Content-Type": "application/json"}
        )

    def _answer(self, question: Question) -> tuple[int, bytes]:
        try:
            self.vendor.admit(question, self._keys)
            if not self._rate.admits():
                raise DeniedError(HTTPStatus.TOO_MANY_REQUESTS)
            with self._one_at_a_time:
                return HTTPStatus.OK, self.vendor.answer(question)
        except DeniedError as denied:
            return self.vendor.denial(denied, question.request_id)

    def _faulty(self, fault: Fault, question: Question) -> tuple[int, bytes]:
        status = fault.status or HTTPStatus.OK
        if fault.body is not None or status < HTTPStatus.BAD_REQUEST:
            return status, (fault.body or "").encode(errors="surrogateescape")
        _, body = self.vendor.denial(DeniedError(status), question.request_id)
        return status, body

    def _controlled(self, method: str, path: str, body: bytes) -> object:
        match method, path:
            case "GET", "/-/stats":
                return self.stats.listed()
            case "POST", "/-/stats/reset":
                self.stats.reset()
                return self.stats.listed()
            case "GET", "/-/faults":
                return self.faults.listed()
            case "POST", "/-/faults":
                given = json.loads(body)
                self.faults.add(given if isinstance(given, list) else [given])
                return self.faults.listed()
            case "DELETE", "/-/faults":
                self.faults.replace([])
                return self.faults.listed()
        raise LookupError(f"{method} {path} doesn't exist; the control paths are {CONTROLS}")


def _merged(own: Mapping[str, str], others: Mapping[str, str]) -> dict[str, str]:
    names = {name.lower() for name in others}
    return {name: value for name, value in own.items() if name.lower() not in names} | dict(others)
