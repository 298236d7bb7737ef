"""Stand-ins for vendors: a folder per vendor for its API; tape, server, faults and limits are shared."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.message import Message
from typing import Protocol
from urllib.parse import parse_qsl

from scripts.vendors.tape import Tape


@dataclass(frozen=True, slots=True)
class Question:
    """A data request. `target` is path and query, `headers` ignores the case of names, `now` is the vendor's time."""

    method: str
    target: str
    headers: Message
    now: datetime
    request_id: str

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def query(self) -> Mapping[str, str]:
        return dict(parse_qsl(self.target.partition("?")[2]))

    @property
    def host(self) -> str:
        """The server's base URL, as the caller knows it."""
        return f"http://{self.headers['Host']}"


class DeniedError(Exception):
    """A request that gets an error: its HTTP status, and its text if that differs from the vendor's usual one."""

    def __init__(self, status: int, text: str | None = None) -> None:
        super().__init__(text)
        self.status = status
        self.text = text


class Vendor(Protocol):
    """One vendor's API."""

    @property
    def tape(self) -> Tape:
        """The prices that it serves."""

    def endpoint(self, path: str) -> str:
        """The name of a path's endpoint, `other` if there is none."""

    def admit(self, question: Question, keys: frozenset[str] | None) -> None:
        """Raises `DeniedError` for a missing key, and for one that isn't in `keys`; `None` accepts any."""

    def answer(self, question: Question) -> bytes:
        """The body of a successful response. Raises `DeniedError` for an error."""

    def denial(self, denied: DeniedError, request_id: str) -> tuple[int, bytes]:
        """Status and body of an error."""
