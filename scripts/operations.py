"""What an operator does with a running system: ingest, backfill, invalidate, look."""

import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from http import HTTPStatus
from typing import Any

from api import resources
from ingest import plan
from ingest.calendar import load_calendar
from ingest.handler import clock
from ingest.lease import KEY as LEASE_KEY
from ingest.publish import INVALIDATED, Site, orphans, session_key, status_twin, twins
from scripts.cloud.errors import CloudError
from scripts.invocation import IngestError, run_ingest
from scripts.target import Target

POLL_SECONDS = 0.5
BUSY_SECONDS = 5.0
VISIBLE_SECONDS = 420
WATCHED = ("movers.json", "status.json")

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
    within = plan.horizon(calendar, settings.ready, settings.history_days, clock(settings))
    if count:
        first, last = calendar.latest(count, within.newest)[0], within.newest
    if not first or not last:
        raise plan.RequestError("give either --days, or both --from and --to")
    return plan.requested(calendar, within, first, last)


def backfill(target: Target, days: Sequence[date], tell: Tell) -> Iterator[dict[str, Any]]:
    """Run the ingest function over the days, again while something is left; yields what each run did.

    Raises `IngestError` when a session fails, or when a run leaves something without having got anywhere.
    """
    event = {"from": str(days[0]), "to": str(days[-1]), "invalidate": False}
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


def _watched_run(target: Target, event: dict[str, Any], days: Sequence[date], tell: Tell) -> dict[str, Any]:
    """One run, with its progress told while it lasts."""
    with ThreadPoolExecutor(1) as pool:
        run: Future[dict[str, Any]] = pool.submit(ingest, target, event)
        while not run.done():
            tell(_progress(target), _stored(target, days), len(days))
            time.sleep(POLL_SECONDS)
    tell("done", _stored(target, days), len(days))
    return run.result()


def _progress(target: Target) -> str:
    """What the run at work says of itself in its lease."""
    item = target.store.client.get_item(TableName=target.store.table, Key=LEASE_KEY).get("Item", {})
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
    cloudfront, distribution = target.client("cloudfront"), target.outputs.distribution_id
    batch = {"Paths": {"Quantity": len(paths), "Items": list(paths)}, "CallerReference": str(uuid.uuid4())}
    made = cloudfront.create_invalidation(DistributionId=distribution, InvalidationBatch=batch)
    identity: str = made["Invalidation"]["Id"]
    _until(
        lambda: (
            cloudfront.get_invalidation(DistributionId=distribution, Id=identity)["Invalidation"]["Status"]
            == "Completed"
        ),
        f"invalidation {identity} is still under way",
    )
    return identity


def wait_until_visible(target: Target, keys: Iterable[str] = WATCHED) -> None:
    """Return when viewers get the bytes that are in the bucket. Raises `CloudError` after seven minutes."""
    site = _site(target)
    for key in filter(site.listing.__contains__, keys):
        _until(partial(_visible, target, site, key), f"the CDN still serves an old {key}")


def _until(reached: Callable[[], bool], otherwise: str) -> None:
    deadline = time.monotonic() + VISIBLE_SECONDS
    while not reached():
        if time.monotonic() > deadline:
            raise CloudError(f"After {VISIBLE_SECONDS // 60} minutes {otherwise}; look again later.")
        time.sleep(POLL_SECONDS)


def _site(target: Target) -> Site:
    names = target.outputs
    site = Site(
        target.client("s3"), names.site_bucket_name, target.client("cloudfront"), names.distribution_id
    )
    site.look()
    return site


def _visible(target: Target, site: Site, key: str, path: str | None = None) -> bool:
    """Whether viewers get, under the twin's name or the given path, the bytes that are in the bucket."""
    answer = target.fetch(path or f"/{key}")
    return answer.status_code == HTTPStatus.OK and resources.md5(answer.content) == site.listing.get(key)


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of `movers status`."""

    name: str
    value: str
    fine: bool = True


def look(target: Target, now: datetime) -> Iterator[Finding]:
    """Compare table, twins and what the CDN serves; say how fresh it all is and where the gaps are."""
    movers = target.store.movers()
    status = target.store.status()
    yield _newest(target, now)
    gaps = _gaps([mover.date for mover in movers])
    yield Finding("stored", f"{len(movers)} sessions" + (f", the first {movers[-1].date}" if movers else ""))
    yield Finding("gaps", _list(gaps) or "none", fine=not gaps)
    if status:
        yield Finding("missing", _list(status.missing) or "none", fine=not status.missing)
    site = _site(target)
    latest = target.store.sessions(resources.TICKER_SESSIONS)
    wanted = {
        twin.key: resources.md5(twin.body)
        for twin in twins(
            target.store, movers, latest, [mover.date for mover in movers], target.settings.site_url
        )
    }
    wanted["status.json"] = resources.md5(status_twin(status).body)
    wrong = [key for key, md5 in wanted.items() if site.listing.get(key) != md5]
    wrong += orphans(site.listing, movers, latest)
    yield Finding("twins", _agree(wrong, f"{len(wanted)} equal to the table"), fine=not wrong)
    shown = [*WATCHED, *(session_key(mover.date) for mover in movers[: resources.LATEST_MOVERS])]
    old = [key for key in shown if not _visible(target, site, key)]
    yield Finding(
        "edge", _agree(old, f"{len(shown)} of the twins served as they are in the bucket"), fine=not old
    )
    apart = [key for key in WATCHED if not _visible(target, site, key, f"/{key.removesuffix('.json')}")]
    yield Finding("api", _agree(apart, "answers with the bytes of its twins"), fine=not apart)
    yield _last_run(target, now)


def _newest(target: Target, now: datetime) -> Finding:
    status = target.store.status()
    if not status or not status.as_of:
        return Finding("newest", "nothing is stored yet: run `movers ingest`", fine=False)
    source = f"{status.source.provider}, {status.source.kind}"
    moment = now + timedelta(seconds=status.source.clock_offset_seconds)
    if moment > status.stale_after:
        return Finding(
            "newest", f"{status.as_of} ({source}), late: {status.next_session} was due", fine=False
        )
    return Finding("newest", f"{status.as_of} ({source}), next {status.next_session}")


def _gaps(stored: Sequence[date]) -> list[date]:
    """Sessions between the oldest and the newest stored one that are not stored."""
    return sorted(set(load_calendar().sessions(stored[-1], stored[0])) - set(stored)) if stored else []


def _last_run(target: Target, now: datetime) -> Finding:
    """When the function last ran, from its log, and whether a run is at work or ended badly."""
    item = target.store.client.get_item(TableName=target.store.table, Key=LEASE_KEY).get("Item")
    if item:
        until = datetime.fromisoformat(item["ExpiresAt"]["S"])
        running = until > now + timedelta(seconds=target.settings.clock_offset_seconds)
        what, owner = "at work" if running else "ended badly", item["Owner"]["S"]
        return Finding("run", f"{what}: {owner}, lease until {resources.instant(until)}", fine=running)
    name = target.outputs.ingest_function_name
    group = target.client("lambda").get_function_configuration(FunctionName=name)["LoggingConfig"]["LogGroup"]
    streams = target.client("logs").describe_log_streams(
        logGroupName=group, orderBy="LastEventTime", descending=True, limit=1
    )["logStreams"]
    if not streams or "lastEventTimestamp" not in streams[0]:
        return Finding("run", "none in the log yet")
    ended = datetime.fromtimestamp(streams[0]["lastEventTimestamp"] / 1000, UTC)
    return Finding("run", f"ended {resources.instant(ended)}")


def _agree(wrong: Sequence[str], fine: str) -> str:
    return f"not so: {_list(wrong)}" if wrong else fine


def _list(items: Sequence[object], shown: int = 7) -> str:
    rest = len(items) - shown
    return ", ".join(map(str, items[:shown])) + (f" and {rest} more" if rest > 0 else "")
