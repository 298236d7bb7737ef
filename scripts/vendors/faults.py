"""Faults that a stand-in injects on request, to test how a client copes.

`POST /-/faults` takes an object or a list of them and adds them to the active faults; `GET` lists them, `DELETE`
removes them all. A data request gets the first active fault that matches it, before its key is checked. All members are
optional, but at least one from `status` to `pad` is required:

    status    200..599: the response's status. Without `body`: the vendor's error body, empty for a status under 400
    body      text: the response's body, sent as is and never compressed. Without `status`: 200. A lone surrogate
              from \\udc80 to \\udcff is sent as the byte of its last two digits, so that any bytes can be sent
    headers   object of texts: added to the response, or replacing its own. Alone: added to the normal response
    delay     seconds, at most 600, before anything else happens. Alone: then the normal response
    drop      true: the connection is closed without a response; combines only with `delay`
    truncate  bytes: how much of the body is sent, under the full Content-Length, before the connection is closed
    slow      seconds, at most 60, before each eighth of the body
    reset     true: the connection ends in a TCP reset: after `truncate` bytes, or without a response
    pad       bytes, at most 1 GB, of white space after the body; compressed with it, if it is
    path      a regular expression for the beginning of path and query, such as a plain prefix. Default: all
    next      1 or more: how many matching requests get it. Default: all until DELETE
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from threading import Lock
from typing import Any, Self

MAXIMAL_DELAY_SECONDS = 600
MAXIMAL_SLOW_SECONDS = 60
OWN_HEADERS = ("connection", "content-length", "transfer-encoding")
EFFECTS = ("status", "body", "headers", "delay", "drop", "truncate", "slow", "reset", "pad")


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault; the module's docstring describes the members."""

    status: int | None = None
    body: str | None = None
    headers: Mapping[str, str] | None = None
    delay: float | None = None
    drop: bool | None = None
    truncate: int | None = None
    slow: float | None = None
    reset: bool | None = None
    pad: int | None = None
    path: str = ""
    next: int | None = None

    @classmethod
    def read(cls, value: object) -> Self:
        """From a JSON object. Raises `ValueError` with what is allowed."""
        if not isinstance(value, dict) or not any(name in value for name in EFFECTS):
            raise ValueError(f"a fault is an object with at least one of {', '.join(EFFECTS)}")
        for name, given in value.items():
            if name not in ALLOWED:
                raise ValueError(f"unknown {name!r} in a fault; allowed are {', '.join(ALLOWED)}")
            form, is_right = ALLOWED[name]
            if not is_right(given):
                raise ValueError(f"{name!r} of a fault is {given!r}; allowed is {form}")
        if "drop" in value and not value.keys() <= {"drop", "delay", "path", "next"}:
            raise ValueError("'drop' of a fault goes only with delay, path and next: nothing is sent")
        return cls(**value)

    @property
    def replaces_answer(self) -> bool:
        return self.status is not None or self.body is not None


class Faults:
    """The active faults, oldest first. Thread-safe."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._left: list[tuple[Fault, int | None]] = []

    def replace(self, values: Iterable[object]) -> None:
        """Replace all active faults. Raises `ValueError`."""
        faults = _counted(values)
        with self._lock:
            self._left = faults

    def add(self, values: Iterable[object]) -> None:
        """Activate more faults. Raises `ValueError`."""
        faults = _counted(values)
        with self._lock:
            self._left += faults

    def take(self, target: str) -> Fault | None:
        """The fault for a request for `target` (path and query); counts the request."""
        with self._lock:
            for place, (fault, left) in enumerate(self._left):
                if re.match(fault.path, target):
                    self._left[place : place + 1] = [] if left == 1 else [(fault, left and left - 1)]
                    return fault
        return None

    def listed(self) -> list[dict[str, Any]]:
        """The active faults as JSON; `next` is how many requests are left."""
        with self._lock:
            faults = [asdict(fault) | {"next": left} for fault, left in self._left]
        return [{name: value for name, value in fault.items() if value is not None} for fault in faults]


def _counted(values: Iterable[object]) -> list[tuple[Fault, int | None]]:
    return [(fault, fault.next) for fault in map(Fault.read, values)]


def _is_number(value: object, low: float, high: float) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high


def _is_whole(value: object, low: int, high: int) -> bool:
    return isinstance(value, int) and _is_number(value, low, high)


def _is_pattern(value: object) -> bool:
    try:
        return isinstance(value, str) and re.compile(value) is not None
    except re.error:
        return False


def _is_body(value: object) -> bool:
    try:
        return isinstance(value, str) and value.encode(errors="surrogateescape") is not None
    except UnicodeEncodeError:
        return False


def _are_headers(value: object) -> bool:
    return isinstance(value, dict) and all(
        isinstance(text, str)
        and re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name)
        and re.fullmatch(r"[\t -~]*", text)
        and name.lower() not in OWN_HEADERS
        for name, text in value.items()
    )


ALLOWED: dict[str, tuple[str, Callable[[object], bool]]] = {
    "status": ("a whole number from 200 to 599", lambda value: _is_whole(value, 200, 599)),
    "body": ("a text, with no lone surrogates except \\udc80 to \\udcff", _is_body),
    "headers": (f"an object of plain texts, without {', '.join(OWN_HEADERS)}", _are_headers),
    "delay": (
        f"seconds, from 0 to {MAXIMAL_DELAY_SECONDS}",
        lambda value: _is_number(value, 0, MAXIMAL_DELAY_SECONDS),
    ),
    "drop": ("true", lambda value: value is True),
    "truncate": ("a whole number of bytes, 0 or more", lambda value: _is_whole(value, 0, 2**31)),
    "reset": ("true", lambda value: value is True),
    "pad": ("a whole number of bytes, at most 1000000000", lambda value: _is_whole(value, 1, 10**9)),
    "slow": (
        f"seconds, from 0 to {MAXIMAL_SLOW_SECONDS}",
        lambda value: _is_number(value, 0, MAXIMAL_SLOW_SECONDS),
    ),
    "path": ("a regular expression", _is_pattern),
    "next": ("a whole number, 1 or more", lambda value: _is_whole(value, 1, 2**31)),
}
