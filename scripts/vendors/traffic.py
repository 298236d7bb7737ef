"""Request statistics and the rate limit."""

from collections import Counter, deque
from collections.abc import Callable
from threading import Lock
from time import monotonic
from typing import Any

WINDOW_SECONDS = 60.0


class RateLimit:
    """At most `rate` requests in any 60 seconds, refused ones included; `None` for no limit."""

    def __init__(self, rate: int | None, elapsed: Callable[[], float] = monotonic) -> None:
        if rate is not None and rate < 1:
            raise ValueError(f"rate is {rate}; allowed are 1 or more requests a minute, or None for no limit")
        self._lock = Lock()
        self._elapsed = elapsed
        self._rate = rate
        self._seen: deque[float] = deque(maxlen=rate)

    def admits(self) -> bool:
        """Count a request; returns whether it is within the limit."""
        if self._rate is None:
            return True
        with self._lock:
            now = self._elapsed()
            full = len(self._seen) == self._rate and now - self._seen[0] < WINDOW_SECONDS
            self._seen.append(now)
        return not full


class Stats:
    """Requests by endpoint and by status. Thread-safe."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._counts: Counter[tuple[str, str]] = Counter()

    def count(self, endpoint: str, status: str) -> None:
        with self._lock:
            self._counts[endpoint, status] += 1

    def reset(self) -> None:
        with self._lock:
            self._counts.clear()

    def listed(self) -> dict[str, Any]:
        """`{"total": 7, "requests": {"grouped": {"200": 6, "429": 1}}}`."""
        with self._lock:
            counts = sorted(self._counts.items())
        requests: dict[str, dict[str, int]] = {}
        for (endpoint, status), count in counts:
            requests.setdefault(endpoint, {})[status] = count
        return {"total": sum(count for _, count in counts), "requests": requests}
