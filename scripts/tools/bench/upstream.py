"""Measures the calls to the vendor, and how long its rate limit makes a run wait."""

import time
from datetime import timedelta

from scripts.tools.bench.bench import Bench
from scripts.tools.bench.measure import Finding

FREE_RATE = 5
WINDOW_SECONDS = 60  # 8 calls at 5 a minute can't take less


def calls_on_an_ordinary_day(bench: Bench) -> Finding:
    """All sessions but the newest are stored. Its one re-read, six hours later, is a separate call."""
    world = bench.world()
    world.now -= timedelta(days=1)
    world.settle()
    world.now += timedelta(days=1) - timedelta(hours=6)
    calls = world.run().upstream_calls
    world.now += timedelta(hours=6)
    return Finding(calls, detail={"sessions": 1, "calls_of_the_re_read": world.run().upstream_calls})


def calls_for_a_week(bench: Bench) -> Finding:
    """A first deployment, or a week of outage."""
    done = bench.world().run()
    return Finding(done.upstream_calls, detail={"sessions": len(done.stored)})


def calls_for_two_years(bench: Bench) -> Finding:
    """Two years, which is everything that the free plan serves."""
    world = bench.world()
    days = world.days()
    done = world.run(days[0], days[-1])
    return Finding(done.upstream_calls, detail={"sessions": len(done.stored)})


def wait_for_a_week(bench: Bench) -> Finding:
    """Against the rate limit's own minute. Run once, because the rate limit dominates, not this machine."""
    world = bench.world(rate=FREE_RATE)
    bench.say("about a minute, because of the rate limit")
    started = time.monotonic()
    done = world.run()
    seconds = time.monotonic() - started
    return Finding(
        seconds / WINDOW_SECONDS,
        detail={
            "seconds": seconds,
            "sessions": len(done.stored),
            "answers": world.server.stats()["requests"],
        },
    )
