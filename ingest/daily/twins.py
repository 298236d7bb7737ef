"""Make the files in the site bucket equal to the table, then tell the CDN.

A twin is put only where its bytes differ: the bucket's listing carries the MD5 of every object. `movers.json` goes
next to last and `status.json` last, so whoever sees a new status finds everything it speaks of.
"""

import csv
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from io import StringIO
from itertools import chain
from typing import TYPE_CHECKING, Self

from api import documents
from api.records import TICKER, Mover, Row, Session, Status
from api.store import Store
from ingest.daily import rows
from ingest.daily.feed import FEED_TYPE, Channel, atom
from ingest.daily.stored import Stored

if TYPE_CHECKING:
    from mypy_boto3_cloudfront import CloudFrontClient
    from mypy_boto3_s3 import S3Client

SESSION_KEY = re.compile(r"movers/(\d{4}-\d{2}-\d{2})\.json", re.ASCII)
TICKER_KEY = re.compile(rf"tickers/({TICKER.pattern})\.json")
NAMED = re.compile(r"(movers|tickers)/")
HANDFUL = 5  # files that a run may remove
AT_ONCE = 50  # tickers that every run compares; of a longer list, each is compared once a day
INVALIDATED = ("/movers*", "/history*", "/tickers/*", "/status*", "/feed.xml")


@dataclass(frozen=True, slots=True)
class Twin:
    """A file as viewers get it."""

    key: str
    body: bytes
    content_type: str = documents.CONTENT_TYPE


@dataclass
class Site:
    """The published side: bucket and distribution. `listing` is the bucket's content by key, as MD5."""

    s3: "S3Client"
    bucket: str
    cloudfront: "CloudFrontClient"
    distribution_id: str
    listing: dict[str, str] = field(default_factory=dict)
    changed: list[str] = field(default_factory=list)

    def look(self) -> None:
        """Read the listing."""
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket)
        objects = (item for page in pages for item in page.get("Contents", []))
        self.listing = {item["Key"]: item["ETag"].strip('"') for item in objects}

    def put(self, twin: Twin) -> None:
        """Write the twin unless it is there already, byte for byte."""
        if self.listing.get(twin.key) == documents.md5(twin.body):
            return
        self.s3.put_object(
            Bucket=self.bucket,
            Key=twin.key,
            Body=twin.body,
            ContentType=twin.content_type,
            CacheControl=documents.CACHE_CONTROL,
        )
        self.changed.append(twin.key)

    def remove(self, key: str) -> None:
        self.s3.delete_object(Bucket=self.bucket, Key=key)
        self.changed.append(key)

    def invalidate(self, reference: str, paths: Sequence[str] = INVALIDATED) -> str:
        """Drop paths, or all that is published, from the CDN; `reference` makes a repeated call the same one."""
        answer = self.cloudfront.create_invalidation(
            DistributionId=self.distribution_id,
            InvalidationBatch={
                "Paths": {"Quantity": len(paths), "Items": list(paths)},
                "CallerReference": reference,
            },
        )
        return answer["Invalidation"]["Id"]


@dataclass(frozen=True, slots=True)
class Compare:
    """What a run compares beyond the sessions it has read: those of `days`, and the pasts of `tickers`."""

    days: Collection[date]
    tickers: Collection[str]

    @classmethod
    def of(
        cls,
        site: Site,
        stored: Stored,
        days: Iterable[date],
        written: Iterable[date],
        now: datetime,
        *,
        thorough: bool,
        every_ticker: bool = False,
    ) -> Self:
        """The `days`, sessions without a twin, and the tickers whose turn it is; everything if `thorough`."""
        without = {day for day in stored.by_day if thorough or session_key(day) not in site.listing}
        older = without.union(days, written)
        known = tickers(site, stored)
        if thorough or every_ticker or any(day < stored.since for day in older):
            return cls(older, known)
        turn = known if len(known) <= AT_ONCE else known[now.hour :: 24]
        absent = [ticker for ticker in known if ticker_key(ticker) not in site.listing]
        sessions = filter(None, map(stored.session_by_day.get, written))
        moved = (ticker for session in sessions for ticker in session.bars)
        return cls(older, sorted({*turn, *absent, *moved}))


def publish(store: Store, site: Site, stored: Stored, compare: Compare, channel: Channel) -> list[str]:
    """Bring the twins in line with the table, the status excepted; gives the files of sessions that are lost from it.

    The ticker rows of the table are put right on the way. Where more than a handful of sessions are lost from the
    table, lists and pasts stay as viewers know them.
    """
    for mover, session in sessions(store, stored, compare.days):
        if session.rows != session.revision:
            rows.write(store, session, mover.ticker)
        site.put(session_twin(mover, session))
    lost = [session_key(day) for day in published_days(site.listing) if day not in stored.by_day]
    if len(lost) > HANDFUL:
        return lost
    pasts = rows.Pasts.of(store, stored, published_days(site.listing))
    strays = [key for key in site.listing if NAMED.match(key) and not published_name(key)]
    for ticker in compare.tickers:
        if past := pasts.mended(ticker):
            site.put(ticker_twin(ticker, past))
        elif ticker_key(ticker) in site.listing:
            strays.append(ticker_key(ticker))
    for twin in overview(stored.movers, channel):
        site.put(twin)
    for key in strays[:HANDFUL]:  # the API would answer them with 404; what is left waits for the next run
        site.remove(key)
    return lost


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
    return Twin(session_key(mover.date), documents.session(mover, session))


def ticker_twin(ticker: str, past: Sequence[Row]) -> Twin:
    return Twin(ticker_key(ticker), documents.ticker(ticker, past))


def overview(movers: Sequence[Mover], channel: Channel) -> Iterator[Twin]:
    """The lists of winners, `movers.json` last."""
    yield Twin("movers.csv", _csv(movers), "text/csv; charset=utf-8")
    yield Twin("feed.xml", atom(movers, channel), FEED_TYPE)
    yield Twin("history.json", documents.movers(movers))
    yield Twin("movers.json", documents.movers(movers[: documents.LATEST_MOVERS]))


def status_twin(status: Status | None) -> Twin:
    return Twin("status.json", documents.status(status))


def tickers(site: Site, stored: Stored) -> list[str]:
    """Every ticker that a session which was read, or a published file, speaks of."""
    published = (match[1] for key in site.listing if (match := TICKER_KEY.fullmatch(key)))
    return sorted({*published, *(ticker for session in stored.sessions for ticker in session.bars)})


def published_name(key: str) -> bool:
    """Whether a session's or a ticker's file may have this name."""
    return bool(published_days([key]) or TICKER_KEY.fullmatch(key))


def published_days(listing: Iterable[str]) -> list[date]:
    """The days that have a published file of their own."""
    days = (_day(match[1]) for key in listing if (match := SESSION_KEY.fullmatch(key)))
    return [day for day in days if day]


def _day(text: str) -> date | None:
    """The day of this name; `None` for such as the 30th of February."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def session_key(day: date) -> str:
    return f"movers/{day}.json"


def ticker_key(symbol: str) -> str:
    return f"tickers/{symbol}.json"


def keep_status(store: Store, known: Status | None, status: Status) -> Status:
    """Store the status. While it says the same it keeps its instant, so that idle runs publish nothing."""
    if known and replace(status, generated_at=known.generated_at, holes=known.holes) == known:
        status = replace(status, generated_at=known.generated_at)
    if status != known:
        store.put_status(status)
    return status


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
