"""The wire between a run and AWS: what goes over it is written down, and it can be cut after any call.

A run has one thread, and all that it does to the world it does in calls. So a run from which every further call is
taken leaves the world as a process leaves it that dies at this point, whatever its own code does on the way out.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import product
from typing import Any
from urllib.parse import unquote, urlsplit

from botocore.exceptions import ConnectionClosedError

READS = ("Get", "List", "Query", "Head", "Scan", "Describe")


class Died(BaseException):
    """The process has ended: nothing that it has yet to do is done."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call: `PutItem LEASE`, `PutObject site-bucket.s3.amazonaws.com/movers.json`."""

    operation: str
    subject: str
    token: str | None = None

    @property
    def writes(self) -> bool:
        return not self.operation.startswith(READS)

    def __str__(self) -> str:
        return f"{self.operation} {self.subject}"


@dataclass
class Wire:
    """The calls of some clients, in order. `before` and `after` may raise: that is where a run can be cut off."""

    calls: list[Call] = field(default_factory=list)
    before: Callable[[Call], None] = lambda _: None
    after: Callable[[Call], None] = lambda _: None

    @contextmanager
    def listening(self, *clients: Any) -> Iterator[None]:
        """`before-send` is emitted for each try; moto answers it in the midst of its handlers."""
        hooks = (self._before, self._after)
        for events in (client.meta.events for client in clients):
            events.register_first("before-send", self._before)
            events.register_last("before-send", self._after)
        try:
            yield
        finally:
            for events, hook in product((client.meta.events for client in clients), hooks):
                events.unregister("before-send", hook)

    @property
    def writes(self) -> list[Call]:
        return [call for call in self.calls if call.writes]

    def cut_after(self, count: int) -> None:
        """Let so many more writing calls take effect, and then nothing any more."""
        left = [count]

        def before(_: Call) -> None:
            if left[0] <= 0:
                raise Died

        def after(call: Call) -> None:
            left[0] -= call.writes
            before(call)

        self.before, self.after = before, after

    def lose_answer(self, number: int) -> None:
        """Let the writing call of this number, from 0, take effect and its caller hear nothing of it, once."""
        left = [number]

        def after(call: Call) -> None:
            left[0] -= call.writes
            if call.writes and left[0] == -1:
                raise ConnectionClosedError(endpoint_url=call.subject)

        self.after = after

    def mend(self) -> None:
        self.before = self.after = lambda _: None

    def _before(self, request: Any, event_name: str, **_: Any) -> None:
        self.before(_call(request, event_name))

    def _after(self, request: Any, event_name: str, **_: Any) -> None:
        call = _call(request, event_name)
        self.calls.append(call)
        self.after(call)


def _call(request: Any, event_name: str) -> Call:
    _, service, operation = event_name.split(".")
    if service != "dynamodb":
        asked_for = urlsplit(request.url)
        return Call(operation, f"{asked_for.hostname}{unquote(asked_for.path)}")
    asked = json.loads(request.body)
    item = asked.get("Item") or asked.get("Key") or {}
    if puts := asked.get("TransactItems"):
        item = puts[0]["Put"]["Item"]
    subject = " ".join(item[name]["S"] for name in ("pk", "sk") if name in item)
    return Call(operation, subject, asked.get("ClientRequestToken"))
