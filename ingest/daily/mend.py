"""Repairs sessions that lost an item, without an upstream call: from the other item, or from the raw zone."""

from dataclasses import dataclass, replace
from datetime import date, datetime

from aws_lambda_powertools import Logger

from api.records import Mover, Session
from api.store import RevisionConflictError
from ingest.daily import rows
from ingest.daily.judge import IncompleteSessionError, judge, mover_of
from ingest.daily.record import Record
from ingest.daily.replay import Replay
from ingest.daily.run import Parts, Report, Rules
from ingest.daily.stored import Stored, dated, gather, revisions
from ingest.daily.twins import HANDFUL

log = Logger(service="ingest")


class MendError(Exception):
    """The raw zone can't restore a session that lost an item; the message says what to do."""


def mend(parts: Parts, rules: Rules, stored: Stored, report: Report, now: datetime) -> Stored:
    """Repair what can be repaired, and return what is stored afterwards. The rest goes to `failed`, with what to do.

    More than a handful of lost sessions are left to a person: they may have been recorded with other watchlists than
    the settings have for their days.
    """
    published = filter(rules.calendar.is_session, stored.published)
    lost = sorted(set(published) - {*stored.by_day, *stored.session_by_day})
    if days := sorted([*stored.torn, *(lost if len(lost) <= HANDFUL else ())]):
        mending = Mending(parts.record, rules, Replay(parts.archive, parts.provider, rules.calendar), now)
        for day in days:
            if parts.time_left() > 0:
                mending.mend(day, report)
            else:
                report.left[day] = "this run has no time left to repair it; the next run continues"
    if len(lost) > HANDFUL:
        report.failed |= dict.fromkeys(lost, _many(lost))
    return gather(parts.record, lambda: stored.listing, width=parts.width) if report.mended else stored


def _many(lost: list[date]) -> str:
    return (
        f"{len(lost)} sessions are missing from the table, but their published files still exist;"
        f" `movers rebuild --from {lost[0]} --to {lost[-1]} --apply` restores them from archived responses"
    )


@dataclass(frozen=True, slots=True)
class Mending:
    """Repairs one session after another."""

    record: Record
    rules: Rules
    replay: Replay
    now: datetime

    def mend(self, day: date, report: Report) -> None:
        """Repair a session, or report why it can't be repaired."""
        try:
            self._join(day)
            report.mended.append(day)
            log.warning("session mended", session=day.isoformat())
        except (IncompleteSessionError, MendError, RevisionConflictError) as reason:
            report.failed[day] = (
                f"this session lost an item, and archived responses can't restore it: {reason};"
                f" `movers backfill --again --from {day} --to {day}` asks the provider"
            )

    def _join(self, day: date) -> None:
        """Write a day's mover and session so that they match."""
        rules, now = self.rules, self.now
        mover, session = self.record.halves(day)
        whole = dated(rows.succeeding(self._whole(day, mover, session), session), rules.calendar)
        late = now - rules.calendar.ready_at(day, rules.ready) >= rules.recheck_after
        fresh = replace(mover_of(whole, rules.source.provider, now), checked_at=now if late else None)
        if mover and _same_winner(mover, fresh):
            fresh = replace(mover, revision=whole.revision)
        self.record.join(fresh, whole, revisions(mover, session))

    def _whole(self, day: date, mover: Mover | None, session: Session | None) -> Session:
        """The complete session: the stored one if only its mover is lost, otherwise one made from the raw zone.

        Raises `MendError` if that has another winner than the stored mover.
        """
        if session and not mover:
            return session
        watchlist = session.watchlist if session else self.rules.watchlists.on(day)
        bars = self.replay.bars(day, watchlist, vouched=True)
        told = judge(day, watchlist, bars, self.rules.excuses(day))
        told = replace(told, splits=self.replay.splits(day, watchlist))
        winner = mover_of(told, self.rules.source.provider, self.now)
        if mover and not session and not _same_winner(mover, winner):
            raise MendError(
                f"with the watchlist in force on {day}, the winner isn't {mover.ticker} as stored;"
                f" `movers rebuild --from {day} --to {day} --watchlist … --apply` uses the right one"
            )
        return replace(told, revision=_revision(told, winner, mover, session))


def _revision(told: Session, winner: Mover, mover: Mover | None, session: Session | None) -> int:
    """The items' newest revision, or the next one if that item differs from what is restored; 1 if there are none."""
    newest = max((half.revision for half in (mover, session) if half), default=1)
    differs = (mover and mover.revision == newest and not _same_winner(mover, winner)) or (
        session and session.revision == newest and replace(told, revision=newest) != session
    )
    return newest + 1 if differs else newest


def _same_winner(one: Mover, other: Mover) -> bool:
    """Whether both have the same winner and numbers, regardless of provider, revision and times."""
    return other == replace(
        one,
        provider=other.provider,
        revision=other.revision,
        recorded_at=other.recorded_at,
        checked_at=other.checked_at,
    )
