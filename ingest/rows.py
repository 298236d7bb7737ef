"""The ticker rows: written behind each session, and kept equal to the sessions."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from api import resources
from api.records import Row, Session, rows
from api.store import Store
from ingest.stored import Stored


def write(store: Store, session: Session, winner: str, replaced: Session | None = None) -> None:
    """Write the rows of a session that is stored, and delete those that only the session it replaced had."""
    gone = set(replaced.bars) - set(session.bars) if replaced else set()
    store.write_rows(rows(session, winner), [(ticker, session.date) for ticker in gone])
    store.rows_written(session.date, session.revision)


@dataclass(frozen=True, slots=True)
class Pasts:
    """The tickers' rows as the sessions of `days` want them; of other days, the table's own rows stand."""

    store: Store
    days: Collection[date]
    wanted: Mapping[str, Mapping[date, Row]]

    @classmethod
    def of(cls, store: Store, stored: Stored) -> "Pasts":
        """Those that the sessions which were read want, where session and mover belong together."""
        wanted: defaultdict[str, dict[date, Row]] = defaultdict(dict)
        days = set(stored.session_by_day) - stored.torn
        for day in days:
            for row in rows(stored.session_by_day[day], stored.by_day[day].ticker):
                wanted[row.ticker][day] = row
        return cls(store, days, wanted)

    def mended(self, ticker: str) -> list[Row]:
        """A ticker's newest rows, newest first. What is missing, wrong or too much in the table is put right."""
        wrong, stale, past = self.compared(ticker)
        if wrong or stale:
            self.store.write_rows(wrong, [(ticker, day) for day in stale])
        return past

    def compared(self, ticker: str) -> tuple[list[Row], list[date], list[Row]]:
        """The rows that are missing or wrong, the days of those that are too much, and the rows as they should be."""
        found = {row.date: row for row in self.store.ticker(ticker, resources.TICKER_SESSIONS)}
        oldest = min(found) if len(found) == resources.TICKER_SESSIONS else date.min
        wanted = {day: row for day, row in self.wanted.get(ticker, {}).items() if day >= oldest}
        wrong = [row for day, row in wanted.items() if found.get(day) != row]
        stale = [day for day in found if day in self.days and day not in wanted]
        past = {day: row for day, row in (found | wanted).items() if day not in stale}
        return wrong, stale, [past[day] for day in sorted(past, reverse=True)[: resources.TICKER_SESSIONS]]
