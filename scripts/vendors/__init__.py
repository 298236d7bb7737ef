"""Stand-ins of vendors. What one says in its own words is a folder; tape, server, faults and limits serve them all."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.message import Message
from typing import Protocol
from urllib.parse import parse_qsl

from scripts.vendors.tape import Tape


@dataclass(frozen=True, slots=True)
class Question:
    """A request for data. `target` is path and query, `headers` finds names in any case, `now` is the vendor's time."""

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
        """Where the caller believes the server to be."""
        return f"http://{self.headers['Host']}"


class DeniedError(Exception):
    """A question that a vendor answers with an error: its HTTP status, and its text where it is not the usual one."""

    def __init__(self, status: int, text: str | None = None) -> None:
        super().__init__(text)
        self.status = status
        self.text = text


class Vendor(Protocol):
    """How one vendor is asked and how it answers."""

    @property
    def tape(self) -> Tape:
        """What it tells of."""

    def endpoint(self, path: str) -> str:
        """The name of the endpoint that a path belongs to, `other` if none."""

    def admit(self, question: Question, keys: frozenset[str] | None) -> None:
        """Raises `DeniedError` without a key, and for one that is not among `keys`; `None` lets in any."""

    def answer(self, question: Question) -> bytes:
        """The body of a good answer. Raises `DeniedError` for any other."""

    def denial(self, denied: DeniedError, request_id: str) -> tuple[int, bytes]:
        """Status and body of an error."""
