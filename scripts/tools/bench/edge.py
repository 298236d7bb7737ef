"""Measures the whole system on the local cloud, as viewers and operators see it."""

import os
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

import requests

from api.items import MOVERS, SESSIONS
from api.markets import US
from api.store import Store
from ingest.calendar import load_calendar
from scripts.cloud.up import LocalCloud
from scripts.invocation import run_ingest
from scripts.tools.bench.bench import Bench
from scripts.tools.bench.measure import REPETITIONS, Finding, ratio

NOT_YET = {"status": 403, "body": '{"status":"NOT_AUTHORIZED","message":"Attempted before end of day."}'}
POLL_SECONDS = 0.02
READS = 10_000
READERS = 4
PATHS = ("/movers.json", "/status.json", "/tickers/AAPL.json", "/history.json", "/movers")


def freshness(bench: Bench) -> Finding:
    """From the start of the run that finds a new session until the edge serves it, against the whole run."""
    return ratio([_one_new_session(bench.cloud) for _ in range(REPETITIONS)], "s")


def _one_new_session(cloud: LocalCloud) -> tuple[float, float]:
    newest = _take_back(cloud)
    with ThreadPoolExecutor(1) as pool, viewer(cloud) as session:
        started = time.monotonic()
        run = pool.submit(lambda: (_ingest(cloud), time.monotonic()))
        while session.get(f"{cloud.site_url}/movers.json", timeout=20).json()[0]["Date"] != newest:
            time.sleep(POLL_SECONDS)
        seconds = time.monotonic() - started
        done, ended = run.result()
        assert done["Stored"] == [newest]  # noqa: S101 - otherwise something else was measured
        return seconds, ended - started


def _take_back(cloud: LocalCloud) -> str:
    """Go back to before the newest session was available; returns its date."""
    assert cloud.vendor  # noqa: S101 - the temporary cloud has one
    newest = str(Store(cloud.client("dynamodb"), cloud.outputs.table_name).movers(1)[0].date)
    _delete(cloud, [newest])
    cloud.vendor.set_faults([NOT_YET])
    run = _ingest(cloud)
    cloud.vendor.set_faults([])
    assert list(run["Left"]) == [newest], run  # noqa: S101
    cloud.edge.wait_for_invalidation(run["Invalidation"])
    return newest


def reads_past_the_cache(bench: Bench) -> Finding:
    """How many of ten thousand reads reach an origin, from an empty cache and with the API under load."""
    cloud = bench.cloud
    cloud.invalidate("/*")
    with hammered(cloud) as answers, ThreadPoolExecutor(READERS) as readers:
        started = time.monotonic()
        counts = list(readers.map(lambda _: _read(cloud, READS // READERS), range(READERS)))
        seconds = time.monotonic() - started
    seen = sum(counts, Counter())
    origin = READS - seen["Hit"]
    detail = {"answers": dict(seen), "reads_per_second": READS / seconds, "hammering": dict(answers)}
    return Finding(origin, 1, detail)


def _read(cloud: LocalCloud, times: int) -> Counter[str]:
    with viewer(cloud) as session:
        answers = (session.get(cloud.site_url + PATHS[n % len(PATHS)], timeout=20) for n in range(times))
        return Counter(
            answer.headers["X-Cache"].split()[0] for answer in answers if answer.status_code == 200
        )


@contextmanager
def hammered(cloud: LocalCloud) -> Iterator[Counter[int]]:
    """Send requests to the API, bypassing the edge, as fast as it responds; yields its responses by status."""
    answers, stopping = Counter[int](), threading.Event()

    def hammer() -> None:
        with viewer(cloud) as session:
            while not stopping.is_set():
                answers[session.get(f"{cloud.api_url}/movers", timeout=60).status_code] += 1

    thread = threading.Thread(target=hammer)
    thread.start()
    try:
        yield answers
    finally:
        stopping.set()
        thread.join()


def two_years(bench: Bench) -> Finding:
    """The process `movers backfill` for two years of which nothing is stored, against the same for one session."""
    cloud = bench.cloud
    days = load_calendar(US).sessions(*_two_years(cloud))

    def seconds(days: Sequence[date]) -> float:
        bench.say(f"{len(days)} sessions")
        _delete(cloud, [str(day) for day in days])
        return _backfill(cloud, str(days[0]), str(days[-1]))

    return ratio([(seconds(days), seconds(days[-1:])) for _ in range(3)], "s")


def _two_years(cloud: LocalCloud) -> tuple[date, date]:
    newest = Store(cloud.client("dynamodb"), cloud.outputs.table_name).movers(1)[0].date
    return newest - timedelta(days=725), newest - timedelta(days=1)


def _backfill(cloud: LocalCloud, first: str, last: str) -> float:
    command = [sys.executable, "-m", "scripts.cli", "backfill", "--from", first, "--to", last]
    home = {"MOVERS_HOME": str(cloud.ca.parents[1])}
    started = time.monotonic()
    done = subprocess.run(command, env=os.environ | home, capture_output=True, text=True, check=False)  # noqa: S603
    seconds = time.monotonic() - started
    if done.returncode:
        raise RuntimeError(f"the backfill failed: {done.stderr[-2000:]}")
    return seconds


def _ingest(cloud: LocalCloud) -> dict[str, Any]:
    return run_ingest(cloud.client("lambda"), cloud.outputs.ingest_function_name)


def _delete(cloud: LocalCloud, days: list[str]) -> None:
    """Delete sessions from the table, and their twins from the bucket."""
    dynamodb, s3, names = cloud.client("dynamodb"), cloud.client("s3"), cloud.outputs
    for day in days:
        for partition in (MOVERS, SESSIONS):
            dynamodb.delete_item(TableName=names.table_name, Key={"pk": {"S": partition}, "sk": {"S": day}})
        s3.delete_object(Bucket=names.site_bucket_name, Key=f"movers/{day}.json")


@contextmanager
def viewer(cloud: LocalCloud) -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env, session.verify = False, str(cloud.ca)
        yield session
