"""Somebody else may have spent the minute's five calls: a run waits while it has time, or leaves the rest."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from types import SimpleNamespace

import pytest
import requests

from api.markets import US
from ingest.calendar import load_calendar
from ingest.providers.asking import rate_window
from scripts.vendors.massive import massive_server
from scripts.vendors.traffic import RateLimit
from tests.chaos.worlds import SmallWorld, assert_whole, small_world
from tests.world import KEY, EditableTape

A_MINUTE = 5
FRIDAY = "/v2/aggs/grouped/locale/us/market/stocks/2026-11-20?adjusted=false"
TICKERS = ("AAPL", "MSFT", "TSLA", "NVDA", "AMZN", "GOOGL")


@dataclass
class Time:
    """A clock that only waiting moves; shared by the run and the provider."""

    now: float = 1000.0
    ends: float = 2000.0
    waits: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds


@dataclass
class LimitedWorld(SmallWorld):
    """A world in which a provider counts calls as the vendor does."""

    time: Time = field(default_factory=Time)

    calls_per_minute: int = A_MINUTE

    def time_left(self) -> float:
        return self.time.ends - self.time.now

    def sleep(self, seconds: float) -> None:
        self.time.sleep(seconds)

    def spend(self, calls: int) -> None:
        """Somebody else uses the key, and this container doesn't know."""
        for _ in range(calls):
            headers = {"Authorization": f"Bearer {KEY}"}
            requests.get(f"{self.server.url}{FRIDAY}", headers=headers, timeout=10).raise_for_status()

    def refused(self) -> int:
        return sum(of.get("429", 0) for of in self.server.stats()["requests"].values())


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[LimitedWorld]:
    time = Time()
    monkeypatch.setattr("ingest.providers.asking.time", SimpleNamespace(monotonic=lambda: time.now))
    rate_window.cache_clear()
    market, clock = EditableTape(), list[Callable[[], datetime]]()
    server = massive_server(
        market,
        clock=lambda: clock[-1](),
        calendar=load_calendar(US),
        keys=frozenset({KEY}),
        rate=RateLimit(A_MINUTE, lambda: time.now),
    )
    with (
        server,
        small_world(
            SmallWorld.Upstream(market, server, clock), LimitedWorld, watchlist=TICKERS, window=7, time=time
        ) as world,
    ):
        assert isinstance(world, LimitedWorld)
        yield world
    rate_window.cache_clear()


def test_alone_a_run_never_meets_a_refusal(world: LimitedWorld) -> None:
    assert len(world.run().stored) == 7
    assert world.refused() == 0
    assert sum(world.time.waits) < 63
    assert_whole(world)


def test_a_window_that_somebody_else_has_spent_costs_one_refusal_and_one_wait(world: LimitedWorld) -> None:
    world.spend(A_MINUTE)
    assert len(world.run().stored) == 7
    assert world.refused() == 1
    assert sum(world.time.waits) < 2 * 62 + 61
    assert_whole(world)


@pytest.mark.parametrize("remaining", [0, 5, 60])
def test_what_has_no_time_to_wait_is_left_and_done_by_the_next_run(
    world: LimitedWorld, remaining: float
) -> None:
    world.spend(A_MINUTE)
    begun = world.upstream_calls()
    world.time.ends = world.time.now + remaining
    report = world.run()
    assert len(report.left) == 7
    assert "the next run continues" in next(iter(report.left.values()))
    assert world.time.waits == []
    assert world.upstream_calls() - begun <= 1  # one to hear of it, none after that
    world.time.now += 3600
    world.time.ends = world.time.now + 800
    assert len(world.run().stored) == 7
    assert_whole(world)
