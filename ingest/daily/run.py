"""A run's request, rules, clients and report."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from api.markets import Market
from api.records import Source
from api.watchlists import Watchlists
from ingest.archive import Archive
from ingest.calendar import Calendar, Ready
from ingest.daily import holes, plan
from ingest.daily.feed import Channel
from ingest.daily.judge import IncompleteSessionError
from ingest.daily.record import Record
from ingest.lease import Leases
from ingest.parallel import WIDTH
from ingest.providers import LaterError, OutOfPlanError, Provider
from ingest.site import Site

STALE_AFTER_READY = timedelta(hours=10)


@dataclass(frozen=True, slots=True)
class Request:
    """What a run shall do: the usual window, or a backfill from `first` to `last`.

    With `again`, a backfill reads stored sessions again too. `invalidate` is off if the caller invalidates once, after
    several runs.
    """

    run: str
    first: date | None = None
    last: date | None = None
    invalidate: bool = True
    again: bool = False


@dataclass(frozen=True, slots=True)
class Rules:
    """Which sessions there should be and how they are judged: values only. `excused` has reasons by day and ticker."""

    market: Market
    calendar: Calendar
    watchlists: Watchlists
    excused: Mapping[date, Mapping[str, str]]
    source: Source
    ready: Ready
    window: int
    history_days: int
    recheck_after: timedelta
    channel: Channel

    def excuses(self, day: date) -> Mapping[str, str]:
        """Why tickers need no bar on a day."""
        return self.excused.get(day, {})

    def horizon(self, now: datetime) -> plan.Horizon:
        """The days that can be requested."""
        return plan.horizon(self.calendar, self.ready, self.history_days, now, self.watchlists.first)

    def stale_after(self, day: date) -> datetime:
        """When the data counts as late if this session is missing."""
        return self.calendar.ready_at(day, self.ready) + STALE_AFTER_READY

    def terms(self, day: date) -> str:
        """A digest of what a session is judged by today."""
        return holes.terms(self.watchlists.on(day), self.excuses(day))


@dataclass(frozen=True, slots=True)
class Parts:
    """The clients of a run. `time_left` returns the seconds until it must publish; `width` is how many requests to AWS
    may be in flight.
    """

    record: Record
    archive: Archive
    site: Site
    provider: Provider
    leases: Leases
    time_left: Callable[[], float]
    width: int = WIDTH


@dataclass(slots=True)
class Report:
    """What a run did, by session. `left` are for a later run, `failed` need a person.

    `unfilled` are holes that an earlier run has reported. `already_stored` counts the requested sessions that were
    stored before. `tickers_read` counts the fetched tickers whose bars were all usable, `tickers_failed` the others.
    `behind` are sessions that are overdue: ready for more than ten hours, and still not stored. `on_record` counts all
    stored sessions, `kept` the published files without a stored session.
    """

    stored: list[date] = field(default_factory=list)
    corrected: list[date] = field(default_factory=list)
    checked: list[date] = field(default_factory=list)
    mended: list[date] = field(default_factory=list)
    left: dict[date, str] = field(default_factory=dict)
    failed: dict[date, str] = field(default_factory=dict)
    unfilled: dict[date, str] = field(default_factory=dict)
    behind: list[date] = field(default_factory=list)
    already_stored: int = 0
    tickers_read: int = 0
    tickers_failed: int = 0
    upstream_calls: int = 0
    published: int = 0
    on_record: int = 0
    kept: int = 0
    invalidation: str | None = None

    @property
    def written(self) -> set[date]:
        """The sessions that this run wrote."""
        return {*self.stored, *self.corrected, *self.mended}

    def forget_what_is_mended(self) -> None:
        """Remove from `failed` the sessions that couldn't be repaired but were then fetched."""
        for day in self.written:
            self.failed.pop(day, None)

    def sort(self) -> None:
        """Sort the sessions, oldest first."""
        for days in (self.stored, self.corrected, self.checked):
            days.sort()
        self.left, self.failed, self.unfilled = (
            dict(sorted(each.items())) for each in (self.left, self.failed, self.unfilled)
        )

    def note(self, failure: Exception, days: Iterable[date]) -> None:
        """Enter sessions that weren't stored.

        Those that only need time are `left`. Those that the provider's answers don't fill are `unfilled`, until it is
        clear whether an earlier run reported them. All others are `failed`.
        """
        match failure:
            case LaterError():
                entered = self.left
            case IncompleteSessionError() | OutOfPlanError():
                entered = self.unfilled
            case _:
                entered = self.failed
        entered.update(dict.fromkeys(days, str(failure)))
