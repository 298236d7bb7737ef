"""Make the files in the site bucket equal to the table, then tell the CDN.

A twin is put only where its bytes differ: the bucket's listing carries the MD5 of every object. `movers.json` goes
next to last and `status.json` last, so whoever sees a new status finds everything it speaks of.
"""

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from io import StringIO
from itertools import chain
from typing import TYPE_CHECKING

from api import resources
from api.records import Mover, Session, Status
from api.store import Store
from ingest.feed import FEED_TYPE, Channel, atom

if TYPE_CHECKING:
    from mypy_boto3_cloudfront import CloudFrontClient
    from mypy_boto3_s3 import S3Client

INVALIDATED = ("/movers*", "/history*", "/tickers/*", "/status*", "/feed.xml")


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


def publish(
    store: Store,
    site: Site,
    movers: Sequence[Mover],
    status: Status,
    days: Iterable[date] | None,
    channel: Channel,
) -> None:
    """Bring the twins in line with the table's `movers`, newest first, and with `status`.

    Compared are the sessions of `days` (all stored ones for `None`), the latest ones, and those without a twin.
    """
    site.look()
    latest = store.sessions(resources.TICKER_SESSIONS)
    compared = {mover.date for mover in movers if days is None or session_key(mover.date) not in site.listing}
    for twin in twins(store, movers, latest, compared.union(days or ()), channel):
        site.put(twin)
    for key in orphans(site.listing, movers, latest):
        site.remove(key)
    site.put(status_twin(_put_status(store, status)))


def twins(
    store: Store, movers: Sequence[Mover], latest: Sequence[Session], older: Iterable[date], channel: Channel
) -> Iterator[Twin]:
    """Every twin of the latest sessions and of the `older` days, `movers.json` last; the status stands apart."""
    winners = {mover.date: mover for mover in movers}
    latest = [session for session in latest if session.date in winners]
    wanted = set(older) & set(winners) - {session.date for session in latest}
    between = store.sessions_between(min(wanted), max(wanted)) if wanted else ()
    for session in chain(latest, (session for session in between if session.date in wanted)):
        if session.revision == winners[session.date].revision:  # else the run names the damage
            yield Twin(session_key(session.date), resources.session(winners[session.date], session))
    for symbol in _symbols(latest):
        rows = [
            (session.date, session.bars[symbol], winners[session.date].ticker)
            for session in latest
            if symbol in session.bars
        ]
        yield Twin(ticker_key(symbol), resources.ticker(symbol, rows))
    yield Twin("movers.csv", _csv(movers), "text/csv; charset=utf-8")
    yield Twin("feed.xml", atom(movers, channel), FEED_TYPE)
    yield Twin("history.json", resources.movers(movers))
    yield Twin("movers.json", resources.movers(movers[: resources.LATEST_MOVERS]))


def status_twin(status: Status | None) -> Twin:
    return Twin("status.json", resources.status(status))


def orphans(listing: Iterable[str], movers: Iterable[Mover], latest: Sequence[Session]) -> list[str]:
    """Twins that the API would answer with 404, such as those of a ticker long off the watchlist."""
    wanted = {session_key(mover.date) for mover in movers} | set(map(ticker_key, _symbols(latest)))
    return [key for key in listing if key.startswith(("movers/", "tickers/")) and key not in wanted]


def session_key(day: date) -> str:
    return f"movers/{day}.json"


def ticker_key(symbol: str) -> str:
    return f"tickers/{symbol}.json"


def _symbols(latest: Iterable[Session]) -> list[str]:
    return list(dict.fromkeys(symbol for session in latest for symbol in session.bars))


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
