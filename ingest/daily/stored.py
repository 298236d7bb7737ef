"""What table and bucket hold, gathered at the beginning of a run."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property

from api import routes
from api.records import Hole, Mover, Session, Status, strict_date
from api.store import Store
from ingest.site import Listing

LEAST_SESSIONS = 30
MOST_BARS = 25_000  # about 20 MB; sixteen years of six tickers, the latest sessions of 800 and more

Halves = tuple[Mover | None, Session | None]
"""The two items of a session, as they stand."""


def sessions_to_read(tickers: int) -> int:
    """How many sessions of a watchlist of this length a run reads."""
    return max(LEAST_SESSIONS, MOST_BARS // max(1, tickers))


@dataclass(frozen=True)
class Stored:
    """All movers and the latest sessions, newest first, and what is published. `whole` tells that all sessions were
    read; of those that were not, `older` has some.
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
        """The day from which on every session was read."""
        return date.min if self.whole else self.sessions[-1].date

    @cached_property
    def torn(self) -> frozenset[date]:
        """The days on which the mover or the session is lost, or the two are of different revisions."""
        days = {day for day in self.by_day if day >= self.since} | set(self.session_by_day)
        return frozenset(day for day in days if not belong_together(*self.halves(day)))

    @cached_property
    def published(self) -> frozenset[date]:
        """The days that have a published file of their own."""
        values = (routes.SESSION.read(key) for key in self.listing)
        return frozenset(day for value in values if value and (day := strict_date(value)))

    @property
    def holes(self) -> Mapping[date, Hole]:
        return self.status.holes if self.status else {}

    def halves(self, day: date) -> Halves:
        """The mover and the session of a day that was read."""
        if day in self.older:
            return self.older[day]
        return self.by_day.get(day), self.session_by_day.get(day)

    def with_older(self, store: Store, days: Iterable[date]) -> "Stored":
        """The same with the halves of these days, should they be older than the sessions that were read."""
        return replace(self, older={day: store.halves(day) for day in days if day < self.since})


def gather(store: Store, listing: Listing, most_bars: int | None = None) -> Stored:
    """Read movers and status, and as many sessions as fit into memory with ease, or as have no more than
    `most_bars`.
    """
    most_bars = MOST_BARS if most_bars is None else most_bars
    sessions, bars, whole = list[Session](), 0, True
    for session in store.sessions_between(date.min, date.max):
        bars += len(session.bars)
        if len(sessions) >= LEAST_SESSIONS and bars > most_bars:
            whole = False
            break
        sessions.append(session)
    return Stored(store.movers(), sessions, store.status(), listing, whole)


def belong_together(mover: Mover | None, session: Session | None) -> bool:
    """Whether both items of a session are there, and of one revision."""
    return mover is not None and session is not None and mover.revision == session.revision


def revisions(mover: Mover | None, session: Session | None) -> tuple[int | None, int | None]:
    """The revisions of both items, `None` for one that is not there."""
    return (mover.revision if mover else None), (session.revision if session else None)
