"""The market server, read by Massive's own client."""

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
from massive import RESTClient

from ingest.calendar import NEW_YORK, load_calendar
from scripts.market.endpoints import Market
from scripts.market.server import MarketServer
from scripts.market.simulated import SimulatedMarket

SATURDAY = datetime(2026, 11, 21, 12, tzinfo=UTC)
FRIDAY = date(2026, 11, 20)
MARKET: Market = SimulatedMarket()


@pytest.fixture
def server() -> Iterator[MarketServer]:
    with MarketServer(
        MARKET, clock=lambda: SATURDAY, calendar=load_calendar(), plan="basic", keys=frozenset({"key"})
    ) as running:
        yield running


@pytest.fixture
def client(server: MarketServer) -> Iterator[RESTClient]:
    client = RESTClient("key", base=server.url, retries=0)
    yield client
    client.client.clear()


def day_of(timestamp: float) -> date:
    return datetime.fromtimestamp(timestamp / 1000, NEW_YORK).date()


def test_the_client_reads_a_grouped_day(client: RESTClient) -> None:
    rows = {row.ticker: row for row in client.get_grouped_daily_aggs(FRIDAY, adjusted=False)}
    bars = MARKET.session(FRIDAY)
    assert rows.keys() == bars.keys()
    for ticker, bar in bars.items():
        row = rows[ticker]
        seen = (row.open, row.high, row.low, row.close, row.volume)
        assert seen == tuple(map(float, (bar.open, bar.high, bar.low, bar.close, bar.volume)))
        assert day_of(row.timestamp) == FRIDAY


def test_the_client_reads_the_previous_day(client: RESTClient) -> None:
    [row] = client.get_previous_close_agg("BRK.B")
    assert (row.ticker, day_of(row.timestamp)) == ("BRK.B", FRIDAY)
    assert row.close == float(MARKET.session(FRIDAY)["BRK.B"].close)


def test_the_client_follows_the_pages_of_a_range(client: RESTClient, server: MarketServer) -> None:
    rows = list(client.list_aggs("AAPL", 1, "day", "2025-11-20", FRIDAY, adjusted=False, limit=50))
    bars = MARKET.bars("AAPL", date(2025, 11, 20), FRIDAY)
    assert [(day_of(row.timestamp), row.close) for row in rows] == [
        (day, float(bar.close)) for day, bar in bars.items()
    ]
    assert len(bars) == 252
    assert server.stats() == {"total": 6, "requests": {"range": {"200": 6}}}


def test_the_client_follows_the_pages_backwards(client: RESTClient) -> None:
    rows = list(client.list_aggs("TSLA", 1, "day", "2026-10-01", FRIDAY, sort="desc", limit=10))
    days = load_calendar().sessions(date(2026, 10, 1), FRIDAY)
    assert [day_of(row.timestamp) for row in rows] == days[::-1]


def test_the_client_reads_one_open_and_close(client: RESTClient) -> None:
    row = client.get_daily_open_close_agg("BCpC", FRIDAY)
    assert (row.symbol, row.from_, row.close) == (
        "BCpC",
        "2026-11-20",
        float(MARKET.session(FRIDAY)["BCpC"].close),
    )


def test_the_client_reads_the_market_status(client: RESTClient) -> None:
    status = client.get_market_status()
    assert (status.market, status.exchanges.nyse, status.server_time) == (
        "closed",
        "closed",
        "2026-11-21T07:00:00-05:00",
    )
    holidays = client.get_market_holidays()
    assert (holidays[0].name, holidays[0].date, holidays[0].status) == (
        "Thanksgiving",
        "2026-11-26",
        "closed",
    )
    assert {holiday.status for holiday in holidays} == {"closed", "early-close"}
