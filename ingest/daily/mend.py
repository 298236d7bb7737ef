"""Put lost and torn items of the table right without an upstream call: from the item beside them, or the raw zone."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime

from aws_lambda_powertools import Logger

from api.records import Mover, Session
from api.store import RevisionConflictError
from ingest.daily import rows
from ingest.daily.judge import IncompleteSessionError, judge, mover_of
from ingest.daily.plan import RECHECK_AFTER
from ingest.daily.replay import Replay
from ingest.daily.run import Ingest, Report
from ingest.daily.stored import Stored, revisions
from ingest.daily.twins import HANDFUL, published_days

log = Logger(service="ingest")


class MendError(Exception):
    """A stored session that lost an item, and that the raw zone does not make again; the message names the cure."""


def mend(ingest: Ingest, stored: Stored, report: Report, now: datetime) -> None:
    """Put right what can be; the rest fails, each with its cure.

    More than a handful of lost sessions are a matter for a person: they may have been judged by other watchlists than
    those in force today.
    """
    lost = _lost(ingest, stored)
    days = [*stored.torn, *(lost if len(lost) <= HANDFUL else ())]
    if days:
        _mend(ingest, sorted(days), report, now)
    if len(lost) > HANDFUL:
        report.failed |= dict.fromkeys(lost, _many(lost))


def _lost(ingest: Ingest, stored: Stored) -> list[date]:
    """The sessions of which only a published file is left."""
    published = filter(ingest.calendar.is_session, published_days(ingest.site.listing))
    return sorted(set(published) - {*stored.by_day, *stored.session_by_day})


def _many(lost: list[date]) -> str:
    return (
        f"{len(lost)} sessions are lost from the table, while their published files are still there;"
        f" `movers rebuild --from {lost[0]} --to {lost[-1]} --apply` stores them again from the archived answers"
    )


def _mend(ingest: Ingest, days: Iterable[date], report: Report, now: datetime) -> None:
    replay = Replay(ingest.archive, ingest.calendar)
    for day in days:
        if ingest.provider.remaining() <= 0:
            report.left[day] = "this run has no time left to mend it, the next goes on"
            continue
        try:
            _join(ingest, replay, day, now)
            report.mended.append(day)
            log.warning("session mended", session=day.isoformat())
        except (IncompleteSessionError, MendError, RevisionConflictError) as reason:
            report.failed[day] = (
                f"an item of this session is lost, and the archived answers do not give it again: {reason};"
                f" `movers backfill --again --from {day} --to {day}` asks the provider"
            )


def _join(ingest: Ingest, replay: Replay, day: date, now: datetime) -> None:
    """Write the mover and the session of a day so that they belong together."""
    mover, session = ingest.store.halves(day)
    whole = rows.succeeding(_whole(ingest, replay, day, mover, session, now), session)
    checked_at = now if now - ingest.calendar.ready_at(day, ingest.ready) >= RECHECK_AFTER else None
    fresh = replace(mover_of(whole, ingest.source.provider, now), checked_at=checked_at)
    if mover and _same_winner(mover, fresh):
        fresh = replace(mover, revision=whole.revision)
    ingest.store.join(fresh, whole, revisions(mover, session))
    rows.write(ingest.store, whole, fresh.ticker)


def _whole(
    ingest: Ingest, replay: Replay, day: date, mover: Mover | None, session: Session | None, now: datetime
) -> Session:
    """The session as it has to be: the one that is there where only its mover is lost, else what the raw zone tells."""
    if session and not mover:
        return session
    watchlist = session.watchlist if session else ingest.watchlists.on(day)
    told = judge(
        day,
        watchlist,
        replay.bars(day, watchlist, vouched=True),
        ingest.calendar.overrides.excused.get(day, {}),
    )
    winner = mover_of(told, ingest.source.provider, now)
    if mover and not session and not _same_winner(mover, winner):
        raise MendError(
            f"by the watchlist that is in force on {day} they tell another winner than {mover.ticker};"
            f" `movers rebuild --from {day} --to {day} --watchlist … --apply` judges by the right one"
        )
    return replace(told, revision=_revision(told, winner, mover, session))


def _revision(told: Session, winner: Mover, mover: Mover | None, session: Session | None) -> int:
    """The newest revision that an item is of, or the next one where that item says something else; 1 without any."""
    newest = max((half.revision for half in (mover, session) if half), default=1)
    differs = (mover and mover.revision == newest and not _same_winner(mover, winner)) or (
        session and session.revision == newest and replace(told, revision=newest) != session
    )
    return newest + 1 if differs else newest


def _same_winner(one: Mover, other: Mover) -> bool:
    """Whether both say the same of the winner, whenever they were recorded and in whatever revision."""
    return other == replace(
        one,
        provider=other.provider,
        revision=other.revision,
        recorded_at=other.recorded_at,
        checked_at=other.checked_at,
    )
