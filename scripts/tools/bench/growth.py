"""Measures how the ingest of one new session grows with the watchlist. The window's other sessions are stored."""

import time
from datetime import timedelta
from itertools import pairwise
from statistics import median
from typing import Any

from scripts.tools.bench.bench import Bench
from scripts.tools.bench.measure import REPETITIONS, Finding

SIZES = (6, 60, 600, 2400)
SMALL, LARGE = 60, 2400  # with fewer, the fixed part of a run dominates


def time_against_tickers(bench: Bench) -> Finding:
    """Growth of time; 1 is linear. Each repetition is the next session; the longest watchlist has fewer repetitions."""
    found = {size: _sessions(bench, size) for size in SIZES}
    seconds = {size: each["seconds"] for size, each in found.items()}
    growth = (seconds[LARGE] / seconds[SMALL]) / (LARGE / SMALL)
    return Finding(growth, found[LARGE]["repetitions"], {str(size): each for size, each in found.items()})


def requests_against_tickers(bench: Bench) -> Finding:
    """Growth of a session's DynamoDB requests; 1 is linear."""
    asked = {size: _sessions(bench, size)["dynamodb"] for size in SIZES}
    growth = (asked[LARGE] / asked[SMALL]) / (LARGE / SMALL)
    return Finding(growth, 1, {str(size): count for size, count in asked.items()})


_found: dict[int, dict[str, Any]] = {}


def _sessions(bench: Bench, tickers: int) -> dict[str, Any]:
    """The median time of a session's ingest, and the last one's AWS requests. Measured once for both measures."""
    if tickers not in _found:
        bench.say(f"{tickers} tickers")
        _found[tickers] = _measured(bench, tickers)
    return _found[tickers]


def _measured(bench: Bench, tickers: int) -> dict[str, Any]:
    repetitions = REPETITIONS if tickers < LARGE else 3  # each takes about 20 seconds
    world = bench.world(tuple(f"T{number}" for number in range(tickers)))
    days = world.days()[-repetitions - 1 :]
    world.now -= timedelta(days=(days[-1] - days[0]).days)
    world.settle()
    seconds = []
    for before, day in pairwise(days):
        world.now += timedelta(days=(day - before).days)
        world.requests.clear()
        started = time.perf_counter()
        done = world.run()
        seconds.append(time.perf_counter() - started)
        assert done.stored == [day], done  # noqa: S101 - otherwise something else was measured
    services = ("dynamodb", "s3")
    asked = {
        each: sum(count for name, count in world.requests.items() if name.startswith(each))
        for each in services
    }
    return {"seconds": median(seconds), "repetitions": repetitions, "all": seconds, **asked}
