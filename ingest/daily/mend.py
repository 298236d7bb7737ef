"""Put lost and torn items of the table right without an upstream call: from the item beside them, or the raw zone."""

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
from ingest.daily.stored import Stored, gather, revisions
from ingest.daily.twins import HANDFUL

log = Logger(service="ingest")


class MendError(Exception):
    """A stored session that lost an item, and that the raw zone does not make again; the message names the cure."""


def mend(parts: Parts, rules: Rules, stored: Stored, report: Report, now: datetime) -> Stored:
    """Put right what can be, and give what is stored then; the rest fails, each with its cure.

    More than a handful of lost sessions are a matter for a person: they may have been judged by other watchlists than
    those in force today.
    """
    published = filter(rules.calendar.is_session, stored.published)
    lost = sorted(set(published) - {*stored.by_day, *stored.session_by_day})
    if days := sorted([*stored.torn, *(lost if len(lost) <= HANDFUL else ())]):
        mending = Mending(parts.record, rules, Replay(parts.archive, parts.provider, rules.calendar), now)
        for day in days:
            if parts.time_left() > 0:
                mending.mend(day, report)
            else:
                report.left[day] = "this run has no time left to mend it, the next goes on"
    if len(lost) > HANDFUL:
        report.failed |= dict.fromkeys(lost, _many(lost))
    return gather(parts.record, parts.site.listing()) if report.mended else stored


def _many(lost: list[date]) -> str:
    return (
        f"{len(lost)} sessions are lost from the table, while their published files are still there;"
        f" `movers rebuild --from {lost[0]} --to {lost[-1]} --apply` stores them again from the archived answers"
    )


@dataclass(frozen=True, slots=True)
class Mending:
    """Makes sessions whole again."""

    record: Record
    rules: Rules
    replay: Replay
    now: datetime

    def mend(self, day: date, report: Report) -> None:
        """Join the items of a day, or note why that cannot be."""
        try:
            self._join(day)
            report.mended.append(day)
            log.warning("session mended", session=day.isoformat())
        except (IncompleteSessionError, MendError, RevisionConflictError) as reason:
            report.failed[day] = (
                f"an item of this session is lost, and the archived answers do not give it again: {reason};"
                f" `movers backfill --again --from {day} --to {day}` asks the provider"
            )

    def _join(self, day: date) -> None:
        """Write the mover and the session of a day so that they belong together."""
        rules, now = self.rules, self.now
        mover, session = self.record.halves(day)
        whole = rows.succeeding(self._whole(day, mover, session), session)
        late = now - rules.calendar.ready_at(day, rules.ready) >= rules.recheck_after
        fresh = replace(mover_of(whole, rules.source.provider, now), checked_at=now if late else None)
        if mover and _same_winner(mover, fresh):
            fresh = replace(mover, revision=whole.revision)
        self.record.join(fresh, whole, revisions(mover, session))
        rows.write(self.record, whole, fresh.ticker)

    def _whole(self, day: date, mover: Mover | None, session: Session | None) -> Session:
        """The session as it has to be: the one that is there where only its mover is lost, else what the raw zone
        tells.
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
