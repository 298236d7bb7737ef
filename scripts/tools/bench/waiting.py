"""What the latency of AWS costs a run: how many calls it makes, how many of them wait for each other, and how much is
gained by making the others side by side.
"""

import time
from collections.abc import Iterable
from datetime import date, timedelta
from functools import cache
from itertools import pairwise

from ingest.parallel import WIDTH
from scripts.tools.bench.bench import Bench
from scripts.tools.bench.measure import Finding
from scripts.tools.bench.world import Interval, World

DELAY_SECONDS = 0.025  # a busy day's latency of DynamoDB and S3, added to every call
TICKERS = 2400


def calls_of_an_idle_run(bench: Bench) -> Finding:
    """Everything is stored, re-read and published."""
    world = bench.world()
    world.settle()
    world.requests.clear()
    world.run()
    return Finding(world.requests.total(), detail=dict(world.requests))


def chain_of_a_new_session(bench: Bench) -> Finding:
    """How many calls to AWS come one after another when a run finds a new session."""
    world = bench.world()
    world.now -= timedelta(days=1)
    world.settle()
    world.now += timedelta(days=1)
    world.requests.clear()
    world.intervals.clear()
    world.delay_seconds = DELAY_SECONDS  # calls that can overlap do
    done = world.run()
    assert len(done.stored) == 1, done  # noqa: S101 - otherwise it measured something else
    return Finding(longest_chain(world.intervals), detail={"calls": world.requests.total()})


def side_by_side_with_latency(bench: Bench) -> Finding:
    """A new session of a long watchlist, against the same with one call after another."""
    return _ratio(_seconds(bench), DELAY_SECONDS)


def side_by_side_without_latency(bench: Bench) -> Finding:
    return _ratio(_seconds(bench), 0)


def longest_chain(intervals: Iterable[Interval]) -> int:
    """The most calls of which each began after another had ended."""
    length, end = 0, float("-inf")
    for interval in sorted(intervals, key=lambda each: each.ended):
        if interval.began >= end:
            length, end = length + 1, interval.ended
    return length


Seconds = dict[tuple[float, int], float]


def _ratio(seconds: Seconds, delay: float) -> Finding:
    together, alone = seconds[delay, WIDTH], seconds[delay, 1]
    return Finding(together / alone, detail={"seconds": together, "seconds_one_by_one": alone})


@cache
def _seconds(bench: Bench) -> Seconds:
    """How long a new session takes, by the delay added and by how many calls are in flight. Measured once for both."""
    world = bench.world(tuple(f"T{number}" for number in range(TICKERS)))
    kinds = [(delay, width) for delay in (0.0, DELAY_SECONDS) for width in (WIDTH, 1)]
    days = world.days()[-len(kinds) - 1 :]
    world.now -= timedelta(days=(days[-1] - days[0]).days)
    world.settle()
    seconds = {}
    for (delay, width), (before, day) in zip(kinds, pairwise(days), strict=True):
        bench.say(f"{TICKERS} tickers, {1000 * delay:g} ms added, {width} calls in flight")
        world.now += timedelta(days=(day - before).days)
        world.delay_seconds, world.width = delay, width
        seconds[delay, width] = _run(world, day)
    return seconds


def _run(world: World, day: date) -> float:
    started = time.perf_counter()
    done = world.run()
    assert done.stored == [day], done  # noqa: S101 - otherwise it measured something else
    return time.perf_counter() - started
