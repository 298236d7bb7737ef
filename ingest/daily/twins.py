"""Makes the files in the site bucket equal to the table.

A twin is written only if its bytes differ: the bucket's listing has the MD5 of every object. Twins are written in
parallel, except `movers.json`, which is next to last, and `status.json`, which is last: a viewer who sees a new status
finds everything it mentions.
"""

import csv
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cached_property, partial
from io import StringIO
from itertools import chain, islice, pairwise
from typing import Any, Self

from api import documents, records, routes
from api.markets import Market
from api.records import Mover, Row, Session, Status, strict_date
from api.routes import Route
from api.store import Store
from ingest.calendar import Calendar
from ingest.daily import rows
from ingest.daily.feed import Channel, atom
from ingest.daily.pages import SPARK_SESSIONS, Pages
from ingest.daily.run import Parts, Rules
from ingest.daily.stored import Stored, dated, latest_sessions
from ingest.parallel import call, in_parallel
from ingest.site import Twin, is_listed

HANDFUL = 5  # lost sessions that a run handles by itself, and stray files that it removes
AT_ONCE = 50  # tickers whose files every run compares; of a longer list, each is compared once a day
PAGES = 30  # sessions whose pages every run compares
CHUNK = 64  # calls after which the sessions done so far are noted, so that a run that dies loses no more
LEAST_TURN = 2  # tickers whose rows in the table a run compares at least
NAMED = re.compile(rf"({routes.SESSION.head}|{routes.TICKER.head}|{routes.DAY.head})/")


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
        """The `days`, sessions without a twin, those from the first one written on (each is compared with the sessions
        before it), and tickers whose turn it is; everything if `thorough`.
        """
        # If this run wrote no session but the list differs, somebody changed the table: compare everything.
        thorough = thorough or not (written or is_listed(history_twin(stored.movers), stored.listing))
        since = min(written, default=date.max)
        without = {day for day in stored.by_day if thorough or day >= since or day not in stored.published}
        older = without.union(days)
        if earlier := [day for day in stored.by_day if day < since and written]:
            older.add(max(earlier))  # its page has a link to the first one written
        known = tickers(stored, market)
        if thorough or every_ticker or any(day < stored.since for day in older):
            return cls(older, known, known)
        turn = turn_of(known, now)
        shown = known if len(known) <= AT_ONCE else turn
        absent = [ticker for ticker in known if routes.TICKER.key(ticker) not in stored.listing]
        pending = (session for session in stored.sessions if session.rows != session.revision)
        moved = (ticker for session in pending for ticker in {*session.bars, *session.gone})
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


def publish(parts: Parts, rules: Rules, stored: Stored, compare: Compare, status: Status) -> Published:
    """Make the twins equal to the table, the status last.

    This also corrects the table's ticker rows. If more than a handful of sessions are lost from the table, only files
    of sessions just written change: the lists, the tickers' files and the other sessions' tell of those lost.
    """
    channel = rules.channel
    kept = [routes.SESSION.key(day) for day in sorted(stored.published) if day not in stored.by_day]
    pages = Pages(channel)
    publishing = Publishing(parts, rules.calendar, stored, compare, pages, shrunk=len(kept) > HANDFUL)
    jobs, last = publishing.of_sessions()
    if not stored.whole:
        # Tickers' files may need the rows of older sessions, which are read from the table.
        publishing.do(jobs)
        jobs.clear()
    if not publishing.shrunk:
        *lists, movers = overview(stored.movers, channel)
        measures = measures_twin(whole(stored, stored.sessions, stored.before))
        puts = (partial(publishing.put, twin) for twin in chain(lists, [measures], pages.fixed()))
        publishing.do(chain(jobs, publishing.of_tickers(), puts))
        # The API would answer these with 404. Any more wait for the next run.
        strays = sorted([*_strays(stored, channel.market), *publishing.pastless])[:HANDFUL]
        last.append(partial(publishing.put, movers))
        if publishing.newest or not stored.movers:
            last.append(partial(publishing.put, pages.latest(movers.body, *publishing.newest)))
        if publishing.newest:
            last.append(partial(publishing.put, pages.badge(publishing.newest[0])))
        last += (partial(publishing.remove, key) for key in strays)
        status = replace(status, pages=pages.digest)
    else:
        publishing.do(jobs)
    if status != stored.status:
        last.append(partial(parts.record.put_status, status))
    publishing.do(last)
    publishing.do([partial(publishing.put, status_twin(status, channel.market))])
    return Published(publishing.changed, kept)


Job = Callable[[], object]
"""A call to make. It returns the key of the file it changed, if any."""

Whole = tuple[Mover, Session, Session | None]
"""A session's two items, which match, and the session stored before it."""


@dataclass
class Publishing:
    """Makes the calls to AWS, in parallel. `shrunk`: more sessions are lost from the table than a run handles.

    `newest` is the newest session's file with the latest rows of its winner, `changed` has the keys of the files
    written or removed, `pastless` those of tickers that are in no session.
    """

    parts: Parts
    calendar: Calendar
    stored: Stored
    compare: Compare
    pages: Pages
    shrunk: bool
    newest: tuple[bytes, Sequence[Row]] | tuple[()] = ()
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
        for mover, session, before in self._sessions():
            if len(jobs) >= CHUNK:
                self.do(jobs)
                self.do(notes)
                jobs, notes = [], []
            pending = self.compare.is_pending(session)
            if pending:
                jobs += rows.writes(record, session, mover.ticker)
                notes.append(partial(record.rows_written, session))
            if pending or not self.shrunk:
                twin = session_twin(mover, session, before, self.stored.earlier(session.date))
                jobs.append(partial(self.put, twin))
                if mover is self.stored.movers[0]:
                    self.newest = twin.body, latest_rows(self.stored, mover.ticker)
                if session.date in self._paged:
                    jobs.append(partial(self.put_page, mover, twin))
        return jobs, notes

    def put_page(self, mover: Mover, twin: Twin) -> str | None:
        """Write the page of a session, whose file is given."""
        page = self.pages.day(twin.body, *self.stored.neighbours(mover.date))
        return self.put(page)

    @cached_property
    def _paged(self) -> Collection[date]:
        """The sessions whose pages are compared: the latest, and those that are compared for another reason."""
        latest = (mover.date for mover in self.stored.movers[:PAGES])
        return {*latest, *self.compare.days}

    def _sessions(self) -> Iterator[Whole]:
        """The sessions that were read, and those of `compare.days`; older ones are read page by page."""
        stored = self.stored
        yield from whole(stored, stored.sessions, stored.before)
        if older := {day for day in self.compare.days if day < stored.since and day in stored.by_day}:
            first = self.calendar.previous_session(min(older))
            between = self.parts.record.sessions_between(first, max(older))
            found = whole(stored, (dated(session, self.calendar) for session in between))
            yield from (each for each in found if each[1].date in older)

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


def latest_rows(stored: Stored, ticker: str) -> list[Row]:
    """A ticker's rows in the sessions that were read, newest first: as many as the front page shows."""
    found = (
        session for session in stored.sessions if ticker in session.bars and session.date in stored.by_day
    )
    return [
        row
        for session in islice(found, SPARK_SESSIONS)
        for row in records.rows(session, stored.by_day[session.date].ticker)
        if row.ticker == ticker
    ]


def turn_of(tickers: Sequence[str], now: datetime) -> Sequence[str]:
    """The tickers to compare in this hour, two or more: all are compared within a day."""
    count = max(LEAST_TURN, -(-len(tickers) // 24))
    start = int(now.timestamp()) // 3600 * count
    return [tickers[(start + each) % len(tickers)] for each in range(min(count, len(tickers)))]


def whole(stored: Stored, newest_first: Iterable[Session], last: Session | None = None) -> Iterator[Whole]:
    """The sessions that match their movers. The one stored before the last of them is `last`."""
    for session, before in pairwise(chain(newest_first, (last,))):
        mover = stored.by_day.get(session.date) if session else None
        if session and mover and mover.revision == session.revision:
            yield mover, session, before


def twins(store: Store, stored: Stored, symbols: Iterable[str], channel: Channel) -> Iterator[Twin]:
    """Every file but the status, made from the table. `stored` must have all its sessions.

    Two of the files cover only the sessions that a run reads.
    """
    pages, newest = Pages(channel), tuple[Any, ...]()
    read, last = latest_sessions(stored.sessions)
    for mover, session, before in whole(stored, stored.sessions):
        twin = session_twin(mover, session, before, stored.earlier(session.date))
        yield from (twin, pages.day(twin.body, *stored.neighbours(session.date)))
        newest = newest or (twin.body, latest_rows(replace(stored, sessions=read), mover.ticker))
    for symbol in symbols:
        if past := store.ticker(symbol, documents.TICKER_SESSIONS):
            yield ticker_twin(symbol, past)
    *lists, movers = overview(stored.movers, channel)
    measures = measures_twin(whole(stored, read, last))
    yield from (*lists, measures, *pages.fixed(), pages.latest(movers.body, *newest), movers)
    if newest:
        yield pages.badge(newest[0])


def session_twin(mover: Mover, session: Session, before: Session | None, earlier: Sequence[Mover]) -> Twin:
    return _twin(routes.SESSION, documents.session(mover, session, before, earlier), mover.date)


def ticker_twin(ticker: str, past: Sequence[Row]) -> Twin:
    return _twin(routes.TICKER, documents.ticker(ticker, past), ticker)


def overview(movers: Sequence[Mover], channel: Channel) -> Iterator[Twin]:
    """The lists of winners, `movers.json` last."""
    yield Twin(routes.CSV.key, _csv(movers), routes.CSV.content_type)
    yield Twin(routes.FEED.key, atom(movers, channel), routes.FEED.content_type)
    yield history_twin(movers)
    yield _twin(routes.MOVERS, documents.movers(movers[: documents.LATEST_MOVERS]))


def measures_twin(sessions: Iterable[Whole]) -> Twin:
    """Who would have won each session by the change from the previous close, where that is known."""
    found = ((session.date, documents.by_previous_close(session, before)) for _, session, before in sessions)
    body = documents.render([{"Date": day, **leader} for day, leader in found if leader])
    return Twin(routes.MEASURES.key, body, routes.MEASURES.content_type)


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
    """Files in the folders of sessions, pages and tickers that are none's; also pages of sessions that were removed."""
    return [key for key in stored.listing if NAMED.match(key) and not _belongs(key, stored, market)]


def _belongs(key: str, stored: Stored, market: Market) -> bool:
    page, day, ticker = routes.DAY.read(key), routes.SESSION.read(key), routes.TICKER.read(key)
    if page and (of := strict_date(page)):
        return of in stored.by_day or of in stored.published
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
