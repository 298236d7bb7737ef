"""What an operator does with a running system: ingest, backfill, invalidate."""

import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, wait
from datetime import date
from functools import partial
from typing import Any

from ingest.calendar import load_calendar
from ingest.daily import plan
from ingest.daily.twins import INVALIDATED, Site
from ingest.lease import read
from scripts.errors import CloudError
from scripts.inspection import WATCHED, published, visible
from scripts.invocation import IngestError, run_ingest
from scripts.target import Target

POLL_SECONDS = 1.0
BUSY_SECONDS = 5.0
VISIBLE_SECONDS = 420

Tell = Callable[[str, int, int], None]
"""Hears how far a run is: words, sessions done, sessions asked for."""


def ingest(target: Target, event: dict[str, Any] | None = None) -> dict[str, Any]:
    """Run the stage's ingest function and return what it did. Raises `IngestError` with its own words."""
    return run_ingest(target.client("lambda"), target.outputs.ingest_function_name, event)


def days_to_fill(target: Target, count: int | None, first: date | None, last: date | None) -> list[date]:
    """The sessions of a backfill: the latest `count`, or those from `first` to `last`.

    Raises `plan.RequestError` for days that are not ready or that the plan does not serve.
    """
    calendar, settings = load_calendar(), target.settings
    within = plan.horizon(calendar, settings.ready, settings.history_days, settings.now())
    if count:
        first, last = calendar.latest(count, within.newest)[0], within.newest
    if not first or not last:
        raise plan.RequestError("a backfill needs a number of days, or both a first and a last day")
    return plan.requested(calendar, within, first, last)


def backfill(
    target: Target, days: Sequence[date], tell: Tell, *, again: bool = False
) -> Iterator[dict[str, Any]]:
    """Run the ingest function over the days, once more over what was left; yields what each run did.

    `again` reads stored sessions again.

    Raises `IngestError` when a session fails, or when a run leaves something without having got anywhere.
    """
    event = {"from": str(days[0]), "to": str(days[-1]), "again": again, "invalidate": False}
    while True:
        done = _watched_run(target, event, days, tell)
        if reason := done.get("Skipped"):
            tell(f"waiting, {reason}", _stored(target, days), len(days))
            time.sleep(BUSY_SECONDS)
            continue
        yield done
        if not done["Left"]:
            return
        if not (done["Stored"] or done["Corrected"] or done["Checked"]):
            raise IngestError(f"nothing more can be had now: {next(iter(done['Left'].values()))}")
        event |= {"from": min(done["Left"]), "to": max(done["Left"])}


def _watched_run(target: Target, event: dict[str, Any], days: Sequence[date], tell: Tell) -> dict[str, Any]:
    """One run, with its progress told while it lasts. Whoever interrupts it does not wait for its end."""
    run = Future[dict[str, Any]]()
    threading.Thread(target=_fulfil, args=(run, target, event), daemon=True).start()
    while not run.done():
        tell(_progress(target), _stored(target, days), len(days))
        wait([run], POLL_SECONDS)
    tell("the run has ended", _stored(target, days), len(days))
    return run.result()


def _fulfil(run: Future[dict[str, Any]], target: Target, event: dict[str, Any]) -> None:
    try:
        run.set_result(ingest(target, event))
    except Exception as error:  # noqa: BLE001 - whatever it was, it is raised where the result is awaited
        run.set_exception(error)


def _progress(target: Target) -> str:
    """What the run at work says of itself in its lease."""
    item = read(target.store.client, target.store.table)
    if "Planned" not in item:
        return "starting"
    done, planned, waiting = (int(item[name]["N"]) for name in ("Done", "Planned", "Waiting"))
    words = f"upstream call {min(done + 1, planned)} of {planned}"
    return f"{words}, waiting {waiting} s for the rate limit" if waiting else words


def _stored(target: Target, days: Sequence[date]) -> int:
    return len(set(days) & {mover.date for mover in target.store.movers()})


def invalidate(target: Target, paths: Sequence[str] = INVALIDATED) -> str:
    """Drop the paths from the CDN's caches, wait until that is done, and return the invalidation's id.

    Raises `CloudError` for a path that does not begin with a slash.
    """
    if wrong := [path for path in paths if not path.startswith("/")]:
        raise CloudError(f"{wrong[0]!r} is no path: it must begin with a slash, and may end with *")
    site = target.site()
    identity = site.invalidate(str(uuid.uuid4()), paths)
    wait_until_dropped(site, identity)
    return identity


def wait_until_dropped(site: Site, identity: str) -> None:
    """Return when an invalidation is done. Raises `CloudError` after seven minutes."""
    _until(lambda: _completed(site, identity), f"invalidation {identity} is still under way")


def _completed(site: Site, identity: str) -> bool:
    found = site.cloudfront.get_invalidation(DistributionId=site.distribution_id, Id=identity)
    return found["Invalidation"]["Status"] == "Completed"


def wait_until_visible(target: Target) -> None:
    """Return when viewers get what is in the bucket now. Raises `CloudError` after seven minutes."""
    for key in WATCHED:
        _until(partial(_shown, target, key), f"the CDN still serves an old {key}")


def _shown(target: Target, key: str) -> bool:
    site = published(target)  # read each time: a run may publish meanwhile
    return key not in site.listing or visible(target, site, key)


def _until(reached: Callable[[], bool], otherwise: str) -> None:
    deadline = time.monotonic() + VISIBLE_SECONDS
    while not reached():
        if time.monotonic() > deadline:
            raise CloudError(f"After {VISIBLE_SECONDS // 60} minutes {otherwise}; look again later.")
        time.sleep(POLL_SECONDS)
