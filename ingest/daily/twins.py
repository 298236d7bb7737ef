"""Makes the files in the site bucket equal to the table.

A twin is written only if its bytes differ: the bucket's listing has the MD5 of every object. Twins are written in
parallel, except `movers.json`, which is next to last, and `status.json`, which is last: a viewer who sees a new status
finds everything it mentions.
"""

import csv
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from io import StringIO
from itertools import chain
from typing import Self

from api import documents, routes
from api.markets import Market
from api.records import Mover, Row, Session, Status, strict_date
from api.routes import Route
from api.store import Store
from ingest.daily import rows
from ingest.daily.feed import Channel, atom
from ingest.daily.run import Parts
from ingest.daily.stored import Stored
from ingest.parallel import call, in_parallel
from ingest.site import Twin, is_listed

HANDFUL = 5  # lost sessions that a run handles by itself, and stray files that it removes
AT_ONCE = 50  # tickers whose files every run compares; of a longer list, each is compared once a day
CHUNK = 64  # calls after which the sessions done so far are noted, so that a run that dies loses no more
LEAST_TURN = 2  # tickers whose rows in the table a run compares at least
NAMED = re.compile(rf"({routes.SESSION.head}|{routes.TICKER.head})/")


@dataclass(frozen=True, slots=True)
class Compare:
    """What a run compares besides the sessions it has read: the sessions of `days`, the files of `tickers`, and the
    table's rows of the tickers in `turn`. The rows of `rewritten` sessions are written again.
    """

    days: Collection[date]
    tickers: Collection[str]
    turn: Collection[str]
    rewritten: Collection[date] = ()

    @classmethod
    def of(
        cls,
        stored: Stored,
        market: Market,
        days: Iterable[date],
        written: Collection[date],
        now: datetime,
        *,
        thorough: bool,
        every_ticker: bool = False,
    ) -> Self:
        """The `days`, sessions written or without a twin, and tickers whose turn it is; everything if `thorough`."""
        without = {day for day in stored.by_day if thorough or day not in stored.published}
        older = without.union(days, written)
        known = tickers(stored, market)
        if thorough or every_ticker or any(day < stored.since for day in older):
            return cls(older, known, known)
        # If this run wrote no session but the list differs, somebody changed the table: compare all rows.
        usual = written or is_listed(history_twin(stored.movers), stored.listing)
        turn = turn_of(known, now) if usual else known
        shown = known if len(known) <= AT_ONCE else turn
        absent = [ticker for ticker in known if routes.TICKER.key(ticker) not in stored.listing]
        sessions = filter(None, map(stored.session_by_day.get, written))
        moved = (ticker for session in sessions for ticker in {*session.bars, *session.gone})
        return cls(older, sorted({*shown, *absent, *moved}), turn)

    def is_pending(self, session: Session) -> bool:
        """Whether the session's rows are to be written."""
        return session.rows != session.revision or session.date in self.rewritten


@dataclass(slots=True)
class Published:
    """What publishing did: the keys it `changed`, and the session files it `kept` although the table has no session."""

    changed: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)

    @property
    def to_drop(self) -> bool:
        """Whether the CDN must be invalidated. Not for a new status alone: its cached copy expires within minutes."""
        return any(key != routes.STATUS.key() for key in self.changed)


def publish(parts: Parts, stored: Stored, compare: Compare, channel: Channel, status: Status) -> Published:
    """Make the twins equal to the table, the status last.

    This also corrects the table's ticker rows. If more than a handful of sessions are lost from the table, the lists
    and the tickers' files stay as they are.
    """
    publishing = Publishing(parts, stored, compare)
    kept = [routes.SESSION.key(day) for day in sorted(stored.published) if day not in stored.by_day]
    jobs, last = publishing.of_sessions()
    if not stored.whole:
        # Tickers' files may need the rows of older sessions, which are read from the table.
        publishing.do(jobs)
        jobs.clear()
    if len(kept) <= HANDFUL:
        *lists, movers = overview(stored.movers, channel)
        puts = (partial(publishing.put, twin) for twin in lists)
        publishing.do(chain(jobs, publishing.of_tickers(), puts))
        # The API would answer these with 404. Any more wait for the next run.
        strays = sorted([*_strays(stored, channel.market), *publishing.pastless])[:HANDFUL]
        last += [partial(publishing.put, movers), *(partial(publishing.remove, key) for key in strays)]
    else:
        publishing.do(jobs)
    if status != stored.status:
        last.append(partial(parts.record.put_status, status))
    publishing.do(last)
    publishing.do([partial(publishing.put, status_twin(status, channel.market))])
    return Published(publishing.changed, kept)


Job = Callable[[], object]
"""A call to make. It returns the key of the file it changed, if any."""


@dataclass(slots=True)
class Publishing:
    """Makes the calls to AWS, in parallel.

    `changed` has the keys of the files written or removed, `pastless` those of tickers that are in no session.
    """

    parts: Parts
    stored: Stored
    compare: Compare
    changed: list[str] = field(default_factory=list)
    pastless: list[str] = field(default_factory=list)

    def do(self, jobs: Iterable[Job]) -> None:
        done = in_parallel(call, jobs, self.parts.width)
        self.changed += (key for key in done if isinstance(key, str))

    def put(self, twin: Twin) -> str | None:
        return twin.key if self.parts.site.put(twin, self.stored.listing) else None

    def remove(self, key: str) -> str:
        self.parts.site.remove(key)
        return key

    def of_sessions(self) -> tuple[list[Job], list[Job]]:
        """Write the sessions' rows and files, chunk by chunk, and note that the rows are written.

        Returns the calls of the last chunk and its notes, which must come after them.
        """
        record, jobs, notes = self.parts.record, list[Job](), list[Job]()
        for mover, session in sessions(record, self.stored, self.compare.days):
            if len(jobs) >= CHUNK:
                self.do(jobs)
                self.do(notes)
                jobs, notes = [], []
            if self.compare.is_pending(session):
                jobs += rows.writes(record, session, mover.ticker)
                notes.append(partial(record.rows_written, session.date, session.revision))
            jobs.append(partial(self.put, session_twin(mover, session)))
        return jobs, notes

    def of_tickers(self) -> Iterator[Job]:
        """Write the tickers' files. The table is read for those in turn, and where the sessions aren't enough."""
        pending = {session.date for session in self.stored.sessions if self.compare.is_pending(session)}
        pasts = rows.Pasts.of(self.parts.record, self.stored, pending)
        for ticker in self.compare.tickers:
            past = pasts.known(ticker)
            if past is None:
                yield partial(self._mend, ticker, pasts)
                continue
            if ticker in self.compare.turn:
                yield partial(pasts.mend, self.parts.record, ticker)
            yield partial(self.put, ticker_twin(ticker, past))

    def _mend(self, ticker: str, pasts: rows.Pasts) -> str | None:
        """Correct a ticker's rows in the table, and its file."""
        if past := pasts.mend(self.parts.record, ticker):
            return self.put(ticker_twin(ticker, past))
        if (key := routes.TICKER.key(ticker)) in self.stored.listing:
            self.pastless.append(key)
        return None


def turn_of(tickers: Sequence[str], now: datetime) -> Sequence[str]:
    """The tickers to compare in this hour, two or more: all are compared within a day."""
    count = max(LEAST_TURN, -(-len(tickers) // 24))
    start = int(now.timestamp()) // 3600 * count
    return [tickers[(start + each) % len(tickers)] for each in range(min(count, len(tickers)))]


def sessions(store: Store, stored: Stored, days: Collection[date]) -> Iterator[tuple[Mover, Session]]:
    """The sessions that were read and those of `days`, each with its mover, without those that don't match.

    Older ones are read page by page.
    """
    older = {day for day in days if day < stored.since and day in stored.by_day}
    between = store.sessions_between(min(older), max(older)) if older else ()
    for session in chain(stored.sessions, (session for session in between if session.date in older)):
        mover = stored.by_day.get(session.date)
        if mover and mover.revision == session.revision:
            yield mover, session


def twins(store: Store, stored: Stored, symbols: Iterable[str], channel: Channel) -> Iterator[Twin]:
    """Every twin but the status, made from the table."""
    for mover, session in sessions(store, stored, stored.by_day):
        yield session_twin(mover, session)
    for symbol in symbols:
        if past := store.ticker(symbol, documents.TICKER_SESSIONS):
            yield ticker_twin(symbol, past)
    yield from overview(stored.movers, channel)


def session_twin(mover: Mover, session: Session) -> Twin:
    return _twin(routes.SESSION, documents.session(mover, session), mover.date)


def ticker_twin(ticker: str, past: Sequence[Row]) -> Twin:
    return _twin(routes.TICKER, documents.ticker(ticker, past), ticker)


def overview(movers: Sequence[Mover], channel: Channel) -> Iterator[Twin]:
    """The lists of winners, `movers.json` last."""
    yield Twin(routes.CSV.key, _csv(movers), routes.CSV.content_type)
    yield Twin(routes.FEED.key, atom(movers, channel), routes.FEED.content_type)
    yield history_twin(movers)
    yield _twin(routes.MOVERS, documents.movers(movers[: documents.LATEST_MOVERS]))


def history_twin(movers: Iterable[Mover]) -> Twin:
    return _twin(routes.HISTORY, documents.movers(movers))


def status_twin(status: Status | None, market: Market) -> Twin:
    return _twin(routes.STATUS, documents.status(status, market))


def tickers(stored: Stored, market: Market) -> list[str]:
    """Every ticker with a bar in a session that was read, or with a published file."""
    named = map(routes.TICKER.read, stored.listing)
    published = (ticker for ticker in named if ticker and market.ticker.fullmatch(ticker))
    return sorted({*published, *(ticker for session in stored.sessions for ticker in session.bars)})


def _twin(route: Route, body: bytes, value: object = "") -> Twin:
    return Twin(route.key(value), body, cache_control=route.cache_control)


def _strays(stored: Stored, market: Market) -> list[str]:
    """Files in the folders of sessions and tickers whose names are neither's."""
    return [key for key in stored.listing if NAMED.match(key) and not published_name(key, market)]


def published_name(key: str, market: Market) -> bool:
    """Whether a session's or a ticker's file may have this name."""
    day, ticker = routes.SESSION.read(key), routes.TICKER.read(key)
    return bool((day and strict_date(day)) or (ticker and market.ticker.fullmatch(ticker)))


def _csv(movers: Iterable[Mover]) -> bytes:
    """Every winner in the four-field form, newest first."""
    text = StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["Date", "Ticker", "PercentChange", "ClosingPrice"])
    for mover in movers:
        rows.writerow(
            [mover.date, mover.ticker, *map(documents.number, (mover.percent_change, mover.closing_price))]
        )
    return text.getvalue().encode()
