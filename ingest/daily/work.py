"""Decides what to do for each session: fetch it, read it again, or leave it. Pure."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from api.records import Hole, Session
from ingest.daily import holes, plan
from ingest.daily.run import Request, Rules
from ingest.daily.stored import Stored, belong_together, revisions


@dataclass(frozen=True, slots=True)
class Task:
    """A session to fetch, and the watchlist to judge it by.

    `session` is the stored one if this is a re-read. `replaces` are the revisions of the mover and the session in the
    table; after the loss of an item they differ, or one is `None`.
    """

    watchlist: tuple[str, ...]
    session: Session | None = None
    replaces: tuple[int | None, int | None] = (None, None)


@dataclass(frozen=True, slots=True)
class Work:
    """The tasks of a run, by session, and what is stored before it starts. `asked_for`: a person started a backfill."""

    tasks: Mapping[date, Task]
    now: datetime
    stored: Stored
    asked_for: bool = False

    @property
    def days(self) -> list[date]:
        return sorted(self.tasks)

    @property
    def tickers(self) -> list[str]:
        return list(dict.fromkeys(ticker for day in self.days for ticker in self.watched(day)))

    @property
    def unsplit(self) -> list[date]:
        """The sessions whose splits aren't known."""
        tasks = self.tasks.items()
        return sorted(day for day, task in tasks if not task.session or task.session.splits is None)

    def watched(self, day: date) -> tuple[str, ...]:
        return self.tasks[day].watchlist if day in self.tasks else ()


def decide(
    rules: Rules,
    request: Request,
    stored: Stored,
    days: Sequence[date],
    failed: Collection[date],
    now: datetime,
) -> Work:
    """What to do for the `days`.

    A backfill fetches every one that isn't stored, or with `again` all. A usual run skips sessions whose lost items
    couldn't be repaired (those in `failed`), and asks for at most one known hole.
    """
    left = set() if request.first else _left(rules, stored, days, failed, now)
    tasks = {day: _task(rules, request, stored, day, now, left) for day in days}
    return Work({day: task for day, task in tasks.items() if task}, now, stored, bool(request.first))


def _left(
    rules: Rules, stored: Stored, days: Iterable[date], failed: Collection[date], now: datetime
) -> set[date]:
    """The sessions that a usual run doesn't ask for if nothing of them is stored."""
    known = _known_holes(rules, stored, days, now)
    return {*failed, *known} - {holes.to_ask(known, now)}


def _task(
    rules: Rules, request: Request, stored: Stored, day: date, now: datetime, left: Collection[date]
) -> Task | None:
    mover, session = stored.halves(day)
    watchlist = session.watchlist if session else rules.watchlists.on(day)
    if not mover and not session:
        return Task(watchlist) if day not in left else None
    if not belong_together(mover, session):
        return Task(watchlist, None, revisions(mover, session)) if request.again else None
    unchecked = mover and plan.is_unchecked(mover, rules.recheck_after, now)
    return Task(watchlist, session, revisions(mover, session)) if request.again or unchecked else None


def _known_holes(rules: Rules, stored: Stored, days: Iterable[date], now: datetime) -> dict[date, Hole]:
    """The known holes that would be judged as before. A session that isn't late yet is asked for every hour anyway."""
    known = {day: stored.holes[day] for day in days if day in stored.holes and day not in stored.by_day}
    return {
        day: hole
        for day, hole in known.items()
        if hole.terms == rules.terms(day) and now >= rules.stale_after(day)
    }
