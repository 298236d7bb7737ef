"""Decide what there is to do for each session: fetch it, read it again, or leave it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from api.records import Hole, Mover, Session
from ingest.daily import holes, plan
from ingest.daily.freshness import stale_after
from ingest.daily.run import Ingest, Report, Request
from ingest.daily.stored import Stored, belong_together, revisions


@dataclass(frozen=True, slots=True)
class Task:
    """A session to be fetched, and the watchlist to judge it by.

    `session` is the stored one that is read again. `replaces` are the revisions of the mover and the session in the
    table; they differ, or one is absent, where an item was lost.
    """

    watchlist: tuple[str, ...]
    session: Session | None = None
    replaces: tuple[int | None, int | None] = (None, None)


@dataclass(frozen=True, slots=True)
class Work:
    """The tasks of a run, by session, and what is stored before it begins."""

    tasks: Mapping[date, Task]
    now: datetime
    stored: Stored

    @property
    def days(self) -> list[date]:
        return sorted(self.tasks)

    @property
    def tickers(self) -> list[str]:
        return list(dict.fromkeys(ticker for day in self.days for ticker in self.watched(day)))

    def watched(self, day: date) -> tuple[str, ...]:
        return self.tasks[day].watchlist


def decide(
    ingest: Ingest, request: Request, stored: Stored, days: Sequence[date], report: Report, now: datetime
) -> Work:
    """What to do for the `days`.

    A person who asks for them gets all of them. A run by itself leaves a session whose lost items could not be mended,
    and asks for one hole at the most.
    """
    known = {} if request.first else _known_holes(ingest, stored, days, now)
    left = {*report.failed, *known} - {holes.to_ask(known, now)} if not request.first else set()
    tasks = {}
    for day in days:
        mover, session = stored.halves(day) or ingest.store.halves(day)
        if mover or session:
            task = _stored(ingest, request, day, mover, session, now)
        else:
            task = Task(ingest.watchlists.on(day)) if day not in left else None
        if task:
            tasks[day] = task
    return Work(tasks, now, stored)


def _stored(
    ingest: Ingest,
    request: Request,
    day: date,
    mover: Mover | None,
    session: Session | None,
    now: datetime,
) -> Task | None:
    """What to do for a session of which at least one item is stored."""
    watchlist = session.watchlist if session else ingest.watchlists.on(day)
    if not belong_together(mover, session):
        return Task(watchlist, None, revisions(mover, session)) if request.again else None
    unchecked = mover and plan.unchecked([day], {day: mover}, now)
    return Task(watchlist, session, revisions(mover, session)) if request.again or unchecked else None


def _known_holes(ingest: Ingest, stored: Stored, days: Iterable[date], now: datetime) -> dict[date, Hole]:
    """The holes that would be judged as before. Until a session is late, its answer is asked for each hour."""
    known = {day: stored.holes[day] for day in days if day in stored.holes and day not in stored.by_day}
    return {
        day: hole
        for day, hole in known.items()
        if hole.terms == terms(ingest, day) and now >= stale_after(ingest, day)
    }


def terms(ingest: Ingest, day: date) -> str:
    """What a missing session is judged by today, as a digest."""
    return holes.terms(ingest.watchlists.on(day), ingest.calendar.overrides.excused.get(day, {}))
