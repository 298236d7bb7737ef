"""What is in the table and the bucket when a run starts."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property, partial
from typing import Any

from api import routes
from api.records import Hole, Mover, Session, Status, strict_date
from api.store import Store
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
    read. If not, `older` has the items of further days that the run needs.
    """

    movers: list[Mover]
    sessions: list[Session]
    status: Status | None
    listing: Listing
    whole: bool
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

    @property
    def holes(self) -> Mapping[date, Hole]:
        return self.status.holes if self.status else {}

    def halves(self, day: date) -> Halves:
        """A day's mover and session, as read."""
        if day in self.older:
            return self.older[day]
        return self.by_day.get(day), self.session_by_day.get(day)

    def with_older(self, store: Store, days: Iterable[date]) -> "Stored":
        """Add the items of those of these days that are older than the sessions read."""
        return replace(self, older={day: store.halves(day) for day in days if day < self.since})


def gather(
    store: Store, listing: Callable[[], Listing], most_bars: int | None = None, width: int = WIDTH
) -> Stored:
    """Read all movers, the status, the bucket's listing, and the latest sessions: at least `LEAST_SESSIONS`, beyond
    those only while their bars don't exceed `most_bars` (default: `MOST_BARS`, to limit memory).
    """
    latest = partial(latest_sessions, store, MOST_BARS if most_bars is None else most_bars)
    reads: tuple[Callable[[], Any], ...] = (latest, store.movers, store.status, listing)
    (sessions, whole), movers, status, published = in_parallel(call, reads, width)
    return Stored(movers, sessions, status, published, whole)


def latest_sessions(store: Store, most_bars: int) -> tuple[list[Session], bool]:
    """The latest sessions, and whether they are all sessions."""
    sessions, bars = list[Session](), 0
    for session in store.sessions_between(date.min, date.max):
        bars += len(session.bars)
        if len(sessions) >= LEAST_SESSIONS and bars > most_bars:
            return sessions, False
        sessions.append(session)
    return sessions, True


def belong_together(mover: Mover | None, session: Session | None) -> bool:
    """Whether both items of a session exist and have the same revision."""
    return mover is not None and session is not None and mover.revision == session.revision


def revisions(mover: Mover | None, session: Session | None) -> tuple[int | None, int | None]:
    """The revisions of both items, `None` for one that doesn't exist."""
    return (mover.revision if mover else None), (session.revision if session else None)
