"""Make the files in the site bucket equal to the table.

A twin is put only where its bytes differ: the bucket's listing carries the MD5 of every object. `movers.json` goes
next to last and `status.json` last, so whoever sees a new status finds everything it speaks of.
"""

import csv
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
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
from ingest.daily.record import Record
from ingest.daily.stored import Stored
from ingest.site import Site, Twin

HANDFUL = 5  # files that a run may remove
AT_ONCE = 50  # tickers that every run compares; of a longer list, each is compared once a day
NAMED = re.compile(rf"({routes.SESSION.head}|{routes.TICKER.head})/")


@dataclass(frozen=True, slots=True)
class Compare:
    """What a run compares beyond the sessions it has read: those of `days`, and the pasts of `tickers`."""

    days: Collection[date]
    tickers: Collection[str]

    @classmethod
    def of(
        cls,
        stored: Stored,
        market: Market,
        days: Iterable[date],
        written: Iterable[date],
        now: datetime,
        *,
        thorough: bool,
        every_ticker: bool = False,
    ) -> Self:
        """The `days`, sessions without a twin, and the tickers whose turn it is; everything if `thorough`."""
        without = {day for day in stored.by_day if thorough or day not in stored.published}
        older = without.union(days, written)
        known = tickers(stored, market)
        if thorough or every_ticker or any(day < stored.since for day in older):
            return cls(older, known)
        turn = known if len(known) <= AT_ONCE else known[now.hour :: 24]
        absent = [ticker for ticker in known if routes.TICKER.key(ticker) not in stored.listing]
        sessions = filter(None, map(stored.session_by_day.get, written))
        moved = (ticker for session in sessions for ticker in session.bars)
        return cls(older, sorted({*turn, *absent, *moved}))


@dataclass(slots=True)
class Published:
    """What publishing did: the keys that it `changed`, and the files it `kept` though no session stands behind them."""

    changed: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)

    @property
    def to_drop(self) -> bool:
        """Whether the CDN has to drop what it holds. A new status alone is soon asked for again."""
        return any(key != routes.STATUS.key() for key in self.changed)


def publish(
    record: Record, site: Site, stored: Stored, compare: Compare, channel: Channel, status: Status
) -> Published:
    """Bring the twins in line with the table, the status last.

    The ticker rows of the table are put right on the way. Where more than a handful of sessions are lost from the
    table, lists and pasts stay as viewers know them.
    """
    published = Published()

    def put(twin: Twin) -> None:
        if site.put(twin, stored.listing):
            published.changed.append(twin.key)

    for mover, session in sessions(record, stored, compare.days):
        if session.rows != session.revision:
            rows.write(record, session, mover.ticker)
        put(session_twin(mover, session))
    published.kept = [routes.SESSION.key(day) for day in sorted(stored.published) if day not in stored.by_day]
    if len(published.kept) <= HANDFUL:
        strays = _strays(stored, channel.market)
        pasts = rows.Pasts.of(record, stored)
        for ticker in compare.tickers:
            if past := pasts.mended(record, ticker):
                put(ticker_twin(ticker, past))
            elif (key := routes.TICKER.key(ticker)) in stored.listing:
                strays.append(key)
        for twin in overview(stored.movers, channel):
            put(twin)
        # The API would answer them with 404; what is left waits for the next run.
        for key in strays[:HANDFUL]:
            site.remove(key)
            published.changed.append(key)
    if status != stored.status:
        record.put_status(status)
    put(status_twin(status, channel.market))
    return published


def sessions(store: Store, stored: Stored, days: Collection[date]) -> Iterator[tuple[Mover, Session]]:
    """The sessions that were read and those of `days`, each with its mover; what does not belong together is left out.

    Older ones are read page by page.
    """
    older = {day for day in days if day < stored.since and day in stored.by_day}
    between = store.sessions_between(min(older), max(older)) if older else ()
    for session in chain(stored.sessions, (session for session in between if session.date in older)):
        mover = stored.by_day.get(session.date)
        if mover and mover.revision == session.revision:
            yield mover, session


def twins(store: Store, stored: Stored, symbols: Iterable[str], channel: Channel) -> Iterator[Twin]:
    """Every twin but the status, as the table has it."""
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
    yield _twin(routes.HISTORY, documents.movers(movers))
    yield _twin(routes.MOVERS, documents.movers(movers[: documents.LATEST_MOVERS]))


def status_twin(status: Status | None, market: Market) -> Twin:
    return _twin(routes.STATUS, documents.status(status, market))


def tickers(stored: Stored, market: Market) -> list[str]:
    """Every ticker that a session which was read, or a published file, speaks of."""
    named = map(routes.TICKER.read, stored.listing)
    published = (ticker for ticker in named if ticker and market.ticker.fullmatch(ticker))
    return sorted({*published, *(ticker for session in stored.sessions for ticker in session.bars)})


def _twin(route: Route, body: bytes, value: object = "") -> Twin:
    return Twin(route.key(value), body, cache_control=route.cache_control)


def _strays(stored: Stored, market: Market) -> list[str]:
    """The files where sessions and tickers have theirs, whose name is none of either."""
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
