"""The ticker rows: written behind each session, and kept equal to the sessions."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from api import documents
from api.records import Row, Session, rows
from api.store import Store
from ingest.daily.record import Record
from ingest.daily.stored import Stored


def succeeding(session: Session, replaced: Session | None) -> Session:
    """The session as it replaces another, with its splits, and the tickers whose rows have to be deleted for it."""
    before = {*replaced.bars, *replaced.gone} if replaced else set()
    splits = replaced.splits if session.splits is None and replaced else session.splits
    return replace(session, gone=tuple(sorted(before - set(session.bars))), splits=splits)


def write(record: Record, session: Session, winner: str) -> None:
    """Write the rows of a session that is stored, and delete those that only the session it replaced had."""
    record.write_rows(rows(session, winner), [(ticker, session.date) for ticker in session.gone])
    record.rows_written(session.date, session.revision)


@dataclass(frozen=True, slots=True)
class Pasts:
    """The tickers' rows as the sessions that were read want them. Of older days the table's own rows stand, and of
    sessions that are torn, or lost while their file is published: these may come back.
    """

    store: Store
    stored: Stored
    wanted: Mapping[str, Mapping[date, Row]]

    @classmethod
    def of(cls, store: Store, stored: Stored) -> "Pasts":
        """Those that the sessions which were read want, where session and mover belong together."""
        wanted: defaultdict[str, dict[date, Row]] = defaultdict(dict)
        days = set(stored.session_by_day) - stored.torn
        for day in days:
            for row in rows(stored.session_by_day[day], stored.by_day[day].ticker):
                wanted[row.ticker][day] = row
        return cls(store, stored, wanted)

    def mended(self, record: Record, ticker: str) -> list[Row]:
        """A ticker's newest rows, newest first. What is missing, wrong or too much in the table is put right."""
        wrong, stale, past = self.compared(ticker)
        if wrong or stale:
            record.write_rows(wrong, [(ticker, day) for day in stale])
        return past

    def compared(self, ticker: str) -> tuple[list[Row], list[date], list[Row]]:
        """The rows that are missing or wrong, the days of those that are too much, and the rows as they should be."""
        found = {row.date: row for row in self.store.ticker(ticker, documents.TICKER_SESSIONS)}
        oldest = min(found) if len(found) == documents.TICKER_SESSIONS else date.min
        wanted = {day: row for day, row in self.wanted.get(ticker, {}).items() if day >= oldest}
        wrong = [row for day, row in wanted.items() if found.get(day) != row]
        stale = [day for day in found if day not in wanted and self._is_known(day)]
        past = {day: row for day, row in (found | wanted).items() if day not in stale}
        return wrong, stale, [past[day] for day in sorted(past, reverse=True)[: documents.TICKER_SESSIONS]]

    def _is_known(self, day: date) -> bool:
        """Whether it is known which rows a day has."""
        if day < self.stored.since or day in self.stored.torn:
            return False
        return day in self.stored.session_by_day or day not in self.stored.published
