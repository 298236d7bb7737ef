"""What `movers status` finds: database, published files, page, and what viewers get, compared."""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from api import documents
from api.items import DamagedItemError
from api.markets import Market
from api.names import LOCAL_STAGE
from api.records import Mover, Status
from api.routes import INDEX, SESSION
from api.store import Store
from infra.settings import KEY_NOTICE_DAYS
from ingest.calendar import load_calendar
from ingest.daily.feed import Channel
from ingest.daily.stored import Stored, gather
from ingest.settings import Settings
from ingest.site import Listing
from scripts.deployment.account import AWS_ERRORS
from scripts.deployment.listeners import Hearing, hearing
from scripts.deployment.page import PageFile, page_files
from scripts.errors import CommandError, SilentError
from scripts.folders import ROOT
from scripts.inspection import record
from scripts.inspection.last_run import last_run
from scripts.inspection.viewers import WATCHED, same
from scripts.target import Seen, Target
from scripts.words import change, clock, count, day, listed

EVERY_SESSION = sys.maxsize
UNREADABLE = (CommandError, DamagedItemError, *AWS_ERRORS)
HOLES = "infra/RUNBOOK.md#a-hole-that-nothing-fills"
# Errors from reading a damaged item, setting, or response.
GARBLED = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
RUN_AT = timedelta(minutes=10)  # past the hour: infra.daily.SCHEDULE


@dataclass(frozen=True, slots=True)
class Finding:
    """One check of `movers status`. `data` is what programs may want of it."""

    name: str
    value: str
    fine: bool = True
    data: Mapping[str, Any] = field(default_factory=dict)


def look(target: Target, now: datetime) -> Iterator[Finding]:
    """Check freshness, and whether database, published files, page, and CDN agree.

    What can't be read is a failed check; the others follow. Raises `CommandError` if there is no such stage.
    """
    with ThreadPoolExecutor() as pool:
        try:
            answers = _answers(target.brief, now, pool.submit)
        except SilentError as error:
            yield Finding("AWS", str(error), fine=False)
            return
        told: dict[str, str] = {}
        for name, answer in answers.items():
            if finding := _found(name, answer, told):
                yield finding


def _answers(
    target: Target, now: datetime, ask: Callable[..., Future[Any]]
) -> dict[str, Callable[[], Finding | None]]:
    """The checks by name. Everything is read at once, so that slow reads overlap."""
    stage, store = target.stage, target.store
    settings, held = ask(lambda: target.settings), ask(target.leases.read)
    movers, status = ask(store.movers), ask(store.status)
    told = ask(hearing, target.account, stage)
    page, listing = ask(page_files, ROOT), ask(lambda: target.site().listing())
    stored = ask(lambda: gather(store, listing.result, EVERY_SESSION))
    seen = ask(lambda: target.seen(_twin_paths(listing.result())))
    page_seen = ask(lambda: target.seen(f"/{file.key}" for file in page.result()))
    return {
        "Freshness": lambda: _newest(stage, movers.result(), status.result(), settings.result(), now),
        "Database": lambda: _database(stage, store, stored.result(), settings.result().market),
        "Gaps": lambda: _gaps(stage, movers.result(), status.result(), settings.result().market),
        "Sessions": lambda: _missing(status.result()),
        "Published files": lambda: _twins(stage, store, settings.result(), stored.result()),
        "CDN": lambda: _edge(stage, listing.result(), seen.result()),
        "API": lambda: _api(listing.result(), seen.result()),
        "Page": lambda: _page(stage, listing.result(), page.result(), page_seen),
        "Last run": lambda: _last_run(target, held.result(), settings.result(), now),
        "API key": lambda: _key(settings.result()),
        "Alarms": lambda: _alarms(stage, told.result()),
    }


def _found(name: str, answer: Callable[[], Finding | None], told: dict[str, str]) -> Finding | None:
    """The finding, or why there is none. A reason is given in full once."""
    try:
        return answer()
    except UNREADABLE as error:
        reason = str(error)
    except GARBLED as error:
        reason = f"something can't be read ({type(error).__name__}: {error})"
    first = told.setdefault(reason, name)
    return Finding(name, reason if first == name else f"unknown, see {first}", fine=False)


def _twin_paths(listing: Listing) -> list[str]:
    return [_path(key) for key in _newest_twins(listing)] + list(map(_api_path, WATCHED))


def _newest_twins(listing: Listing) -> list[str]:
    days = sorted(key for key in listing if SESSION.read(key))
    return [INDEX.key, *WATCHED, *days[-documents.LATEST_MOVERS :]]


def _api_path(key: str) -> str:
    return f"/{key.removesuffix('.json')}"


def _path(key: str) -> str:
    return f"/{key.removesuffix(INDEX.key)}"


def _newest(
    stage: str, movers: Sequence[Mover], status: Status | None, settings: Settings, now: datetime
) -> Finding:
    if movers and not status:
        fix = _command(stage, "ingest")
        return Finding(
            "Freshness", f"the table's item STATUS / LATEST is lost ({fix} restores it)", fine=False
        )
    if not movers or not status or not status.as_of:
        return Finding(
            "Freshness", f"nothing is stored yet (start with {_command(stage, 'ingest')})", fine=False
        )
    newest = movers[0]
    late = now + timedelta(seconds=status.source.clock_offset_seconds) > status.stale_after
    data = {"AsOf": status.as_of, "Ticker": newest.ticker, "PercentChange": float(newest.percent_change)}
    data |= {"NextSession": status.next_session, "StaleAfter": status.stale_after.isoformat()}
    data |= {"Provider": status.source.provider, "Kind": status.source.kind}
    due = f"late: {day(status.next_session)} was due" if late else _due(status, settings)
    words = f"{newest.ticker} {change(newest.percent_change)} on {day(newest.date)}; {due}"
    return Finding("Freshness", words, not late, data)


def _due(status: Status, settings: Settings) -> str:
    """When the first run can store the next session: `next result, Mon, Nov 30, on Tue about 12:10 AM ET`."""
    ready = load_calendar(settings.market).ready_at(status.next_session, settings.ready)
    hour = ready.replace(minute=0, second=0)
    run = hour + RUN_AT if ready <= hour + RUN_AT else hour + RUN_AT + timedelta(hours=1)
    about = f"{settings.market.day(run):%a} about {clock(run, settings.market)}"
    return f"next result, {day(status.next_session)}, on {about}"


def _database(stage: str, store: Store, stored: Stored, market: Market) -> Finding:
    """The table's items compared with each other and with the published files."""
    if lost := list(record.lost_items(store, stored, market)):
        fix = _command(stage, record.cure(stored))
        return Finding("Database", f"lost or wrong: {listed(lost)} ({fix} repairs it)", fine=False)
    source = stored.status.source if stored.status else None
    kind = f", {source.kind} data from {source.provider.title()}" if source else ""
    return Finding("Database", f"{count(len(stored.by_day), 'session')}{kind}")


def _gaps(stage: str, movers: Sequence[Mover], status: Status | None, market: Market) -> Finding | None:
    """Sessions between the oldest and the newest stored one that no run has asked for: not a fault."""
    stored = [mover.date for mover in movers]
    between = load_calendar(market).sessions(stored[-1], stored[0]) if stored else []
    holes = status.holes if status else {}
    if not (gaps := sorted(set(between) - set(stored) - set(holes))):
        return None
    fill = _command(stage, f"backfill --from {gaps[0]} --to {gaps[-1]}")
    return Finding("Gaps", f"{count(len(gaps), 'older session')} never loaded (optional: {fill})")


def _missing(status: Status | None) -> Finding:
    """Sessions that are due and not stored. Those that no response fills are retried once a day."""
    if not status or not status.missing:
        return Finding("Sessions", "of the latest, none missing")
    words = listed(status.missing)
    if open_ := [day for day in status.missing if day in status.holes]:
        words += f"; no response fills {listed(open_)}: {status.holes[open_[0]].reason} ({HOLES})"
    return Finding("Sessions", f"missing: {words}", fine=False)


def _twins(stage: str, store: Store, settings: Settings, stored: Stored) -> Finding:
    close_at = load_calendar(settings.market).close_at
    channel = Channel(
        stage=settings.stage,
        site_url=settings.site_url,
        market=settings.market,
        close_at=close_at,
        names=stored.status.names if stored.status else {},
        source=settings.vendor.title,
    )
    wrong, total = record.wrong_twins(store, stored, channel)
    if wrong:
        fix = _command(stage, "ingest")
        return Finding("Published files", f"wrong: {listed(wrong)} ({fix} repairs them)", fine=False)
    return Finding("Published files", f"{total} of {total} match the database")


def _edge(stage: str, listing: Listing, seen: Seen) -> Finding:
    keys = _newest_twins(listing)
    if old := [key for key in keys if not same(listing, key, seen[_path(key)])]:
        return Finding("CDN", _old(stage, old, "invalidate"), fine=False)
    return Finding("CDN", f"current ({count(len(keys), 'file')} checked)")


def _api(listing: Listing, seen: Seen) -> Finding:
    apart = [path for key in WATCHED if not same(listing, key, seen[path := _api_path(key)])]
    differs = f"missing, or different from the published file: {listed(apart)}"
    return Finding("API", differs if apart else "matches the published files", fine=not apart)


def _page(stage: str, listing: Listing, page: Sequence[PageFile], seen: Future[Seen]) -> Finding:
    """The bucket compared with this checkout, and what viewers get with the bucket."""
    if wrong := [file.key for file in page if not same(listing, file.key, documents.md5(file.body))]:
        fix = f"`movers deploy --stage {stage}`"
        return Finding(
            "Page", f"differs from this checkout: {listed(wrong)} ({fix} uploads them)", fine=False
        )
    if old := [file.key for file in page if not same(listing, file.key, seen.result()[f"/{file.key}"])]:
        return Finding("Page", _old(stage, old, "invalidate '/*'"), fine=False)
    return Finding("Page", f"{len(page)} of {len(page)} files match this checkout")


def _key(settings: Settings) -> Finding | None:
    """When the provider's key expires, if the settings have that."""
    if (days := settings.key_days_left) is None:
        return None
    words = (
        f"expires on {settings.key_expires}, in {count(days, 'day')}"
        if days >= 0
        else f"expired on {settings.key_expires}"
    )
    return Finding("API key", words, fine=days > KEY_NOTICE_DAYS)


def _alarms(stage: str, found: Hearing) -> Finding:
    """Who gets the alarms; the local stage needs nobody."""
    if stage == LOCAL_STAGE and not found.fine:
        return Finding("Alarms", "go to nobody, which is fine locally")
    return Finding("Alarms", found.words, fine=found.fine)


def _last_run(target: Target, held: Mapping[str, Any], settings: Settings, now: datetime) -> Finding:
    return Finding("Last run", *last_run(target, held, now, settings.clock_offset_seconds))


def _old(stage: str, keys: Sequence[str], drop: str) -> str:
    return f"missing or outdated: {listed(keys)} ({_command(stage, drop)} refreshes them)"


def _command(stage: str, words: str) -> str:
    return f"`movers {words}`" if stage == LOCAL_STAGE else f"`movers {words} --stage {stage}`"
