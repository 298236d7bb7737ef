"""What an operator sees: the table, the twins and what viewers get, compared."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from http import HTTPStatus

from api import resources
from api.records import Mover, Status
from infra.settings import KEY_NOTICE_DAYS
from ingest.calendar import load_calendar
from ingest.feed import Channel
from ingest.lease import read
from ingest.publish import Site, orphans, session_key, status_twin, twins
from ingest.settings import LOCAL_STAGE
from scripts.deployment.listeners import hearing
from scripts.errors import CloudError
from scripts.target import Target

WATCHED = ("history.json", "movers.json", "status.json")


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of `movers status`."""

    name: str
    value: str
    fine: bool = True


def look(target: Target, now: datetime) -> Iterator[Finding]:
    """How fresh everything is, and whether table, twins and what viewers get agree; a finding at a time."""
    movers, status = target.store.movers(), target.store.status()
    yield _newest(status, now)
    yield Finding("stored", f"{len(movers)} sessions" + (f", the first {movers[-1].date}" if movers else ""))
    yield _gaps([mover.date for mover in movers])
    if status:
        yield Finding("missing", _listed(status.missing) or "none", fine=not status.missing)
    site = published(target)
    yield _twins(target, site, movers, status)
    yield _edge(target, site, movers)
    yield _api(target, site)
    yield _last_run(target, now)
    yield from _key(target)
    yield _alarms(target)


def published(target: Target) -> Site:
    """The site bucket, with its listing as it is now."""
    site = target.site()
    site.look()
    return site


def visible(target: Target, site: Site, key: str, path: str | None = None) -> bool:
    """Whether viewers get, under the twin's name or the given path, the bytes that are in the bucket."""
    try:
        answer = target.fetch(path or f"/{key}")
    except CloudError:
        return False
    return answer.status_code == HTTPStatus.OK and resources.md5(answer.content) == site.listing.get(key)


def _newest(status: Status | None, now: datetime) -> Finding:
    if not status or not status.as_of:
        return Finding("newest", "nothing is stored yet (`movers ingest` begins)", fine=False)
    source = f"{status.source.provider}, {status.source.kind}"
    late = now + timedelta(seconds=status.source.clock_offset_seconds) > status.stale_after
    words = f"late: {status.next_session} was due" if late else f"next {status.next_session}"
    return Finding("newest", f"{status.as_of} ({source}), {words}", fine=not late)


def _gaps(stored: Sequence[date]) -> Finding:
    """Sessions between the oldest and the newest stored one that nobody has asked for: no fault, but worth a word."""
    between = load_calendar().sessions(stored[-1], stored[0]) if stored else []
    gaps = sorted(set(between) - set(stored))
    fill = (
        f"{len(gaps)} sessions (`movers backfill --from {gaps[0]} --to {gaps[-1]}` fills them)"
        if gaps
        else "none"
    )
    return Finding("gaps", fill)


def _twins(target: Target, site: Site, movers: Sequence[Mover], status: Status | None) -> Finding:
    latest = target.store.sessions(resources.TICKER_SESSIONS)
    days = [mover.date for mover in movers]
    settings = target.settings
    channel = Channel(settings.stage, settings.site_url, load_calendar().close_at)
    rendered = twins(target.store, movers, latest, days, channel)
    wanted = {twin.key: resources.md5(twin.body) for twin in (*rendered, status_twin(status))}
    wrong = [key for key, md5 in wanted.items() if site.listing.get(key) != md5]
    wrong += orphans(site.listing, movers, latest)
    mend = f"differ: {_listed(wrong)} (`movers ingest` mends them)"
    return Finding("twins", mend if wrong else f"all {len(wanted)} equal the table", fine=not wrong)


def _edge(target: Target, site: Site, movers: Sequence[Mover]) -> Finding:
    keys = [*WATCHED, *(session_key(mover.date) for mover in movers[: resources.LATEST_MOVERS])]
    old = [key for key in keys if not visible(target, site, key)]
    drop = f"no answer or old bytes: {_listed(old)} (`movers invalidate` drops what is cached)"
    return Finding(
        "edge", drop if old else f"the {len(keys)} latest twins as they are in the bucket", fine=not old
    )


def _api(target: Target, site: Site) -> Finding:
    apart = [key for key in WATCHED if not visible(target, site, key, f"/{key.removesuffix('.json')}")]
    return Finding(
        "api", f"differs from {_listed(apart)}" if apart else "the bytes of its twins", fine=not apart
    )


def _last_run(target: Target, now: datetime) -> Finding:
    """Whether a run is at work or ended badly; else about when the last one was, from the function's log."""
    if item := read(target.store.client, target.store.table):
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
    seen = datetime.fromtimestamp(streams[0]["lastEventTimestamp"] / 1000, UTC)
    return Finding("run", f"the last about {resources.instant(seen)}, real time")


def _key(target: Target) -> Iterator[Finding]:
    """When the provider's key ends, where the settings say so."""
    if (days := target.settings.key_days_left) is not None:
        ends = target.settings.key_expires
        words = f"ends on {ends}, in {days} days" if days >= 0 else f"ended on {ends}"
        yield Finding("key", words, fine=days > KEY_NOTICE_DAYS)


def _alarms(target: Target) -> Finding:
    """Who is told when an alarm rings; in the local stage nobody has to be."""
    found = hearing(target.account, target.stage)
    return Finding("alarms", found.words, fine=found.fine or target.stage == LOCAL_STAGE)


def _listed(items: Sequence[object], shown: int = 7) -> str:
    rest = len(items) - shown
    return ", ".join(map(str, items[:shown])) + (f" and {rest} more" if rest > 0 else "")
