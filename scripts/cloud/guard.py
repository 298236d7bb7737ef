"""Decides which requests may reach the emulator. Pure; `emulator_process` applies it.

While `movers up` runs, every page in the user's browser and every account on the machine can send requests to the
emulator's port. ministack alone would serve them: it answers every origin under any `Host`, and accepts the access keys
`""`, `test` and any twelve digits as the account's root without checking a signature. Root can create a function,
which runs code as the user, and read the market data key. The guard lets through:

- signed requests, if the signature is valid and made with the keys of this start or with keys that the emulator has
  issued to a role or user, whose policies the emulator then enforces;
- unsigned requests to the public API, where API Gateway itself refuses them on IAM routes, and to the health check;
- unsigned requests from the edge, which sends a secret header.

It refuses a `Host` that isn't loopback (DNS rebinding), and requests from web pages, except to the public API.
"""

import hmac
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ministack.core.router import extract_access_key_id
from ministack.core.sigv4 import (
    HeaderSignature,
    header_signature_failure,
    parse_header_signature,
    parse_query_signature,
    presigned_request_is_expired,
    request_time_failure,
)

from scripts.loopback import comes_from_a_page, names_loopback

EDGE_HEADER = "x-movers-edge"
HEALTH = "/_ministack/health"
PUBLIC = re.compile(r"/_aws/execute-api/[^/]+/")
INTERNAL = "/_"  # the emulator's own paths, which no IAM policy covers
ALGORITHM = "AWS4-HMAC-SHA256"

UNSIGNED = "Sign with the AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY that `movers up` printed."
OTHER_HOST = "Use a loopback address for the local AWS, such as http://127.0.0.1 with its port."
FROM_A_PAGE = "Web pages may call only the public API of the local AWS."
UNKNOWN_KEY = f"This local AWS didn't issue this access key. {UNSIGNED}"
NOT_SIGV4 = f"A request needs exactly one SigV4 signature, in the header or in the query. {UNSIGNED}"
WRONG_SIGNATURE = f"The signature is invalid or expired. {UNSIGNED}"
ROOT_ONLY = f"Roles may not use the emulator's own paths. {UNSIGNED}"


@dataclass(frozen=True, slots=True)
class Request:
    """A request. ministack routes by `path`, which is decoded; `raw_path` is as sent, and is what the client signed."""

    method: str
    path: str
    raw_path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    body: bytes = b""

    @property
    def is_public(self) -> bool:
        return PUBLIC.match(self.path) is not None

    @property
    def is_internal(self) -> bool:
        return self.path.startswith(INTERNAL) and not self.is_public

    @property
    def is_query_signed(self) -> bool:
        """Whether ministack could find credentials of any kind in the query."""
        return any(name.lower().startswith(("x-amz-", "awsaccesskeyid")) for name in self.query)

    @property
    def is_signed(self) -> bool:
        """Whether ministack could find credentials of any kind."""
        return bool(self.headers.get("authorization")) or self.is_query_signed

    @property
    def session_token(self) -> str:
        given = self.query.get("X-Amz-Security-Token", [""])[0]
        return given if self.is_query_signed else self.headers.get("x-amz-security-token", "")


@dataclass(frozen=True, slots=True)
class Guard:
    """The secrets of this start. `issued` returns the secret for a role's or user's access key and session token."""

    access_key_id: str
    secret_access_key: str
    edge_secret: str
    issued: Callable[[str, str], str | None]

    def refusal(self, request: Request) -> str | None:
        """Why the request is refused, and what to do; None if it is allowed."""
        from_edge = _equal(request.headers.get(EDGE_HEADER, ""), self.edge_secret)
        if not from_edge and not names_loopback(request.headers):
            return OTHER_HOST
        if not request.is_public and comes_from_a_page(request.headers):
            return FROM_A_PAGE
        if request.is_signed:
            return self._signed(request)
        is_open = not request.is_internal if from_edge else request.path == HEALTH
        return None if is_open or request.is_public else UNSIGNED

    def _signed(self, request: Request) -> str | None:
        signature = find_signature(request)
        if signature is None:
            return NOT_SIGV4
        is_root = signature.access_key_id == self.access_key_id
        issued = (
            self.secret_access_key if is_root else self.issued(signature.access_key_id, request.session_token)
        )
        if issued is None:
            return UNKNOWN_KEY
        if not is_valid(signature, request, issued):
            return WRONG_SIGNATURE
        return None if is_root or not request.is_internal else ROOT_ONLY


def find_signature(request: Request) -> HeaderSignature | None:
    """The request's only SigV4 signature, if its key is the one by which ministack identifies the caller.

    None for anything else, such as one signature in the header and another in the query.
    """
    header = request.headers.get("authorization", "")
    if header and request.is_query_signed:
        return None
    algorithm = header.partition(" ")[0] or request.query.get("X-Amz-Algorithm", [""])[0]
    found = parse_header_signature(request.headers) if header else parse_query_signature(request.query)
    if algorithm != ALGORITHM or isinstance(found, tuple):
        return None
    return found if found.access_key_id == extract_access_key_id(request.headers, request.query) else None


def is_valid(signature: HeaderSignature, request: Request, secret: str) -> bool:
    """Whether the signature matches this request and the secret, and hasn't expired."""
    signed = (request.method, request.raw_path, request.query, request.headers, request.body)
    presigned = request.is_query_signed
    if not signature.signature.isascii() or header_signature_failure(
        signature, secret, *signed, presigned=presigned
    ):
        return False
    if presigned:
        return not presigned_request_is_expired(signature.amz_date, request.query["X-Amz-Expires"][0])
    return request_time_failure(signature) is None


def _equal(given: str, secret: str) -> bool:
    return hmac.compare_digest(given.encode(), secret.encode())
