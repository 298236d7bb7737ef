import pytest

from scripts.vendors.traffic import RateLimit


class Seconds:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_the_window_rolls() -> None:
    seconds = Seconds()
    limit = RateLimit(2, seconds)
    assert [limit.admits() for _ in range(2)] == [True, True]
    seconds.now += 59.9
    assert not limit.admits()
    seconds.now += 60
    assert [limit.admits() for _ in range(3)] == [True, True, False]


def test_refused_requests_count_too() -> None:
    seconds = Seconds()
    limit = RateLimit(1, seconds)
    assert limit.admits()
    for _ in range(3):
        seconds.now += 40
        assert not limit.admits()
    seconds.now += 60
    assert limit.admits()


def test_a_rate_that_lets_nothing_through_is_refused() -> None:
    with pytest.raises(ValueError, match="allowed are 1 or more requests a minute"):
        RateLimit(0)
