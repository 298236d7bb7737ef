"""Ingests one response with the whole market: `whole_market.py URL DATE AWS_URL BUCKET TICKER…`.

Prints `megabytes`, the peak of the resident memory above that of the imported function with its clients, and
`milliseconds` from the request to the ranked session, and `plain` milliseconds for just fetching and parsing the
response. The upstream responds without delay.
"""

import json
import sys
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import boto3
import requests

import ingest.daily.handler  # noqa: F401 - everything that the function imports
from api.markets import US
from api.vendors import MASSIVE
from ingest.archive import Archive
from ingest.daily.judge import judge, mover_of
from ingest.providers import Call, connect
from ingest.providers.asking import Line

PROCESS = Path("/proc/self")


def resident(kind: str) -> float:
    """Resident memory in MB: `VmRSS` is the current one, `VmHWM` the peak."""
    lines = (PROCESS / "status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(kind)) / 1000


def steps(url: str, day: date, aws: str, bucket: str, tickers: tuple[str, ...]) -> Callable[[], None]:
    """A run's steps for a grouped response, from the call to the winner."""
    now = datetime.now(UTC)
    s3 = boto3.client("s3", endpoint_url=aws)
    s3.list_objects_v2(Bucket=bucket)  # opens the connection
    archive = Archive(s3, bucket, "massive")
    line = Line(MASSIVE, url, lambda: "any-key", None, lambda: now, lambda: 800.0)
    provider, call = connect(MASSIVE, US, line), Call("grouped", day, day)

    def run() -> None:
        (answer,) = provider.ask(call, lambda _: None)
        archive.keep(answer)
        session = judge(day, tickers, provider.read(call, [answer], tickers).bars[day], {})
        mover_of(session, "massive", now)

    return run


def main() -> None:
    url, day, aws, bucket, *tickers = sys.argv[1:]
    run = steps(url, date.fromisoformat(day), aws, bucket, tuple(tickers))
    before = resident("VmRSS")
    (PROCESS / "clear_refs").write_text("5")  # resets the peak
    started = time.perf_counter()
    run()
    milliseconds = (time.perf_counter() - started) * 1000
    megabytes = resident("VmHWM") - before
    started = time.perf_counter()
    requests.get(url, timeout=60).json()
    plain = (time.perf_counter() - started) * 1000
    print(json.dumps({"megabytes": megabytes, "milliseconds": milliseconds, "plain": plain}))


if __name__ == "__main__":
    main()
