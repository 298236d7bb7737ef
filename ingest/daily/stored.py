"""What is in the table and the bucket when a run starts."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import Any

from api import routes
from api.facts import YEAR
from api.records import Hole, Mover, Session, Status, strict_date
from api.store import Store
from ingest.calendar import Calendar
from ingest.parallel import WIDTH, call, in_parallel
from ingest.site import Listing

LEAST_SESSIONS = 30
MOST_BARS = 25_000  # about 20 MB: sixteen years of 6 tickers, or 31 sessions of 800

Halves = tuple[Mover | None, Session | None]
"""A session's two items as stored, whether or not they match."""


def sessions_to_read(tickers: int) -> int:
    """How many sessions of a watchlist of this length a run reads."""
    return max(LEAST_SESSIONS, MOST_BARS // max(1, tickers))


@dataclass(frozen=True)
class Stored:
    """All movers and the latest sessions, newest first, the status, and what is published. `whole`: all sessions were
    read. If not, `before` is the session stored before them, and `older` has the items of further days that the run
    needs.
    """

    movers: list[Mover]
    sessions: list[Session]
    status: Status | None
    listing: Listing
    whole: bool
    before: Session | None = None
    older: Mapping[date, Halves] = field(default_factory=dict)

    @cached_property
    def by_day(self) -> Mapping[date, Mover]:
        return {mover.date: mover for mover in self.movers}

    @cached_property
    def session_by_day(self) -> Mapping[date, Session]:
        return {session.date: session for session in self.sessions}

    @property
    def since(self) -> date:
        """The day since which every session was read."""
        return date.min if self.whole else self.sessions[-1].date

    @property
    def unfinished(self) -> bool:
        """Whether ticker rows aren't written: because a run died, or because an earlier release had none, or less."""
        return not all(session.rows for session in self.sessions)

    @cached_property
    def torn(self) -> frozenset[date]:
        """The days whose mover or session is lost, or whose two items have different revisions."""
        days = {day for day in self.by_day if day >= self.since} | set(self.session_by_day)
        return frozenset(day for day in days if not belong_together(*self.halves(day)))

    @cached_property
    def published(self) -> frozenset[date]:
        """The days that have a published session file."""
        values = (routes.SESSION.read(key) for key in self.listing)
        return frozenset(day for value in values if value and (day := strict_date(value)))

    def earlier(self, day: date) -> list[Mover]:
        """The movers of the year before a stored session, newest first."""
        after = self._positions[day] + 1
        return self.movers[after : after + YEAR - 1]

    def neighbours(self, day: date) -> tuple[date | None, date | None]:
        """The stored sessions before and after one."""
        position = self._positions[day]
        previous = self.movers[position + 1].date if position + 1 < len(self.movers) else None
        return previous, self.movers[position - 1].date if position else None

    @cached_property
    def _positions(self) -> Mapping[date, int]:
        return {mover.date: position for position, mover in enumerate(self.movers)}

    @property
    def holes(self) -> Mapping[date, Hole]:
        return self.status.holes if self.status else {}

    @property
    def pages(self) -> str:
        """The digest of the templates that the published pages were made with."""
        return self.status.pages if self.status else ""

    def halves(self, day: date) -> Halves:
        """A day's mover and session, as read."""
        if day in self.older:
            return self.older[day]
        return self.by_day.get(day), self.session_by_day.get(day)

    def dated(self, calendar: Calendar) -> "Stored":
        """The same with `dated` sessions."""
        return replace(self, sessions=[dated(session, calendar) for session in self.sessions])

    def with_older(self, store: Store, days: Iterable[date]) -> "Stored":
        """Add the items of those of these days that are older than the sessions read."""
        return replace(self, older={day: store.halves(day) for day in days if day < self.since})


def gather(
    store: Store, listing: Callable[[], Listing], most_bars: int | None = None, width: int = WIDTH
) -> Stored:
    """Read all movers, the status, the bucket's listing, and the latest sessions: at least `LEAST_SESSIONS`, beyond
    those only while their bars don't exceed `most_bars` (default: `MOST_BARS`, to limit memory).
    """

    def latest() -> tuple[list[Session], Session | None]:
        return latest_sessions(store.sessions_between(date.min, date.max), most_bars)

    reads: tuple[Callable[[], Any], ...] = (latest, store.movers, store.status, listing)
    (sessions, before), movers, status, published = in_parallel(call, reads, width)
    return Stored(movers, sessions, status, published, not before, before)


def latest_sessions(
    newest_first: Iterable[Session], most_bars: int | None = None
) -> tuple[list[Session], Session | None]:
    """Those of all sessions that a run reads, and the one before them, if they aren't all sessions."""
    most = MOST_BARS if most_bars is None else most_bars
    sessions, bars = list[Session](), 0
    for session in newest_first:
        bars += len(session.bars)
        if len(sessions) >= LEAST_SESSIONS and bars > most:
            return sessions, session
        sessions.append(session)
    return sessions, None


def dated(session: Session, calendar: Calendar) -> Session:
    """The session with the exchange's session before it.

    If that wasn't stored, by an earlier release, or if the calendar has changed, its rows are to be written again.
    """
    previous = calendar.previous_session(session.date)
    return session if session.previous == previous else replace(session, previous=previous, rows=0)


def belong_together(mover: Mover | None, session: Session | None) -> bool:
    """Whether both items of a session exist and have the same revision."""
    return mover is not None and session is not None and mover.revision == session.revision


def revisions(mover: Mover | None, session: Session | None) -> tuple[int | None, int | None]:
    """The revisions of both items, `None` for one that doesn't exist."""
    return (mover.revision if mover else None), (session.revision if session else None)
