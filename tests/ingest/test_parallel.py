"""Work side by side: results in order, no more in flight than allowed, and no work after a failure."""

import threading
from collections.abc import Iterator
from itertools import count

import pytest

from ingest.parallel import call, in_parallel

MANY = 100


@pytest.mark.parametrize("width", [1, 4])
def test_results_come_in_the_order_of_the_things(width: int) -> None:
    assert list(in_parallel(lambda number: 2 * number, range(MANY), width)) == list(range(0, 2 * MANY, 2))


def test_as_many_as_allowed_are_in_flight_together() -> None:
    meeting = threading.Barrier(4, timeout=10)
    assert len(list(in_parallel(lambda _: meeting.wait(), range(8), 4))) == 8


def test_one_at_a_time_stays_in_the_caller_s_thread() -> None:
    threads = set(in_parallel(call, [threading.get_ident] * 3, 1))
    assert threads == {threading.get_ident()}


def test_things_are_taken_only_a_little_ahead() -> None:
    taken = list[int]()

    def endless() -> Iterator[int]:
        for number in count():
            taken.append(number)
            yield number

    results = in_parallel(lambda number: number, endless(), 2)
    assert [next(results) for _ in range(3)] == [0, 1, 2]
    results.close()
    assert len(taken) < 10


def test_a_failure_ends_the_work_and_reaches_the_caller() -> None:
    done = list[int]()

    def work(number: int) -> None:
        if number == 5:
            raise ValueError(number)
        done.append(number)

    with pytest.raises(ValueError, match="5"):
        list(in_parallel(work, range(MANY), 2))
    assert len(done) < 20
