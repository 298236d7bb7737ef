"""The stand-in, read by Massive's own client."""

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
from massive import RESTClient

from api.markets import US
from ingest.calendar import load_calendar
from scripts.vendors.massive import massive_server
from scripts.vendors.server import VendorServer
from scripts.vendors.tape import Tape
from scripts.vendors.tape.simulated import SimulatedTape

SATURDAY = datetime(2026, 11, 21, 12, tzinfo=UTC)
FRIDAY = date(2026, 11, 20)
TAPE: Tape = SimulatedTape()


@pytest.fixture
def server() -> Iterator[VendorServer]:
    with massive_server(
        TAPE, clock=lambda: SATURDAY, calendar=load_calendar(US), plan="basic", keys=frozenset({"key"})
    ) as running:
        yield running


@pytest.fixture
def client(server: VendorServer) -> Iterator[RESTClient]:
    client = RESTClient("key", base=server.url, retries=0)
    yield client
    client.client.clear()


def day_of(timestamp: float) -> date:
    return datetime.fromtimestamp(timestamp / 1000, US.clock).date()


def test_the_client_reads_a_grouped_day(client: RESTClient) -> None:
    rows = {row.ticker: row for row in client.get_grouped_daily_aggs(FRIDAY, adjusted=False)}
    bars = TAPE.session(FRIDAY)
    assert rows.keys() == bars.keys()
    for ticker, bar in bars.items():
        row = rows[ticker]
        seen = (row.open, row.high, row.low, row.close, row.volume)
        assert seen == tuple(map(float, (bar.open, bar.high, bar.low, bar.close, bar.volume)))
        assert day_of(row.timestamp) == FRIDAY


def test_the_client_follows_the_pages_of_a_range(client: RESTClient, server: VendorServer) -> None:
    rows = list(client.list_aggs("AAPL", 1, "day", "2025-11-20", FRIDAY, adjusted=False, limit=50))
    bars = TAPE.bars("AAPL", date(2025, 11, 20), FRIDAY)
    assert [(day_of(row.timestamp), row.close) for row in rows] == [
        (day, float(bar.close)) for day, bar in bars.items()
    ]
    assert len(bars) == 252
    assert server.stats() == {"total": 6, "requests": {"range": {"200": 6}}}


def test_the_client_follows_the_pages_of_the_splits(client: RESTClient, server: VendorServer) -> None:
    found = client.list_splits(execution_date_gte="2025-11-17", execution_date_lte=FRIDAY, limit=2)
    assert [(row.ticker, row.execution_date, row.split_from, row.split_to) for row in found] == [
        ("QCOM", "2026-11-18", 2, 3),
        ("T", "2026-06-15", 4, 1),
        ("NFLX", "2025-11-17", 1, 10),
    ]
    assert server.stats() == {"total": 2, "requests": {"splits": {"200": 2}}}
