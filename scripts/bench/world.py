"""Ingest in this process: the emulator's table and buckets, a market over real HTTP, and a clock to set."""

import itertools
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, Self
from uuid import uuid4

from api.records import Source
from api.store import Store
from api.watchlists import Watchlists
from infra.settings import Settings
from ingest.archive import Archive
from ingest.calendar import Ready, load_calendar
from ingest.daily import plan
from ingest.daily.feed import Channel
from ingest.daily.reconcile import reconcile
from ingest.daily.run import Ingest, Report, Request
from ingest.daily.twins import Site
from ingest.providers.massive import Massive, rate_window
from scripts.bench.empty import create_distribution, create_table
from scripts.cloud.emulator import Emulator
from scripts.market.server import MarketServer
from scripts.market.simulated import SimulatedMarket

SATURDAY = datetime(
    2026, 11, 21, 5, 10, tzinfo=UTC
)  # Friday's session is ready, and nothing follows for days
LIFE = timedelta(minutes=15)
SETTINGS = Settings.from_context({})
READY = Ready.parse(SETTINGS.ready)
WATCHLIST = SETTINGS.watchlist.on(SATURDAY.date())


@dataclass
class World:
    """What a run works with. `requests` counts what it asks of AWS, by service and operation."""

    emulator: Emulator
    watchlist: tuple[str, ...]
    rate: int
    now: datetime = SATURDAY
    name: str = field(default_factory=lambda: f"bench-{uuid4().hex}")
    requests: Counter[str] = field(default_factory=Counter)
    runs: Iterator[int] = field(default_factory=itertools.count)

    @classmethod
    @contextmanager
    def fresh(cls, emulator: Emulator, watchlist: tuple[str, ...] | None, rate: int) -> Iterator[Self]:
        """A world with nothing stored, whose market lets in `rate` calls a minute (0: any number)."""
        world = cls(emulator, watchlist or WATCHLIST, rate)
        calendar = load_calendar()
        market = SimulatedMarket(world.watchlist, calendar)
        with MarketServer(market, clock=lambda: world.now, calendar=calendar, rate=rate or None) as server:
            world._begin(server)
            yield world

    def _begin(self, server: MarketServer) -> None:
        self.server = server
        self.dynamodb, self.s3, self.cloudfront = map(self._client, ("dynamodb", "s3", "cloudfront"))
        create_table(self.dynamodb, self.name)
        for bucket in (self.raw, self.site):
            self.s3.create_bucket(Bucket=bucket)
        self.distribution = create_distribution(self.cloudfront, self.site)
        self.store = Store(self.dynamodb, self.name)

    @property
    def raw(self) -> str:
        return f"{self.name}-raw"

    @property
    def site(self) -> str:
        return f"{self.name}-site"

    def days(self) -> list[date]:
        """Every session that the plan serves by now."""
        calendar = load_calendar()
        within = plan.horizon(calendar, READY, SETTINGS.history_days, self.now)
        return calendar.sessions(within.oldest, within.newest)

    def run(self, first: date | None = None, last: date | None = None) -> Report:
        """One run, as the function makes it."""
        return reconcile(self._ingest(), Request(f"run-{next(self.runs)}", first, last), self.now, LIFE)

    def settle(self) -> None:
        """Store the sessions of the window and read them again: from here on, one session a day."""
        self.run()
        self.now += timedelta(hours=6)
        self.run()

    def _ingest(self) -> Ingest:
        return Ingest(
            store=self.store,
            archive=Archive(self.s3, self.raw, SETTINGS.provider),
            site=Site(self.s3, self.site, self.cloudfront, self.distribution),
            provider=Massive(
                url=self.server.url,
                key=lambda: "any-key",
                window=rate_window(SETTINGS.provider, self.rate),
                clock=lambda: self.now,
                remaining=LIFE.total_seconds,
            ),
            calendar=load_calendar(),
            watchlists=Watchlists.parse(self.watchlist),
            source=Source(SETTINGS.provider, "simulated"),
            ready=READY,
            window=SETTINGS.window,
            history_days=SETTINGS.history_days,
            channel=Channel(SETTINGS.stage, "https://movers.example", load_calendar().close_at),
        )

    def _client(self, service: str) -> Any:
        client = self.emulator.client(service)
        client.meta.events.register(f"before-send.{service}.*", self._count)
        return client

    def _count(self, event_name: str, **_: object) -> None:
        service, operation = event_name.split(".")[1:]
        self.requests[f"{service}.{operation}"] += 1
