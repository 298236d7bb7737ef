import pytest

from scripts.vendors.traffic import RateLimit, Stats


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


def test_without_a_rate_there_is_no_limit() -> None:
    limit = RateLimit(None, Seconds())
    assert all(limit.admits() for _ in range(1000))


def test_a_rate_that_lets_nothing_through_is_refused() -> None:
    with pytest.raises(ValueError, match="allowed is 1 or more a minute"):
        RateLimit(0)


def test_stats_count_by_endpoint_and_status() -> None:
    stats = Stats()
    for endpoint, status in [
        ("grouped", "200"),
        ("grouped", "200"),
        ("grouped", "429"),
        ("range", "dropped"),
    ]:
        stats.count(endpoint, status)
    assert stats.listed() == {
        "total": 4,
        "requests": {"grouped": {"200": 2, "429": 1}, "range": {"dropped": 1}},
    }
    stats.reset()
    assert stats.listed() == {"total": 0, "requests": {}}
