"""The ticker rows: written after each session, and kept equal to the sessions."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import partial

from api import documents
from api.records import Row, Session, rows
from api.store import Store
from ingest.daily.record import BATCH, Record
from ingest.daily.stored import Stored


def succeeding(session: Session, replaced: Session | None) -> Session:
    """The session ready to replace another: with the tickers whose rows must go, and the old splits if it has none."""
    before = {*replaced.bars, *replaced.gone} if replaced else set()
    splits = replaced.splits if session.splits is None and replaced else session.splits
    return replace(session, gone=tuple(sorted(before - set(session.bars))), splits=splits)


def writes(record: Record, session: Session, winner: str) -> Iterator[Callable[[], None]]:
    """The calls, in any order, that write a session's ticker rows and delete those that only the session it replaced
    had.
    """
    fresh = rows(session, winner)
    for start in range(0, len(fresh), BATCH):
        yield partial(record.write_rows, fresh[start : start + BATCH])
    if session.gone:
        yield partial(record.write_rows, (), [(ticker, session.date) for ticker in session.gone])


@dataclass(frozen=True, slots=True)
class Pasts:
    """The ticker rows that the sessions read require. Rows of other days stay as they are in the table: days older than
    those read, torn sessions, and lost sessions with a published file, which may be restored. The rows of `pending`
    sessions are being written and aren't compared.
    """

    store: Store
    stored: Stored
    wanted: Mapping[str, Mapping[date, Row]]
    pending: Collection[date] = ()

    @classmethod
    def of(cls, store: Store, stored: Stored, pending: Collection[date] = ()) -> "Pasts":
        """Made from the sessions that were read and match their movers."""
        wanted: defaultdict[str, dict[date, Row]] = defaultdict(dict)
        days = set(stored.session_by_day) - stored.torn
        for day in days:
            for row in rows(stored.session_by_day[day], stored.by_day[day].ticker):
                wanted[row.ticker][day] = row
        return cls(store, stored, wanted, pending)

    def known(self, ticker: str) -> list[Row] | None:
        """A ticker's newest rows, newest first, from the sessions alone; `None` if the table has to be read."""
        wanted = self.wanted.get(ticker, {})
        enough = self.stored.whole or len(wanted) >= documents.TICKER_SESSIONS
        return _newest(wanted) if wanted and enough and not self._may_be_restored else None

    def mend(self, record: Record, ticker: str) -> list[Row]:
        """A ticker's newest rows, newest first, after correcting missing, wrong and surplus rows in the table."""
        wrong, stale, past = self.compared(ticker)
        if wrong or stale:
            record.write_rows(wrong, [(ticker, day) for day in stale])
        return past

    def compared(self, ticker: str) -> tuple[list[Row], list[date], list[Row]]:
        """Rows that are missing or wrong, days of surplus rows, and the rows as they should be, newest first."""
        found = {row.date: row for row in self.store.ticker(ticker, documents.TICKER_SESSIONS)}
        oldest = min(found) if len(found) == documents.TICKER_SESSIONS else date.min
        wanted = {day: row for day, row in self.wanted.get(ticker, {}).items() if day >= oldest}
        wrong = [row for day, row in wanted.items() if found.get(day) != row and day not in self.pending]
        stale = [day for day in found if day not in wanted and self._is_known(day)]
        past = {day: row for day, row in (found | wanted).items() if day not in stale}
        return wrong, stale, _newest(past)

    @property
    def _may_be_restored(self) -> bool:
        """Whether the table may have rows of sessions that are torn or lost."""
        return bool(self.stored.torn) or not self.stored.published <= self.stored.by_day.keys()

    def _is_known(self, day: date) -> bool:
        """Whether it is known which rows a day should have."""
        if day < self.stored.since or day in self.stored.torn:
            return False
        return day in self.stored.session_by_day or day not in self.stored.published


def _newest(past: Mapping[date, Row]) -> list[Row]:
    return [past[day] for day in sorted(past, reverse=True)[: documents.TICKER_SESSIONS]]
