"""A month's usage, from the number of tickers and page views.

Estimates are upper bounds: every view is a first visit, the history is two years long, every run starts cold, and every
cached response is dropped as soon as it expires.
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from math import ceil

from api.documents import TICKER_SESSIONS
from api.facts import YEAR
from api.records import MOST_TICKERS
from ingest.daily.stored import sessions_to_read
from ingest.daily.twins import AT_ONCE

DAYS = Decimal(365) / 12
SECONDS = DAYS * 86_400
HOURS = DAYS * 24
SESSIONS = Decimal(252) / 12
HISTORY = 2 * 252  # sessions kept and published: what the free plan serves

GB = 10**9
MEMORY_GB = Decimal("0.5")

# Bytes, as seen in the tests and on the local cloud.
BAR_ITEM = 160  # one ticker in a session's item
ROW_ITEM = 155  # one ticker's row of a session
MOVER_ITEM = 350
BAR_TWIN = 205
RAW_ANSWER = 400_000  # the whole market's day, gzipped
RUN_LOG = 2_500
REQUEST_LOG = 800
READ_UNIT, WRITE_UNIT = 4096, 1024

# A first view of the page, headers included; the README has the command that measures it.
VIEW_REQUESTS, VIEW_BYTES = 10, 16_000
API_SHARE = Decimal("0.01")  # of the views: other clients of the API, and missing twins
API_SECONDS = Decimal("0.1")
IDLE_SECONDS = Decimal(4)  # cold start, the reads, one listing
STORE_SECONDS = Decimal(10)
TWIN_SECONDS = Decimal("0.03")

# Files in every view, each refetched by each of CloudFront's regional caches after five minutes.
FILES, REGIONAL_CACHES, CACHE_SECONDS = 5, 13, 300

# The counts in the templates; a test checks them.
ALARMS, OWN_METRICS, DASHBOARDS, BUDGETS, PARAMETERS = 14, 9, 1, 1, 1
NOTICES = 20

Quantities = dict[str, Decimal]


@dataclass(frozen=True, slots=True)
class Size:
    """A deployment's tickers, page views per day, and the additional requests of a flood that the API lets through."""

    name: str
    tickers: int
    views: int
    flood: int = 0

    @property
    def session_bytes(self) -> int:
        return self.tickers * BAR_ITEM

    @property
    def monthly_views(self) -> Decimal:
        return self.views * DAYS

    @property
    def api_calls(self) -> Decimal:
        return self.monthly_views * API_SHARE + self.flood

    @property
    def sessions_read(self) -> int:
        """How many sessions each run reads to compare them with the twins."""
        return min(HISTORY, sessions_to_read(self.tickers))

    @property
    def tickers_compared(self) -> int:
        """How many tickers' rows each run compares."""
        return self.tickers if self.tickers <= AT_ONCE else ceil(self.tickers / 24)


SIZES = (
    Size("6 tickers, 1,000 views a day", 6, 1_000),
    Size("500 tickers, 100,000 views a day", 500, 100_000),
    Size(
        f"{MOST_TICKERS:,} tickers (the most a table item holds), 10 million views a day",
        MOST_TICKERS,
        10_000_000,
    ),
)


def compute(size: Size) -> Quantities:
    """Lambda, API Gateway and the schedule. A session is fetched twice: stored, then read again."""
    storing = 2 * SESSIONS * (STORE_SECONDS + size.tickers * TWIN_SECONDS)
    seconds = HOURS * IDLE_SECONDS + storing + size.api_calls * API_SECONDS
    return {
        "lambda requests": HOURS + size.api_calls,
        "lambda arm64 duration": seconds * MEMORY_GB,
        "rest calls": size.api_calls,
        "scheduled runs": HOURS,
    }


def table(size: Size) -> Quantities:
    """DynamoDB: consistent reads, two units for each written in a transaction."""
    movers = units(HISTORY * MOVER_ITEM, READ_UNIT)
    sessions = units(size.sessions_read * size.session_bytes, READ_UNIT)
    past = units(TICKER_SESSIONS * ROW_ITEM, READ_UNIT)
    # An answer about a session: its mover, the year of movers before, two sessions. Only the history costs more.
    answer = 1 + units(YEAR * MOVER_ITEM, READ_UNIT) + 2 * units(size.session_bytes, READ_UNIT)
    per_run = movers + sessions + size.tickers_compared * past + 3
    per_session = 2 * (units(size.session_bytes, WRITE_UNIT) + 1) + size.tickers + 5
    stored = HISTORY * Decimal(size.session_bytes + MOVER_ITEM + size.tickers * ROW_ITEM) / GB
    return {
        "table reads": (HOURS + 2 * SESSIONS) * per_run + size.api_calls * answer,
        "table writes": HOURS * 2 + SESSIONS * per_session,
        "table storage": stored,
        "table recovery": stored,
    }


def buckets(size: Size) -> Quantities:
    """S3: the raw zone, the twins, and the CDN's reads of them."""
    twins = size.tickers + HISTORY
    raw = HISTORY * 2 * RAW_ANSWER
    published = size.tickers * BAR_TWIN * (TICKER_SESSIONS + HISTORY)
    fetched = FILES * REGIONAL_CACHES * SECONDS / CACHE_SECONDS
    return {
        "bucket storage": Decimal(raw + published) / GB,
        "bucket writes": HOURS * ceil(twins / 1000) + SESSIONS * (size.tickers + 8),
        "bucket reads": min(fetched, size.monthly_views * VIEW_REQUESTS),
    }


def cdn(size: Size) -> Quantities:
    """CloudFront, with every view from an empty browser cache."""
    return {
        "cdn requests": size.monthly_views * VIEW_REQUESTS + size.api_calls,
        "cdn transfer": size.monthly_views * VIEW_BYTES / GB,
        "cdn invalidation": 2 * SESSIONS,
    }


def watching(size: Size) -> Quantities:
    """CloudWatch, X-Ray and notices. X-Ray records one request per second and 5 % of the others."""
    logs = (HOURS * RUN_LOG + size.api_calls * REQUEST_LOG) / GB
    calls = size.api_calls + HOURS
    first = min(calls, SECONDS)
    return {
        "alarms": Decimal(ALARMS),
        "dashboards": Decimal(DASHBOARDS),
        "metrics": Decimal(OWN_METRICS),
        "log intake": logs,
        "log storage": 3 * logs,
        "traces": first + (calls - first) / 20,
        "notices": Decimal(NOTICES),
        "queue requests": Decimal(NOTICES),
        "parameters": Decimal(PARAMETERS),
        "budgets": Decimal(BUDGETS),
    }


def units(size_bytes: int, unit: int) -> int:
    """Request units for a read or write of this size."""
    return ceil(size_bytes / unit)


PARTS: tuple[Callable[[Size], Quantities], ...] = (compute, table, buckets, cdn, watching)


def usage(size: Size) -> Quantities:
    """A month's whole usage, by the name of its price."""
    return {name: quantity for part in PARTS for name, quantity in part(size).items()}
