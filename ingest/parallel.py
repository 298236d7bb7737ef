"""Requests to AWS in parallel: most of their time is spent waiting."""

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

WIDTH = 16  # requests in flight at once, and connections that a client keeps

T = TypeVar("T")
R = TypeVar("R")


def in_parallel(work: Callable[[T], R], things: Iterable[T], width: int = WIDTH) -> Generator[R, None, None]:
    """The result of `work` for each thing, in the order of the things, which are taken only a little ahead.

    With a `width` of 1, all work is done in the caller's thread. The first exception ends the work, after the calls in
    flight.
    """
    if width == 1:
        yield from map(work, things)
        return
    ahead = iter(things)
    with ThreadPoolExecutor(width) as pool:
        try:
            running = deque(pool.submit(work, thing) for thing in islice(ahead, 2 * width))
            while running:
                result = running.popleft().result()
                running.extend(pool.submit(work, thing) for thing in islice(ahead, 1))
                yield result
        finally:
            pool.shutdown(cancel_futures=True)


def call(work: Callable[[], R]) -> R:
    """Do work that needs no argument, as in `in_parallel(call, (read_this, read_that))`."""
    return work()
