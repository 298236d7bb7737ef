"""A small world to run ingest in: AWS in this process, a market over real HTTP, and a clock that the test sets."""

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3

from api.markets import US, Market
from api.records import Bar, Session, Source
from api.store import Store
from api.vendors import MASSIVE, Vendor
from api.watchlists import Watchlists
from ingest.archive import Archive
from ingest.calendar import Calendar, Ready, load_calendar
from ingest.daily.feed import Channel
from ingest.daily.rebuild import RebuildReport, RebuildRequest, rebuild
from ingest.daily.reconcile import reconcile
from ingest.daily.record import Record
from ingest.daily.run import Parts, Report, Request, Rules
from ingest.daily.stored import Stored, gather
from ingest.lease import Leases
from ingest.parallel import WIDTH
from ingest.providers import Call, Provider, connect
from ingest.providers.asking import Line, rate_window
from ingest.site import Site
from scripts.vendors.massive import massive_server
from scripts.vendors.server import VendorServer
from scripts.vendors.tape import Split, Tape
from scripts.vendors.tape.simulated import SimulatedTape
from tests.conftest import TABLE
from tests.empty import create_distribution, create_table

WATCHLIST = ("AAPL", "MSFT", "GOOGL", "AMZN", "TSLA", "NVDA")
KEY = "Q7vSECRETvKEYv42"
RAW, SITE = "raw-bucket", "site-bucket"
SITE_URL = "http://127.0.0.1:9"  # discard: there is no CDN in this world
SATURDAY = datetime(2026, 11, 21, 5, 10, tzinfo=UTC)
LIFE = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Names:
    """What a world's table and buckets are called."""

    table: str = TABLE
    raw: str = RAW
    site: str = SITE


class EditableTape:
    """The simulated tape, or another one, whose bars a test may change or remove."""

    def __init__(self, tape: Tape | None = None) -> None:
        self._tape = tape or SimulatedTape(WATCHLIST)
        self.edits: dict[tuple[date, str], Bar | None] = {}

    @property
    def tickers(self) -> frozenset[str]:
        return self._tape.tickers

    def session(self, day: date) -> Mapping[str, Bar]:
        edits = {ticker: bar for (edited, ticker), bar in self.edits.items() if edited == day}
        return {ticker: bar for ticker, bar in ({**self._tape.session(day), **edits}).items() if bar}

    def bars(self, ticker: str, first: date, last: date) -> Mapping[date, Bar]:
        edits = {
            day: bar for (day, edited), bar in self.edits.items() if edited == ticker and first <= day <= last
        }
        bars = {**self._tape.bars(ticker, first, last), **edits}
        return {day: bar for day, bar in sorted(bars.items()) if bar}

    def splits(self, first: date, last: date) -> Sequence[Split]:
        return self._tape.splits(first, last)


@dataclass
class World:
    """What a run works with, and what a test looks at: one world for tests, chaos and bench.

    `aws` gives its clients: boto3, or a fake.
    """

    tape: EditableTape
    server: VendorServer
    now: datetime = SATURDAY
    watchlist: tuple[str, ...] = WATCHLIST
    watchlists: Watchlists | None = None
    calendar: Calendar = field(default_factory=lambda: load_calendar(US))
    calls_per_minute: int = 0
    history_days: int = MASSIVE.history_days
    window: int = 7
    slept: list[float] = field(default_factory=list)
    runs: Iterator[int] = field(default_factory=itertools.count)
    names: Names = Names()
    market: Market = US
    vendor: Vendor = MASSIVE
    aws: Any = boto3
    width: int = WIDTH

    def __post_init__(self) -> None:
        self.dynamodb, self.s3, self.cloudfront = map(self.client, ("dynamodb", "s3", "cloudfront"))
        create_table(self.dynamodb, self.names.table)
        for bucket in (self.names.raw, self.names.site):
            self.s3.create_bucket(Bucket=bucket)
        self.distribution = create_distribution(self.cloudfront, self.names.site)
        self.store = Record(self.dynamodb, self.names.table)

    def client(self, service: str) -> Any:
        """An AWS client of this world."""
        return self.aws.client(service)

    @property
    def rules(self) -> Rules:
        watchlists = self.watchlists or Watchlists.parse(self.watchlist, self.market)
        return Rules(
            market=self.market,
            calendar=self.calendar,
            watchlists=watchlists,
            excused=self.calendar.overrides.excused,
            source=Source(self.vendor.name, "simulated"),
            ready=Ready.parse(self.vendor.ready, self.market),
            window=self.window,
            history_days=self.history_days,
            recheck_after=self.vendor.recheck_after,
            channel=Channel(
                "local",
                SITE_URL,
                self.market,
                self.calendar.close_at,
                watchlists.names,
                self.vendor.title,
            ),
        )

    @property
    def parts(self) -> Parts:
        return Parts(
            record=self.store,
            archive=Archive(self.s3, self.names.raw, self.vendor.name),
            site=Site(self.s3, self.names.site, self.cloudfront, self.distribution),
            provider=self.provider(),
            leases=Leases(self.dynamodb, self.names.table),
            time_left=self.time_left,
            width=self.width,
        )

    def read_key(self) -> str:
        return KEY

    def provider(self, key: str = "") -> Provider:
        line = Line(
            vendor=MASSIVE,
            url=self.server.url,
            read_key=lambda: key or self.read_key(),
            window=rate_window(MASSIVE.name, self.calls_per_minute),
            clock=lambda: self.now,
            time_left=self.time_left,
            sleep=self.sleep,
        )
        return connect(MASSIVE, US, line)

    def time_left(self) -> float:
        return 800.0 - sum(self.slept)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    def gathered(self) -> Stored:
        return gather(self.store, self.parts.site.listing, width=self.width)

    def run(
        self,
        first: date | None = None,
        last: date | None = None,
        *,
        invalidate: bool = True,
        again: bool = False,
    ) -> Report:
        request = Request(f"run-{next(self.runs)}", first, last, invalidate, again)
        return reconcile(self.parts, self.rules, request, self.now, LIFE)

    def rebuild(self, *watchlist: str, apply: bool = False, **asked: Any) -> RebuildReport:
        request = RebuildRequest(f"run-{next(self.runs)}", watchlist=watchlist or None, apply=apply, **asked)
        return rebuild(self.parts, self.rules, request, self.now, LIFE)

    def archive(self, first: date, last: date | None = None, ticker: str | None = None) -> str:
        """Ask the market for one day, or for a ticker's days, and keep the answer, as a run does; gives its key."""
        call = Call("range" if ticker else "grouped", first, last or first, ticker)
        (answer,) = self.provider().ask(call, lambda _: None)
        return self.parts.archive.keep(answer)

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
            "MARKET": "us",
            "CALLS_PER_MINUTE": "0",
            "VENDOR_URL": self.server.url,
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


@contextmanager
def world_on(aws: Any, tape: EditableTape | None = None, **given: Any) -> Iterator[World]:
    """A market of the default watchlist, early on a Saturday: seven sessions are ready and nothing is stored."""
    market, moment = tape or EditableTape(), list[Callable[[], datetime]]()
    server = massive_server(
        market, clock=lambda: moment[0](), calendar=load_calendar(US), keys=frozenset({KEY})
    )
    with server:
        world = World(market, server, aws=aws, **given)
        moment.append(lambda: world.now)
        yield world


def sessions_of(store: Store) -> list[Session]:
    """Every stored session, newest first."""
    return list(store.sessions_between(date.min, date.max))
