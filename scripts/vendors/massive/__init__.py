"""The part of Massive's REST API that this project uses."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from http.client import responses

from ingest.calendar import Calendar
from scripts.vendors import DeniedError, Question
from scripts.vendors.massive import wire
from scripts.vendors.massive.endpoints import answer, endpoint_of
from scripts.vendors.massive.plan import Plan
from scripts.vendors.server import VendorServer
from scripts.vendors.tape import Tape
from scripts.vendors.traffic import RateLimit

USUAL: dict[int, str] = {
    HTTPStatus.UNAUTHORIZED: "Unknown API Key",
    HTTPStatus.NOT_FOUND: "Data not found.",
    HTTPStatus.TOO_MANY_REQUESTS: "You've exceeded the maximum requests per minute, please wait or upgrade your"
    " subscription to continue. https://polygon.io/pricing",
}


@dataclass(frozen=True, slots=True)
class Massive:
    """Massive, serving a tape under one of its plans. Implements `Vendor`."""

    tape: Tape
    plan: Plan

    def endpoint(self, path: str) -> str:
        return endpoint_of(path)

    def admit(self, question: Question, keys: frozenset[str] | None) -> None:
        """The key is in `Authorization: Bearer` or, without that, in `apiKey`."""
        scheme, _, token = question.headers.get("Authorization", "").partition(" ")
        key = token.strip() if scheme.lower() == "bearer" else question.query.get("apiKey")
        if not key:
            raise DeniedError(HTTPStatus.UNAUTHORIZED, "API Key was not provided")
        if keys is not None and key not in keys:
            raise DeniedError(HTTPStatus.UNAUTHORIZED)

    def answer(self, question: Question) -> bytes:
        if question.method not in ("GET", "HEAD"):
            raise DeniedError(HTTPStatus.METHOD_NOT_ALLOWED, f"{question.method} is not allowed; use GET")
        return answer(self.tape, self.plan, question)

    def denial(self, denied: DeniedError, request_id: str) -> tuple[int, bytes]:
        text = denied.text or USUAL.get(denied.status) or responses.get(denied.status, "Error")
        return denied.status, wire.denial(denied.status, text, request_id)


def massive_server(
    tape: Tape,
    *,
    clock: Callable[[], datetime],
    calendar: Calendar,
    port: int = 0,
    rate: int | RateLimit | None = None,
    plan: str | None = None,
    keys: frozenset[str] | None = None,
) -> VendorServer:
    """A Massive server for a tape, not yet started. `plan` is `basic` or None."""
    vendor = Massive(tape, Plan(calendar, plan))
    return VendorServer(vendor, clock=clock, port=port, rate=rate, keys=keys)
