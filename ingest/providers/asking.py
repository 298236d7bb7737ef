"""Safe requests to a vendor: one GET at a time, limited in size and time, within the rate limit, and with the API key
kept out of errors, logs and the raw zone.
"""

import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache, cached_property
from math import inf
from typing import cast
from urllib.parse import quote

import requests
from aws_lambda_powertools import Logger
from pyrate_limiter import InMemoryBucket, Rate, RateItem
from urllib3.exceptions import HTTPError

from api.vendors import Vendor
from ingest.providers import (
    Answer,
    BadAnswerError,
    Call,
    OutOfTimeError,
    ProviderError,
    RefusedError,
    Waiting,
)
from ingest.providers.reading import words

WINDOW_SECONDS = 62  # a rolling minute and a margin: a vendor counts a call on arrival, not when it is sent
RETRY_AFTER_SECONDS = 61
TRIES = 3
BACKOFF_SECONDS = (0.0, 1.0)
BROKEN = (500, 502, 503, 504)
CONNECT_SECONDS, READ_SECONDS, ANSWER_SECONDS = 5, 20, 60
MAX_BYTES = 32_000_000  # the whole US market is about 1.5 MB
log = Logger(service="ingest")

Failure = Callable[[int, bytes], ProviderError]
"""Makes an error of an HTTP status other than 200 and its body."""


@cache
def rate_window(vendor: str, calls_per_minute: int) -> InMemoryBucket | None:
    """The container's recent calls to a vendor, which all its runs share. `None` without a limit (0)."""
    return InMemoryBucket([Rate(calls_per_minute, WINDOW_SECONDS * 1000)]) if calls_per_minute else None


class Unled(requests.Session):
    """A session that ignores redirects, because requests would read a redirect's body without a limit on its size."""

    def get_redirect_target(self, resp: requests.Response) -> None:
        return None


@dataclass
class Line:
    """One run's connection to a vendor. `made` counts its requests by endpoint.

    `read_key` is called once, before the first request. `time_left` returns how many seconds the run may still wait.
    """

    vendor: Vendor
    url: str
    read_key: Callable[[], str]
    window: InMemoryBucket | None
    clock: Callable[[], datetime]
    time_left: Callable[[], float]
    sleep: Callable[[float], None] = time.sleep
    made: Counter[str] = field(default_factory=Counter)

    @cached_property
    def key(self) -> str:
        """The API key. Raises `RefusedError` if it can't be one."""
        key = self.read_key().strip()
        if not key or not key.isascii() or not key.isprintable() or " " in key:
            raise RefusedError("the API key is empty or has characters that no key has; store it again")
        return key

    def affordable(self) -> float:
        """How many calls fit into the rest of this run: a cautious estimate, because slow answers take time too."""
        if not self.window:
            return inf
        return self.window.rates[0].limit * (self.time_left() // WINDOW_SECONDS)

    def get(
        self,
        call: Call,
        path: str,
        query: Mapping[str, str],
        headers: Mapping[str, str],
        failure: Failure,
        waiting: Waiting,
    ) -> Answer:
        """The response, if its status is 200. Raises a `ProviderError` for anything else.

        A failed request or a 500, 502, 503 or 504 is retried (three tries in total); after a 429 it waits and starts
        over. Every request counts against the rate limit. A body that breaks off isn't retried.
        """
        endpoint, tries, least = call.endpoint, 0, 0.0
        while True:
            self._take_a_place(endpoint, waiting)
            tries, endpoint = tries + 1, "retry"
            try:
                response = self._send(path, query, headers)
            except (requests.RequestException, HTTPError) as broken:
                if tries == TRIES:
                    raise self._unreadable(broken) from None
                self._pause(tries)
                continue
            with response:
                if response.status_code in BROKEN and tries < TRIES:
                    self._pause(tries)
                    continue
                body = self._body(response)
            if response.status_code == requests.codes.ok:
                return Answer(call, self.clock(), body)
            if response.status_code != requests.codes.too_many_requests:
                raise failure(response.status_code, body)
            seconds = max(_retry_after(response), least)
            self._wait(seconds, "it answered 429, too many requests", waiting)
            if seconds < RETRY_AFTER_SECONDS:
                least = RETRY_AFTER_SECONDS  # if a shorter wait didn't help, wait longer from now on
            tries, endpoint = 0, call.endpoint

    def _send(self, path: str, query: Mapping[str, str], headers: Mapping[str, str]) -> requests.Response:
        return self._http.get(
            self.url + path,
            params=query,
            headers=headers,
            timeout=(CONNECT_SECONDS, READ_SECONDS),
            allow_redirects=False,  # a redirect would carry the key to another host
            stream=True,
        )

    @cached_property
    def _http(self) -> requests.Session:
        session = Unled()
        session.trust_env = False  # a .netrc would replace the Authorization header
        return session

    def _body(self, response: requests.Response) -> bytes:
        """The body, decompressed, with the key masked. Raises `BadAnswerError` if it is too large or takes too long."""
        body, deadline = bytearray(), time.monotonic() + ANSWER_SECONDS
        try:
            # read1 returns whatever has arrived, so a slow body can't get around the deadline.
            while chunk := response.raw.read1(65_536, decode_content=True):
                body += chunk
                if len(body) > MAX_BYTES:
                    raise BadAnswerError(
                        f"{self.vendor.title}'s answer is larger than {MAX_BYTES // 1_000_000} MB"
                    )
                if time.monotonic() > deadline:
                    raise BadAnswerError(f"{self.vendor.title}'s answer took longer than {ANSWER_SECONDS} s")
        except (requests.RequestException, HTTPError) as broken:
            raise self._unreadable(broken) from None
        return self._masked(bytes(body))

    def _unreadable(self, broken: Exception) -> BadAnswerError:
        reason = words(self._masked(str(broken).encode(errors="replace")).decode())
        return BadAnswerError(f"{self.vendor.title} could not be read: {reason}")

    def _take_a_place(self, endpoint: str, waiting: Waiting) -> None:
        """Take a place in the rolling window, waiting for one if the run has time for that."""
        if self.time_left() <= 0:
            raise OutOfTimeError(
                f"this run has no time left for another call to {self.vendor.title}; the next run continues"
            )
        while self.window:
            place = RateItem(self.vendor.name, int(time.monotonic() * 1000))
            if self.window.put(place):
                break
            seconds = cast(int, self.window.waiting(place)) / 1000
            self._wait(seconds, "its rate limit is used up", waiting)
        waiting(0)
        self.made[endpoint] += 1

    def _wait(self, seconds: float, reason: str, waiting: Waiting) -> None:
        if seconds > self.time_left():
            raise OutOfTimeError(
                f"{self.vendor.title}: {reason}; waiting {seconds:.0f} s would outlast this run; the next run continues"
            )
        log.info("waiting for the provider", seconds=round(seconds, 1), reason=reason)
        waiting(seconds)
        self.sleep(seconds)

    def _pause(self, tries: int) -> None:
        if seconds := BACKOFF_SECONDS[tries - 1]:
            self.sleep(seconds)

    def _masked(self, text: bytes) -> bytes:
        """The text with the key masked, in case the vendor echoes it: it must not reach the raw zone or a log."""
        for spelling in {self.key, quote(self.key, safe="")}:
            text = text.replace(spelling.encode(), b"***")
        return text


def _retry_after(response: requests.Response) -> float:
    sent = response.headers.get("Retry-After", "")
    return float(sent) + 1 if sent.isdecimal() else RETRY_AFTER_SECONDS
