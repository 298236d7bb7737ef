"""What a run is asked, by what rules it judges, what it works with, and what it tells."""

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
from ingest.providers import LaterError, OutOfPlanError, Provider
from ingest.site import Site

STALE_AFTER_READY = timedelta(hours=10)


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of a run: the usual window, or a backfill from `first` to `last`.

    `again` reads the stored sessions of a backfill again too. `invalidate` is off where the caller does it, once, after
    several runs.
    """

    run: str
    first: date | None = None
    last: date | None = None
    invalidate: bool = True
    again: bool = False


@dataclass(frozen=True, slots=True)
class Rules:
    """What sessions there should be, and by what they are judged: values. `excused` gives reasons by day and ticker."""

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
        """The days that can be asked for."""
        return plan.horizon(self.calendar, self.ready, self.history_days, now, self.watchlists.first)

    def stale_after(self, day: date) -> datetime:
        """When data without this session is late."""
        return self.calendar.ready_at(day, self.ready) + STALE_AFTER_READY

    def terms(self, day: date) -> str:
        """What a missing session is judged by today, as a digest."""
        return holes.terms(self.watchlists.on(day), self.excuses(day))


@dataclass(frozen=True, slots=True)
class Parts:
    """What a run works with: clients. `time_left` are the seconds it has before it has to publish."""

    record: Record
    archive: Archive
    site: Site
    provider: Provider
    leases: Leases
    time_left: Callable[[], float]


@dataclass(slots=True)
class Report:
    """What a run did, by session. `left` is for a later run, `failed` wants a person.

    `unfilled` are holes of which an earlier run has told already. `already_stored` counts the sessions that were found
    in place, `tickers_read` and `tickers_failed` the tickers that the provider was asked for, by whether each of their
    bars could be believed. `behind` are the sessions that viewers wait for: due for ten hours or more, and still not
    stored. `on_record` counts all stored sessions, `kept` the published files that no stored session stands behind.
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
        """The sessions that this run has written."""
        return {*self.stored, *self.corrected, *self.mended}

    def forget_what_is_mended(self) -> None:
        """Take sessions out of `failed` that failed to be mended before and have been fetched since."""
        for day in self.written:
            self.failed.pop(day, None)

    def sort(self) -> None:
        """Put the sessions of each list in order, oldest first."""
        for days in (self.stored, self.corrected, self.checked):
            days.sort()
        self.left, self.failed, self.unfilled = (
            dict(sorted(each.items())) for each in (self.left, self.failed, self.unfilled)
        )

    def note(self, failure: Exception, days: Iterable[date]) -> None:
        """Enter sessions that were not stored.

        Those that only need time are `left`. Those that the provider's answer does not fill are `unfilled`: whether
        anybody has to hear of them depends on what earlier runs have told. All others have `failed`.
        """
        match failure:
            case LaterError():
                entered = self.left
            case IncompleteSessionError() | OutOfPlanError():
                entered = self.unfilled
            case _:
                entered = self.failed
        entered.update(dict.fromkeys(days, str(failure)))
