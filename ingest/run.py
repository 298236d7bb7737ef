"""What a run is asked, what it works with, and what it tells."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from api.records import Source
from api.store import Store
from ingest.archive import Archive
from ingest.calendar import Calendar, Ready
from ingest.feed import Channel
from ingest.providers import NotYetError, OutOfTimeError
from ingest.providers.massive import Massive
from ingest.publish import Site


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of a run: the usual window, or a backfill from `first` to `last`.

    `invalidate` is off where the caller does it, once, after several runs.
    """

    run: str
    first: date | None = None
    last: date | None = None
    invalidate: bool = True


@dataclass(frozen=True, slots=True)
class Ingest:
    """Everything a run works with."""

    store: Store
    archive: Archive
    site: Site
    provider: Massive
    calendar: Calendar
    watchlist: tuple[str, ...]
    source: Source
    ready: Ready
    window: int
    history_days: int
    channel: Channel


@dataclass(slots=True)
class Report:
    """What a run did, by session. `left` is for a later run, `failed` wants a person.

    `behind` are the sessions that viewers wait for: due for ten hours or more, and still not stored. `on_record` is
    how many sessions the table holds, `kept` how many files the run did not remove although their sessions are gone.
    """

    stored: list[date] = field(default_factory=list)
    corrected: list[date] = field(default_factory=list)
    checked: list[date] = field(default_factory=list)
    left: dict[date, str] = field(default_factory=dict)
    failed: dict[date, str] = field(default_factory=dict)
    behind: list[date] = field(default_factory=list)
    upstream_calls: int = 0
    published: int = 0
    on_record: int = 0
    kept: int = 0
    invalidation: str | None = None

    def note(self, failure: Exception, days: Iterable[date]) -> None:
        """Enter sessions that were not stored: those that only need time under `left`, the others under `failed`."""
        only_time = isinstance(failure, NotYetError | OutOfTimeError)
        (self.left if only_time else self.failed).update(dict.fromkeys(days, str(failure)))
