"""Judges sessions again from archived responses, without upstream calls.

Each session is made from the raw zone, compared with the table, and written if it is new or changed. Oldest first, so
that another rebuild can continue from the first day that this one had no time for.
"""

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from math import ceil

from aws_lambda_powertools import Logger

from api.records import Bar, Mover, Session
from api.store import RevisionConflictError
from ingest.daily import plan, rows
from ingest.daily.freshness import due, status_of
from ingest.daily.judge import IncompleteSessionError, correction, difference, judge, mover_of
from ingest.daily.past import Strangers
from ingest.daily.record import BATCH, Record
from ingest.daily.replay import Replay
from ingest.daily.run import Parts, Rules
from ingest.daily.stored import belong_together, dated, gather, revisions
from ingest.daily.twins import Compare, publish

PUBLISH_SECONDS = 0.1  # per session: two reads of the table and a write to the bucket
ROWS_SECONDS = 0.006  # per batch of ticker rows; parallel calls share one processor
log = Logger(service="ingest")


@dataclass(frozen=True, slots=True)
class RebuildRequest:
    """Judge the sessions from `first` to `last`; if either is `None`, only those that are archived or stored.

    Each is judged by `watchlist`. Without that, a stored session is judged by the watchlist it was recorded with; other
    sessions, or with `in_force` all of them, by the one that the settings have for their day. Nothing is written
    unless `apply` is set.
    """

    run: str
    first: date | None = None
    last: date | None = None
    watchlist: tuple[str, ...] | None = None
    in_force: bool = False
    apply: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """A session's winner, its change in percent and its closing price."""

    ticker: str
    percent_change: Decimal
    closing_price: Decimal


@dataclass(frozen=True, slots=True)
class Change:
    """How a rebuild changes a stored session.

    The winner may stay the same; `difference` says what doesn't.
    """

    old: Outcome
    new: Outcome
    difference: str
    revision: int


@dataclass(slots=True)
class RebuildReport:
    """What was found, and written if `applied`. `unjudged` sessions stay as they are, `left` ones are for another run.

    `watchlist` is the requested one. `damaged` has the reasons why objects of the raw zone couldn't be read, by key.
    """

    applied: bool
    watchlist: tuple[str, ...] | None
    added: dict[date, Outcome] = field(default_factory=dict)
    changed: dict[date, Change] = field(default_factory=dict)
    unchanged: int = 0
    unjudged: dict[date, str] = field(default_factory=dict)
    damaged: dict[str, str] = field(default_factory=dict)
    left: list[date] = field(default_factory=list)
    published: int = 0
    invalidation: str | None = None


def rebuild(
    parts: Parts, rules: Rules, request: RebuildRequest, now: datetime, life: timedelta
) -> RebuildReport:
    """Find what a rebuild changes. With `apply`, write it and publish every session judged, under the lease.

    Raises `LeaseHeldError` if another run is in progress, and `RequestError` for an invalid range of days.
    """
    within = rules.horizon(now)
    named = _named(rules, request, within)
    report = RebuildReport(request.apply, request.watchlist)
    if not request.apply:
        _judge(parts, rules, request, named, report, now)
        return report
    with parts.leases.held(request.run, now, life) as lease:
        before = gather(parts.record, parts.site.listing, width=parts.width).dated(rules.calendar)
        expected = due(rules, within, before)
        seen = _judge(parts, rules, request, named, report, now)
        stored = gather(parts.record, lambda: before.listing, width=parts.width).dated(rules.calendar)
        status = status_of(rules, within, expected, stored, stored.holes, now)
        written = {*report.added, *report.changed}
        thorough = lease.found_dead or before.unfinished
        compare = Compare.of(stored, rules.market, seen, written, now, thorough=thorough, every_ticker=True)
        published = publish(parts, rules, stored, replace(compare, rewritten=frozenset(seen)), status)
        report.published = len(published.changed)
        if published.to_drop or lease.found_dead:
            report.invalidation = parts.site.invalidate(request.run)
    return report


def _judge(
    parts: Parts,
    rules: Rules,
    request: RebuildRequest,
    named: list[date] | None,
    report: RebuildReport,
    now: datetime,
) -> list[date]:
    """Judge one session after the other, while time remains to publish them. Returns the sessions judged."""
    replay = Replay(parts.archive, parts.provider, rules.calendar)
    strangers = Strangers(rules.calendar, gather(parts.record, parts.site.listing, width=parts.width))
    days = _known(parts.record, rules, request, replay) if named is None else named
    reserve = 0.0
    for position, day in enumerate(days):
        if parts.time_left() <= reserve:
            report.left = days[position:]
            break
        try:
            _settle(parts.record, rules, request, replay, strangers, day, report, now)
        except (IncompleteSessionError, RevisionConflictError) as reason:
            report.unjudged[day] = str(reason)
        if report.applied:
            tickers = request.watchlist or rules.watchlists.on(day)
            reserve += PUBLISH_SECONDS + ROWS_SECONDS * ceil(len(tickers) / BATCH)
    report.damaged = replay.damaged
    return days[: len(days) - len(report.left)]


def _named(rules: Rules, request: RebuildRequest, within: plan.Horizon) -> list[date] | None:
    """The sessions between two bounds, `None` unless both are given. Checked before the lease is taken."""
    if not request.first or not request.last:
        return None
    archived = replace(within, oldest=request.first)  # archived sessions may be older than the plan's history
    return plan.requested(rules.calendar, archived, request.first, request.last)


def _known(record: Record, rules: Rules, request: RebuildRequest, replay: Replay) -> list[date]:
    """All sessions that are archived or stored, within the bound if there is one, oldest first."""
    first, last = request.first or date.min, request.last or date.max
    archived = replay.sessions(lambda day: request.watchlist or rules.watchlists.on(day))
    stored = {mover.date for mover in record.movers()}
    known = (day for day in archived | stored if first <= day <= last)
    return sorted(filter(rules.calendar.is_session, known))


def _settle(
    record: Record,
    rules: Rules,
    request: RebuildRequest,
    replay: Replay,
    strangers: Strangers,
    day: date,
    report: RebuildReport,
    now: datetime,
) -> None:
    """Judge a session as a run does, and report what that changes."""
    old, stored = record.halves(day)
    watchlist = _watchlist(rules, request, day, stored)
    vouched = bool(stored or request.watchlist) or rules.watchlists.dated
    bars = replay.bars(day, watchlist, vouched=vouched)
    if not vouched:
        told = {ticker: bar for ticker, bar in bars.items() if isinstance(bar, Bar)}
        bars = {**bars, **strangers.see(day, watchlist, told)}
    fresh = judge(day, watchlist, bars, rules.excuses(day))
    fresh = dated(replace(fresh, splits=replay.splits(day, watchlist)), rules.calendar)
    new = (
        correction(stored, fresh) if stored and belong_together(old, stored) else _joined(old, stored, fresh)
    )
    if not new:
        report.unchanged += 1
        if request.apply and stored and stored.splits is None and fresh.splits is not None:
            record.note_splits(day, stored.revision, fresh.splits)
        return
    mover = _mover(rules.source.provider, new, old, now)
    if request.apply:
        _write(record, mover, new, old, stored)
    if old:
        what = difference(stored, new) if stored else "the session's bars were lost"
        report.changed[day] = Change(_outcome(old), _outcome(mover), what, mover.revision)
    else:
        report.added[day] = _outcome(mover)


def _watchlist(rules: Rules, request: RebuildRequest, day: date, stored: Session | None) -> tuple[str, ...]:
    if request.watchlist:
        return request.watchlist
    if stored and not request.in_force:
        return stored.watchlist
    if not (watchlist := rules.watchlists.on(day)):
        raise IncompleteSessionError(f"no watchlist is in force before {rules.watchlists.first}")
    return watchlist


def _joined(old: Mover | None, stored: Session | None, fresh: Session) -> Session:
    """The session with the revision after its items', which don't match or don't exist."""
    return replace(fresh, revision=max((half.revision for half in (old, stored) if half), default=0) + 1)


def _mover(provider: str, session: Session, old: Mover | None, now: datetime) -> Mover:
    """The session's mover, recorded now; it keeps the time of its re-read, because a rebuild isn't one."""
    return replace(mover_of(session, provider, now), checked_at=old.checked_at if old else None)


def _write(record: Record, mover: Mover, session: Session, old: Mover | None, stored: Session | None) -> None:
    session = rows.succeeding(session, stored)
    record.join(mover, session, revisions(old, stored))
    log.warning(
        "session rebuilt",
        session=mover.date.isoformat(),
        revision=mover.revision,
        winner={"old": old and old.ticker, "new": mover.ticker},
    )


def _outcome(mover: Mover) -> Outcome:
    return Outcome(mover.ticker, mover.percent_change, mover.closing_price)
