"""Massive's REST API: daily bars of the whole market on one day, or of one ticker over a range of days.

It brings answers; `massive_bars` turns them into bars, so that an answer is archived before anything is made of it.
"""

import re
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache, cached_property
from math import inf
from typing import Any, cast
from urllib.parse import quote

import requests
from aws_lambda_powertools import Logger
from pyrate_limiter import InMemoryBucket, Rate, RateItem
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError
from urllib3.util import Retry

from ingest.providers import (
    Answer,
    BadAnswerError,
    NotYetError,
    OutOfPlanError,
    OutOfTimeError,
    RefusedError,
    json_object,
)
from ingest.providers.massive_bars import good_document, message, words

WINDOW_SECONDS = 62  # a rolling minute; the vendor counts a call on arrival, a little after it was sent
RETRY_AFTER_SECONDS = 61
RETRIES = 2
CONNECT_SECONDS, READ_SECONDS, ANSWER_SECONDS = 5, 20, 60
MAX_BYTES = 32_000_000  # the whole market is about 1.5 MB
MAX_PAGES = 50
RANGE_LIMIT = 50_000  # base bars scanned per page, not bars returned
log = Logger(service="ingest")


@cache
def rate_window(vendor: str, calls_per_minute: int) -> InMemoryBucket | None:
    """The calls this container has made to a vendor lately: shared by its runs. `None` without a limit (0)."""
    return InMemoryBucket([Rate(calls_per_minute, WINDOW_SECONDS * 1000)]) if calls_per_minute else None


@dataclass
class Massive:
    """One run's connection.

    `key` is asked for once, before the first call. `remaining` says how many seconds the run may still wait.
    `progress` hears, before each call and each wait, how many seconds the wait will be.
    """

    url: str
    key: Callable[[], str]
    window: InMemoryBucket | None
    clock: Callable[[], datetime]
    remaining: Callable[[], float]
    progress: Callable[[float], None] = lambda _: None
    sleep: Callable[[float], None] = time.sleep
    calls: Counter[str] = field(default_factory=Counter)

    def grouped(self, day: date) -> Answer:
        """The whole market's bars of one session, not judged yet. Raises a `ProviderError`."""
        return self._get(
            {"endpoint": "grouped", "date": day.isoformat()},
            f"/v2/aggs/grouped/locale/us/market/stocks/{day}",
            {"adjusted": "false"},
        )

    def range(self, ticker: str, first: date, last: date) -> Iterator[Answer]:
        """One ticker's daily bars from `first` to `last`, page by page. Raises a `ProviderError`.

        A page is judged when the next one is asked for: until then it can be archived.
        """
        partition = {"endpoint": "range", "ticker": ticker, "from": first.isoformat(), "to": last.isoformat()}
        path = f"/v2/aggs/ticker/{ticker}/range/1/day/{first}/{last}"
        query = {"adjusted": "false", "sort": "asc", "limit": str(RANGE_LIMIT)}
        for _ in range(MAX_PAGES):
            answer = self._get(partition, path, query)
            yield answer
            following = good_document(answer).get("next_url")
            if following is None:
                return
            path, query = _next_page(following, ticker), {}
        raise BadAnswerError(f"the bars of {ticker} run over more than {MAX_PAGES} pages")

    def affordable(self) -> float:
        """How many calls fit into the rest of this run, counted with care: slow answers take time as well."""
        if not self.window:
            return inf
        return self.window.rates[0].limit * (self.remaining() // WINDOW_SECONDS)

    def _get(self, partition: Mapping[str, str], path: str, query: Mapping[str, str]) -> Answer:
        http = self._http  # without a key nothing is asked and nothing counted
        least = 0.0
        while True:
            self._acquire(partition["endpoint"])
            response, body = self._send(http, path, query)
            if response.status_code == requests.codes.ok:
                return Answer(partition, self.clock(), body)
            if response.status_code != requests.codes.too_many_requests:
                raise _failure(response.status_code, message(json_object(body)))
            seconds = max(_retry_after(response), least)
            self._wait(seconds, "it answered 429, too many requests")
            if seconds < RETRY_AFTER_SECONDS:
                least = RETRY_AFTER_SECONDS  # a shorter wait that was in vain is not believed again

    def _send(
        self, http: requests.Session, path: str, query: Mapping[str, str]
    ) -> tuple[requests.Response, bytes]:
        try:
            with http.get(
                self.url + path,
                params=query,
                timeout=(CONNECT_SECONDS, READ_SECONDS),
                allow_redirects=False,  # a redirect would carry the key to another host
                stream=True,
            ) as response:
                return response, self._masked(_bounded(response))
        except (requests.RequestException, HTTPError) as failure:
            reason = words(self._masked(str(failure).encode(errors="replace")).decode())
            raise BadAnswerError(f"Massive could not be read: {reason}") from None

    @cached_property
    def _key(self) -> str:
        return _clean(self.key())

    @cached_property
    def _http(self) -> requests.Session:
        session = requests.Session()
        session.trust_env = False  # a .netrc would replace the Authorization header
        session.headers["Authorization"] = f"Bearer {self._key}"
        adapter = HTTPAdapter(max_retries=self._retry_policy())
        session.mount("http://", adapter)
        session.mount("https://", adapter)
        return session

    def _retry_policy(self) -> Retry:
        """Connection faults and 5xx alone are tried again, each try counted against the rate limit."""
        provider = self

        class CountedRetry(Retry):
            def sleep(self, response: Any = None) -> None:
                super().sleep(response)
                provider._acquire("retry")

        return CountedRetry(
            total=RETRIES,
            redirect=0,
            status_forcelist=(500, 502, 503, 504),
            raise_on_status=False,
            backoff_factor=0.5,
            respect_retry_after_header=False,
        )

    def _acquire(self, endpoint: str) -> None:
        """Take a place in the rolling window, waiting for one while the run has time."""
        if self.remaining() <= 0:
            raise OutOfTimeError("this run has no time left for another call to Massive, the next goes on")
        while self.window:
            call = RateItem("massive", int(time.monotonic() * 1000))
            if self.window.put(call):
                break
            self._wait(cast(int, self.window.waiting(call)) / 1000, "its rate limit is used up")
        self.progress(0)
        self.calls[endpoint] += 1

    def _wait(self, seconds: float, reason: str) -> None:
        if seconds > self.remaining():
            raise OutOfTimeError(
                f"Massive: {reason}; waiting {seconds:.0f} s would outlast this run, the next goes on"
            )
        log.info("waiting for the provider", seconds=round(seconds, 1), reason=reason)
        self.progress(seconds)
        self.sleep(seconds)

    def _masked(self, text: bytes) -> bytes:
        """The text without the key, should the vendor repeat it: it must not reach the raw zone or a log."""
        for spelling in {self._key, quote(self._key, safe="")}:
            text = text.replace(spelling.encode(), b"***")
        return text


def _failure(status: int, said: str) -> Exception:
    """What an HTTP status other than 200 means. 403 has three meanings; only the first passes by itself."""
    match status:
        case 403 if "before end of day" in said.lower():
            return NotYetError(f"Massive does not serve this session yet: {said}")
        case 403 if "data timeframe" in said.lower():
            return OutOfPlanError(f"Massive's plan does not include this date: {said}")
        case 401 | 403:
            return RefusedError(f"Massive refuses the key or the plan ({status}): {said}")
    return BadAnswerError(f"Massive answered {status}: {said}")


def _bounded(response: requests.Response) -> bytes:
    """The body, unpacked, or an error once it grows out of bounds in size or time."""
    body, deadline = bytearray(), time.monotonic() + ANSWER_SECONDS
    while chunk := response.raw.read1(65_536, decode_content=True):  # returns what is there: slow bytes count
        body += chunk
        if len(body) > MAX_BYTES:
            raise BadAnswerError(f"Massive's answer is larger than {MAX_BYTES // 1_000_000} MB")
        if time.monotonic() > deadline:
            raise BadAnswerError(f"Massive's answer took longer than {ANSWER_SECONDS} s")
    return bytes(body)


def _next_page(url: object, ticker: str) -> str:
    """Path and query of the next page: the host in the link is not to be trusted with the key."""
    page = rf"/v2/aggs/ticker/{re.escape(ticker)}/range/1/day/[!-~]+"
    if isinstance(url, str) and (link := re.fullmatch(rf"(?:https?://[^/?#]+)?({page})", url)):
        return link[1]
    raise BadAnswerError(f"the next page of {ticker} leads elsewhere: {words(url)}")


def _retry_after(response: requests.Response) -> float:
    sent = response.headers.get("Retry-After", "")
    return float(sent) + 1 if sent.isdecimal() else RETRY_AFTER_SECONDS


def _clean(key: str) -> str:
    """The key without white space around it. Raises `RefusedError` where it could not stand in a header."""
    key = key.strip()
    if not key or not key.isascii() or not key.isprintable() or " " in key:
        raise RefusedError("the API key is empty or has characters that no key has; store it again")
    return key
