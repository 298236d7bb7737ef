"""A small world to run ingest in: AWS in this process, a market over real HTTP, and a clock that the test sets."""

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest

from api.records import Bar, Source
from api.store import Store
from api.watchlists import Watchlists
from ingest.archive import Archive
from ingest.calendar import Calendar, Ready, load_calendar
from ingest.daily.feed import Channel
from ingest.daily.rebuild import RebuildReport, RebuildRequest, rebuild
from ingest.daily.reconcile import reconcile
from ingest.daily.run import Ingest, Report, Request
from ingest.daily.twins import Site
from ingest.providers.massive import Massive, rate_window
from scripts.bench.empty import create_distribution, create_table
from scripts.market.endpoints import Market
from scripts.market.server import MarketServer
from scripts.market.simulated import SimulatedMarket
from tests.conftest import TABLE

WATCHLIST = ("AAPL", "MSFT", "GOOGL", "AMZN", "TSLA", "NVDA")
KEY = "Q7vSECRETvKEYv42"
RAW, SITE = "raw-bucket", "site-bucket"
SITE_URL = "http://127.0.0.1:9"  # discard: there is no CDN in this world
SATURDAY = datetime(2026, 11, 21, 5, 10, tzinfo=UTC)
LIFE = timedelta(minutes=15)


class EditableMarket:
    """The simulated market, or another one, of which a test may change or remove bars."""

    def __init__(self, market: Market | None = None) -> None:
        self._market = market or SimulatedMarket(WATCHLIST)
        self.edits: dict[tuple[date, str], Bar | None] = {}

    @property
    def tickers(self) -> frozenset[str]:
        return self._market.tickers

    def session(self, day: date) -> Mapping[str, Bar]:
        edits = {ticker: bar for (edited, ticker), bar in self.edits.items() if edited == day}
        return {ticker: bar for ticker, bar in ({**self._market.session(day), **edits}).items() if bar}

    def bars(self, ticker: str, first: date, last: date) -> Mapping[date, Bar]:
        edits = {
            day: bar for (day, edited), bar in self.edits.items() if edited == ticker and first <= day <= last
        }
        bars = {**self._market.bars(ticker, first, last), **edits}
        return {day: bar for day, bar in sorted(bars.items()) if bar}


@dataclass
class World:
    """What a run works with, and what a test looks at."""

    market: EditableMarket
    server: MarketServer
    now: datetime = SATURDAY
    watchlist: tuple[str, ...] = WATCHLIST
    watchlists: Watchlists | None = None
    calendar: Calendar = field(default_factory=load_calendar)
    calls_per_minute: int = 0
    history_days: int = 730
    slept: list[float] = field(default_factory=list)
    runs: Iterator[int] = field(default_factory=itertools.count)
    distribution: str = ""

    def __post_init__(self) -> None:
        self.dynamodb = boto3.client("dynamodb")
        self.s3 = boto3.client("s3")
        self.cloudfront = boto3.client("cloudfront")
        create_table(self.dynamodb, TABLE)
        for bucket in (RAW, SITE):
            self.s3.create_bucket(Bucket=bucket)
        self.distribution = create_distribution(self.cloudfront, SITE)
        self.store = Store(self.dynamodb, TABLE)

    def ingest(self) -> Ingest:
        return Ingest(
            store=self.store,
            archive=Archive(self.s3, RAW, "massive"),
            site=Site(self.s3, SITE, self.cloudfront, self.distribution),
            provider=self.provider(),
            calendar=self.calendar,
            watchlists=self.watchlists or Watchlists.parse(self.watchlist),
            source=Source("massive", "simulated"),
            ready=Ready.parse("T+1 00:05"),
            window=7,
            history_days=self.history_days,
            channel=self.channel,
        )

    @property
    def channel(self) -> Channel:
        return Channel("local", SITE_URL, self.calendar.close_at)

    def provider(self, key: str = KEY) -> Massive:
        return Massive(
            url=self.server.url,
            key=lambda: key,
            window=rate_window("massive", self.calls_per_minute),
            clock=lambda: self.now,
            remaining=lambda: 800.0 - sum(self.slept),
            sleep=self.slept.append,
        )

    def run(
        self,
        first: date | None = None,
        last: date | None = None,
        *,
        invalidate: bool = True,
        again: bool = False,
    ) -> Report:
        request = Request(f"run-{next(self.runs)}", first, last, invalidate, again)
        return reconcile(self.ingest(), request, self.now, LIFE)

    def rebuild(self, *watchlist: str, apply: bool = False, **asked: Any) -> RebuildReport:
        request = RebuildRequest(f"run-{next(self.runs)}", watchlist=watchlist or None, apply=apply, **asked)
        return rebuild(self.ingest(), request, self.now, LIFE)

    def archive(self, day: date) -> str:
        """Ask the market for one day and keep the answer, as a run does; gives its key."""
        return self.ingest().archive.keep(self.provider().grouped(day))

    def environment(self, watchlist: Path) -> dict[str, str]:
        """What the function finds in its environment of this world; `watchlist` is the file that it gets."""
        offset = int((self.now - datetime.now(UTC)).total_seconds())
        return {
            "STAGE": "local",
            "TABLE_NAME": TABLE,
            "RAW_BUCKET": RAW,
            "SITE_BUCKET": SITE,
            "DISTRIBUTION_ID": self.distribution,
            "SITE_URL": SITE_URL,
            "WATCHLIST_FILE": str(watchlist),
            "CALLS_PER_MINUTE": "0",
            "MASSIVE_URL": self.server.url,
            "SOURCE_KIND": "simulated",
            "CLOCK_OFFSET_SECONDS": str(offset),
        }

    def settle(self) -> None:
        """Store the last seven sessions and read them again: from here on, one session a day."""
        self.run()
        self.now += timedelta(hours=6)
        self.run()

    def twin(self, key: str) -> bytes:
        body: bytes = self.s3.get_object(Bucket=SITE, Key=key)["Body"].read()
        return body

    def keys(self, bucket: str) -> list[str]:
        return [item["Key"] for item in self.s3.list_objects_v2(Bucket=bucket).get("Contents", [])]

    def invalidations(self) -> int:
        listed = self.cloudfront.list_invalidations(DistributionId=self.distribution)["InvalidationList"]
        quantity: int = listed["Quantity"]
        return quantity

    def upstream_calls(self) -> int:
        total: int = self.server.stats()["total"]
        return total

    def fail(self, *faults: dict[str, Any]) -> None:
        self.server.set_faults(list(faults))


@pytest.fixture
def world(moto: None) -> Iterator[World]:
    """A market of the default watchlist, early on a Saturday: seven sessions are ready and nothing is stored."""
    market, moment = EditableMarket(), list[Callable[[], datetime]]()
    server = MarketServer(market, clock=lambda: moment[0](), calendar=load_calendar(), keys=frozenset({KEY}))
    with server:
        world = World(market, server)
        moment.append(lambda: world.now)
        yield world
