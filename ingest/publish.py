"""Make the files in the site bucket equal to the table, then tell the CDN.

A twin is put only where its bytes differ: the bucket's listing carries the MD5 of every object. `movers.json` goes
next to last and `status.json` last, so whoever sees a new status finds everything it speaks of.
"""

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from io import StringIO
from typing import TYPE_CHECKING

from api import resources
from api.records import Mover, Session, Status
from api.store import Store
from ingest.feed import atom

if TYPE_CHECKING:
    from mypy_boto3_cloudfront import CloudFrontClient
    from mypy_boto3_s3 import S3Client

INVALIDATED = ("/movers*", "/tickers/*", "/status*", "/feed.xml")


@dataclass(frozen=True, slots=True)
class Twin:
    """A file as viewers get it."""

    key: str
    body: bytes
    content_type: str = resources.CONTENT_TYPE


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
        if self.listing.get(twin.key) == resources.md5(twin.body):
            return
        self.s3.put_object(
            Bucket=self.bucket,
            Key=twin.key,
            Body=twin.body,
            ContentType=twin.content_type,
            CacheControl=resources.CACHE_CONTROL,
        )
        self.changed.append(twin.key)

    def remove(self, key: str) -> None:
        self.s3.delete_object(Bucket=self.bucket, Key=key)
        self.changed.append(key)

    def invalidate(self, reference: str) -> str:
        """Drop everything published from the CDN's caches; `reference` makes a repeated call the same one."""
        answer = self.cloudfront.create_invalidation(
            DistributionId=self.distribution_id,
            InvalidationBatch={
                "Paths": {"Quantity": len(INVALIDATED), "Items": list(INVALIDATED)},
                "CallerReference": reference,
            },
        )
        return answer["Invalidation"]["Id"]


def publish(store: Store, site: Site, status: Status, days: Iterable[date] | None, site_url: str) -> None:
    """Bring the twins in line with the table, `status` included.

    Compared are the sessions of `days` (all stored ones for `None`), the latest ones, and those without a twin.
    """
    site.look()
    movers = store.movers()
    latest = store.sessions(resources.TICKER_SESSIONS)
    stored = {mover.date: mover for mover in movers}
    compared = set(stored) if days is None else set(days) | _absent(stored, site)
    for mover, session in _pairs(store, stored, latest, compared):
        site.put(Twin(_session_key(mover.date), resources.session(mover, session)))
    tickers = list(_tickers(latest, stored))
    for twin in tickers:
        site.put(twin)
    _remove_orphans(site, {_session_key(day) for day in stored} | {twin.key for twin in tickers})
    for twin in _overviews(movers, site_url):
        site.put(twin)
    site.put(Twin("status.json", resources.status(_put_status(store, status))))


def _absent(stored: Iterable[date], site: Site) -> set[date]:
    return {day for day in stored if _session_key(day) not in site.listing}


def _pairs(
    store: Store, stored: dict[date, Mover], latest: Sequence[Session], compared: set[date]
) -> Iterator[tuple[Mover, Session]]:
    """Movers with their sessions, the latest and those compared; older ones are read one by one to stay small."""
    for session in latest:
        yield stored[session.date], session
    for day in sorted(compared & set(stored) - {session.date for session in latest}):
        if found := store.session(day):
            yield found


def _tickers(latest: Sequence[Session], stored: dict[date, Mover]) -> Iterator[Twin]:
    symbols = dict.fromkeys(symbol for session in latest for symbol in session.bars)
    for symbol in symbols:
        sessions = [
            (session.date, session.bars[symbol], stored[session.date].ticker)
            for session in latest
            if symbol in session.bars
        ]
        yield Twin(f"tickers/{symbol}.json", resources.ticker(symbol, sessions))


def _overviews(movers: Sequence[Mover], site_url: str) -> Iterator[Twin]:
    yield Twin("movers.csv", _csv(movers), "text/csv; charset=utf-8")
    if movers:
        yield Twin("feed.xml", atom(movers, site_url), "application/atom+xml; charset=utf-8")
    yield Twin("movers.json", resources.movers(movers[: resources.LATEST_MOVERS]))


def _remove_orphans(site: Site, wanted: set[str]) -> None:
    """Take away twins that the API would answer with 404, such as those of a ticker long off the watchlist."""
    for key in site.listing:
        if key.startswith(("movers/", "tickers/")) and key not in wanted:
            site.remove(key)


def _put_status(store: Store, status: Status) -> Status:
    """Store the status; where only its instant is new the stored one stands, so that idle runs publish nothing."""
    stored = store.status()
    if stored and replace(status, generated_at=stored.generated_at) == stored:
        return stored
    store.put_status(status)
    return replace(status, generated_at=status.generated_at.replace(microsecond=0))


def _csv(movers: Iterable[Mover]) -> bytes:
    """Every winner in the four-field form, newest first."""
    text = StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["Date", "Ticker", "PercentChange", "ClosingPrice"])
    for mover in movers:
        rows.writerow(
            [mover.date, mover.ticker, *map(resources.number, (mover.percent_change, mover.closing_price))]
        )
    return text.getvalue().encode()


def _session_key(day: date) -> str:
    return f"movers/{day}.json"
