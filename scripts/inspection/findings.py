"""What `movers status` finds: the table, the twins, the page and what viewers get, compared."""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from api import documents
from api.items import DamagedItemError
from api.markets import Market
from api.names import LOCAL_STAGE
from api.records import Mover, Status
from api.routes import SESSION
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

EVERY_SESSION = sys.maxsize  # bars: however many there are
UNREADABLE = (CommandError, DamagedItemError, *AWS_ERRORS)
HOLES = "infra/RUNBOOK.md#a-hole-that-nothing-fills"
# What the reading of a garbled item, setting or answer ends in.
GARBLED = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of `movers status`."""

    name: str
    value: str
    fine: bool = True


def look(target: Target, now: datetime) -> Iterator[Finding]:
    """How fresh everything is, and whether table, twins, page and what viewers get agree; a finding at a time.

    What cannot be read is a finding too, and the others follow. Raises `CommandError` if there is no such stage.
    """
    with ThreadPoolExecutor() as pool:
        try:
            answers = _answers(target.brief, now, pool.submit)
        except SilentError as error:
            yield Finding("aws", str(error), fine=False)
            return
        told: dict[str, str] = {}
        for name, answer in answers.items():
            if finding := _found(name, answer, told):
                yield finding


def _answers(
    target: Target, now: datetime, ask: Callable[..., Future[Any]]
) -> dict[str, Callable[[], Finding | None]]:
    """What is to be told, by name. Everything is read at once: reads that hang are waited for together."""
    stage, store = target.stage, target.store
    settings, held = ask(lambda: target.settings), ask(target.leases.read)
    movers, status = ask(store.movers), ask(store.status)
    told = ask(hearing, target.account, stage)
    page, listing = ask(page_files, ROOT), ask(lambda: target.site().listing())
    stored = ask(lambda: gather(store, listing.result(), EVERY_SESSION))
    seen = ask(lambda: target.seen(_twin_paths(listing.result())))
    page_seen = ask(lambda: target.seen(map(_path, page.result())))
    return {
        "newest": lambda: _newest(stage, movers.result(), status.result(), now),
        "stored": lambda: _stored(movers.result()),
        "gaps": lambda: _gaps(stage, movers.result(), status.result(), settings.result().market),
        "missing": lambda: _missing(status.result()),
        "table": lambda: _table(stage, store, stored.result(), settings.result().market),
        "twins": lambda: _twins(stage, store, settings.result(), stored.result()),
        "edge": lambda: _edge(stage, listing.result(), seen.result()),
        "api": lambda: _api(listing.result(), seen.result()),
        "page": lambda: _page(stage, listing.result(), page.result(), page_seen),
        "run": lambda: _last_run(target, held.result(), settings.result(), now),
        "key": lambda: _key(settings.result()),
        "alarms": lambda: _alarms(stage, told.result()),
    }


def _found(name: str, answer: Callable[[], Finding | None], told: dict[str, str]) -> Finding | None:
    """The finding, or why there is none. A reason that was told already is not told again."""
    try:
        return answer()
    except UNREADABLE as error:
        reason = str(error)
    except GARBLED as error:
        reason = f"something that was read is garbled ({type(error).__name__}: {error})"
    first = told.setdefault(reason, name)
    return Finding(name, reason if first == name else f"unknown, for the reason of `{first}`", fine=False)


def _twin_paths(listing: Listing) -> list[str]:
    return [f"/{key}" for key in _newest_twins(listing)] + list(map(_api_path, WATCHED))


def _newest_twins(listing: Listing) -> list[str]:
    days = sorted(key for key in listing if SESSION.read(key))
    return [*WATCHED, *days[-documents.LATEST_MOVERS :]]


def _api_path(key: str) -> str:
    return f"/{key.removesuffix('.json')}"


def _path(file: PageFile) -> str:
    return f"/{file.key.removesuffix('index.html')}"


def _newest(stage: str, movers: Sequence[Mover], status: Status | None, now: datetime) -> Finding:
    if movers and not status:
        mend = f"{_command(stage, 'ingest')} writes it again"
        return Finding(
            "newest", f"{movers[0].date}; the table's item STATUS / LATEST is lost ({mend})", fine=False
        )
    if not status or not status.as_of:
        begin = f"{_command(stage, 'ingest')} begins"
        return Finding("newest", f"nothing is stored yet ({begin})", fine=False)
    source = f"{status.source.provider}, {status.source.kind}"
    late = now + timedelta(seconds=status.source.clock_offset_seconds) > status.stale_after
    words = f"late: {status.next_session} was due" if late else f"next {status.next_session}"
    return Finding("newest", f"{status.as_of} ({source}), {words}", fine=not late)


def _stored(movers: Sequence[Mover]) -> Finding:
    return Finding("stored", f"{len(movers)} sessions" + (f", the first {movers[-1].date}" if movers else ""))


def _gaps(stage: str, movers: Sequence[Mover], status: Status | None, market: Market) -> Finding:
    """Sessions between the oldest and the newest stored one that nobody has asked for: no fault, but worth a word."""
    stored = [mover.date for mover in movers]
    between = load_calendar(market).sessions(stored[-1], stored[0]) if stored else []
    holes = status.holes if status else {}
    if not (gaps := sorted(set(between) - set(stored) - set(holes))):
        return Finding("gaps", "none")
    fill = _command(stage, f"backfill --from {gaps[0]} --to {gaps[-1]}")
    return Finding("gaps", f"{len(gaps)} sessions ({fill} fills them)")


def _missing(status: Status | None) -> Finding:
    """What is due and not stored. What no answer fills is asked for once a day, and a backfill would not help."""
    if not status or not status.missing:
        return Finding("missing", "none")
    words = _listed(status.missing)
    if open_ := [day for day in status.missing if day in status.holes]:
        words += f"; no answer fills {_listed(open_)}: {status.holes[open_[0]].reason} ({HOLES})"
    return Finding("missing", words, fine=False)


def _table(stage: str, store: Store, stored: Stored, market: Market) -> Finding:
    """The table's items against each other, and against the files that were published of them."""
    if lost := list(record.lost_items(store, stored, market)):
        mend = _command(stage, record.cure(stored))
        return Finding("table", f"lost or wrong: {_listed(lost)} ({mend} puts it right)", fine=False)
    return Finding("table", "every item has what belongs to it")


def _twins(stage: str, store: Store, settings: Settings, stored: Stored) -> Finding:
    close_at = load_calendar(settings.market).close_at
    channel = Channel(settings.stage, settings.site_url, settings.market, close_at)
    wrong, count = record.wrong_twins(store, stored, channel)
    if wrong:
        mend = f"{_command(stage, 'ingest')} mends them"
        return Finding("twins", f"differ: {_listed(wrong)} ({mend})", fine=False)
    return Finding("twins", f"all {count} equal the table")


def _edge(stage: str, listing: Listing, seen: Seen) -> Finding:
    keys = _newest_twins(listing)
    if old := [key for key in keys if not same(listing, key, seen[f"/{key}"])]:
        return Finding("edge", _old(stage, old, "invalidate"), fine=False)
    return Finding("edge", f"the {len(keys)} latest twins as they are in the bucket")


def _api(listing: Listing, seen: Seen) -> Finding:
    apart = [path for key in WATCHED if not same(listing, key, seen[path := _api_path(key)])]
    differs = f"no answer, or another than that of the twin: {_listed(apart)}"
    return Finding("api", differs if apart else "the bytes of its twins", fine=not apart)


def _page(stage: str, listing: Listing, page: Sequence[PageFile], seen: Future[Seen]) -> Finding:
    """The bucket against the page of this checkout, and what viewers get against the bucket."""
    if wrong := [file.key for file in page if not same(listing, file.key, documents.md5(file.body))]:
        mend = f"`movers deploy --stage {stage}` puts them there"
        return Finding("page", f"lost or not as in this checkout: {_listed(wrong)} ({mend})", fine=False)
    if old := [file.key for file in page if not same(listing, file.key, seen.result()[_path(file)])]:
        return Finding("page", _old(stage, old, "invalidate '/*'"), fine=False)
    return Finding("page", f"its {len(page)} files as in this checkout")


def _key(settings: Settings) -> Finding | None:
    """When the provider's key ends, where the settings say so."""
    if (days := settings.key_days_left) is None:
        return None
    words = (
        f"ends on {settings.key_expires}, in {days} days" if days >= 0 else f"ended on {settings.key_expires}"
    )
    return Finding("key", words, fine=days > KEY_NOTICE_DAYS)


def _alarms(stage: str, found: Hearing) -> Finding:
    """Who is told when an alarm rings; in the local stage nobody has to be."""
    return Finding("alarms", found.words, fine=found.fine or stage == LOCAL_STAGE)


def _last_run(target: Target, held: Mapping[str, Any], settings: Settings, now: datetime) -> Finding:
    return Finding("run", *last_run(target, held, now + timedelta(seconds=settings.clock_offset_seconds)))


def _old(stage: str, keys: Sequence[str], drop: str) -> str:
    return f"no answer or old bytes: {_listed(keys)} ({_command(stage, drop)} drops what is cached)"


def _command(stage: str, words: str) -> str:
    return f"`movers {words}`" if stage == LOCAL_STAGE else f"`movers {words} --stage {stage}`"


def _listed(items: Sequence[object], shown: int = 7) -> str:
    rest = len(items) - shown
    return ", ".join(map(str, items[:shown])) + (f" and {rest} more" if rest > 0 else "")
