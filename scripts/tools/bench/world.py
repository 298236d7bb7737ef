"""Ingest in this process, with the emulator's table and buckets, a vendor over HTTP, and a settable clock."""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from functools import cache, cached_property
from typing import Any, NamedTuple, Self
from uuid import uuid4

from api.markets import US
from infra.settings import Deployment
from ingest.calendar import load_calendar
from scripts.cloud.emulator import Emulator
from scripts.vendors.massive import massive_server
from scripts.vendors.tape.simulated import SimulatedTape
from tests import world as tests
from tests.world import KEY, LIFE, SATURDAY, Names


@cache
def watched() -> tuple[str, ...]:
    """The default watchlist."""
    return Deployment.from_context({}).watchlist.on(SATURDAY.date())


class Interval(NamedTuple):
    """When a call to AWS began and ended."""

    began: float
    ended: float


@dataclass
class World(tests.World):
    """The world of the tests on an emulator, in real time. `requests` counts its calls to AWS by service and operation,
    `intervals` has their times, and `delay_seconds` are added to each.
    """

    emulator: Emulator = field(kw_only=True)
    requests: Counter[str] = field(default_factory=Counter)
    intervals: list[Interval] = field(default_factory=list)
    delay_seconds: float = 0
    _call: threading.local = field(default_factory=threading.local)

    @classmethod
    @contextmanager
    def fresh(cls, emulator: Emulator, watchlist: tuple[str, ...] | None, rate: int) -> Iterator[Self]:
        """A world with nothing stored, whose vendor accepts `rate` calls per minute (0: any number)."""
        watchlist, name = watchlist or watched(), f"bench-{uuid4().hex}"
        calendar, worlds = load_calendar(US), list[Self]()
        tape = SimulatedTape(watchlist, calendar)
        with massive_server(
            tape, clock=lambda: worlds[0].now, calendar=calendar, rate=rate or None
        ) as server:
            world = cls(
                tests.EditableTape(tape),
                server,
                watchlist=watchlist,
                calls_per_minute=rate,
                names=Names(name, f"{name}-raw", f"{name}-site"),
                emulator=emulator,
            )
            world.ssm.put_parameter(Name=name, Value=KEY, Type="String")
            worlds.append(world)
            yield world

    def days(self) -> list[date]:
        """Every session that the plan serves by now."""
        within = self.rules.horizon(self.now)
        return self.calendar.sessions(within.oldest, within.newest)

    def time_left(self) -> float:
        return LIFE.total_seconds()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    def client(self, service: str) -> Any:
        client = self.emulator.client(service)
        client.meta.events.register(f"before-send.{service}.*", self._begin)
        client.meta.events.register(f"after-call.{service}.*", self._end)
        return client

    @cached_property
    def ssm(self) -> Any:
        return self.client("ssm")

    def read_key(self) -> str:
        """The key from the parameter store, as the function reads it."""
        key: str = self.ssm.get_parameter(Name=self.names.table)["Parameter"]["Value"]
        return key

    def _begin(self, event_name: str, **_: object) -> None:
        service, operation = event_name.split(".")[1:]
        self.requests[f"{service}.{operation}"] += 1
        self._call.began = time.perf_counter()
        time.sleep(self.delay_seconds)

    def _end(self, **_: object) -> None:
        self.intervals.append(Interval(self._call.began, time.perf_counter()))
