import json
import re
from dataclasses import replace
from decimal import Decimal

import pytest

from api import handler as http
from api.records import MOST_TICKERS, Status
from ingest.daily.metrics import emit
from ingest.daily.run import Report
from ingest.daily.twins import INVALIDATED
from scripts.cost.__main__ import bill, caveat, cell, cost_table, flood_line, price_table
from scripts.cost.prices import NO_TIER, PRICES, Price, services
from scripts.cost.usage import (
    DAYS,
    HOURS,
    OWN_METRICS,
    PATHS,
    SECONDS,
    SESSIONS,
    SIZES,
    Size,
    units,
    usage,
)
from tests.samples import status


class Statuses:
    """A table with nothing but a status in it."""

    def status(self) -> Status:
        return status()


SMALL = Size("small", tickers=100, views=1_000)


def price(*, free: int = 0, tier: Decimal = NO_TIER) -> Price:
    return Price("S3", "GETs", Decimal("0.50"), 1000, free, tier, "somewhere", "2026-01-01")


@pytest.mark.parametrize(
    ("quantity", "free", "paid"),
    [("4000", 0, "2"), ("4000", 1000, "1.50"), ("1000", 1000, "0"), ("10", 1000, "0")],
)
def test_what_is_beyond_the_free_tier_is_paid_by_the_unit(quantity: str, free: int, paid: str) -> None:
    assert price(free=free).cost(Decimal(quantity), with_free_tier=True) == Decimal(paid)


def test_without_the_free_tier_all_is_paid() -> None:
    assert price(free=1000).cost(Decimal(4000), with_free_tier=False) == 2


def test_a_usage_for_which_a_cheaper_tier_exists_is_refused() -> None:
    with pytest.raises(ValueError, match="a cheaper tier begins at 1,000"):
        price(tier=Decimal(1000)).cost(Decimal(1001), with_free_tier=True)


def test_every_use_has_a_price_and_every_price_a_use() -> None:
    assert usage(SMALL).keys() == PRICES.keys()


def test_every_price_says_where_and_when_it_was_read_or_that_it_was_not() -> None:
    for name, price in PRICES.items():
        assert price.source, name
        assert re.search(r"20\d\d|undated cop", price.read) or "not verified" in price.source, name


def test_a_run_is_hourly_and_an_api_call_is_one_view_in_a_hundred() -> None:
    used = usage(SMALL)

    calls = 10 * DAYS
    assert used["scheduled runs"] == HOURS
    assert used["rest calls"] == calls
    assert used["lambda requests"] == HOURS + calls
    # Half a gigabyte for: runs of 4 s; for each session two runs of 10 s and 100 twins of 0.03 s more; calls of 0.1 s.
    assert used["lambda arm64 duration"] == (HOURS * 4 + SESSIONS * 2 * 13 + calls / 10) / 2


def test_reads_of_the_table_are_consistent_and_writes_of_a_session_are_transactions() -> None:
    used = usage(SMALL)

    # A run reads 504 movers of 350 bytes (44 units of 4 KB), 250 sessions of 16,000 bytes (977), a twenty-fourth of the
    # tickers (5, each 252 rows of 130 bytes: 8), three items more; twice where it stores or checks a session.
    assert used["table reads"] == (HOURS + 2 * SESSIONS) * (44 + 977 + 5 * 8 + 3) + 10 * DAYS * 8
    # A run writes and deletes its lease. A session is 16 units of 1 KB and its mover one, doubled; a row for each
    # ticker, five updates more.
    assert used["table writes"] == HOURS * 2 + SESSIONS * (2 * 17 + 100 + 5)
    assert used["table storage"] == used["table recovery"] == Decimal(504 * (16_350 + 13_000)) / 10**9


def test_a_flood_costs_what_its_requests_cost() -> None:
    calm, flooded = usage(SMALL), usage(replace(SMALL, flood=1_000_000))

    assert flooded["rest calls"] - calm["rest calls"] == 1_000_000
    assert round(flooded["table reads"] - calm["table reads"]) == 8_000_000
    assert re.fullmatch(r"A flood .* at its limit of 10 a second: \d+\.\d\d a day\.", flood_line())


def test_a_session_puts_every_tickers_file_and_a_run_lists_a_thousand_at_a_time() -> None:
    used = usage(SMALL)

    assert used["bucket writes"] == HOURS * 1 + SESSIONS * 108
    assert used["bucket storage"] == Decimal(504 * 2 * 400_000 + 100 * 140 * 756) / 10**9
    assert usage(Size("", tickers=500, views=0))["bucket writes"] == HOURS * 2 + SESSIONS * 508


def test_the_cdn_asks_the_bucket_no_more_often_than_its_copies_expire() -> None:
    many = usage(Size("", tickers=1, views=10**6))

    assert usage(SMALL)["bucket reads"] == 10_000 * DAYS
    assert many["bucket reads"] == 5 * 13 * SECONDS / 300


def test_a_view_is_ten_requests_and_sixteen_kilobytes() -> None:
    used = usage(SMALL)

    assert used["cdn requests"] == 10_000 * DAYS + used["rest calls"]
    assert used["cdn transfer"] == 1_000 * DAYS * 16_000 / 10**9
    assert used["cdn invalidation"] == SESSIONS * 2 * 5


def test_xray_records_one_request_a_second_and_a_twentieth_of_the_rest() -> None:
    few, many = usage(SMALL), usage(Size("", tickers=1, views=100 * 86_400 * 2))

    assert few["traces"] == few["lambda requests"]
    assert many["traces"] == SECONDS + (SECONDS + HOURS) / 20


def test_logs_are_kept_three_months() -> None:
    used = usage(SMALL)

    assert used["log intake"] == (HOURS * 2_500 + used["rest calls"] * 800) / 10**9
    assert used["log storage"] == 3 * used["log intake"]


@pytest.mark.parametrize(
    ("size", "unit", "expected"), [(0, 4096, 0), (1, 4096, 1), (4096, 4096, 1), (4097, 4096, 2)]
)
def test_a_begun_unit_is_a_unit(size: int, unit: int, expected: int) -> None:
    assert units(size, unit) == expected


def test_a_bill_adds_up_each_use_under_its_service() -> None:
    used = usage(SMALL)

    without = bill(SMALL, with_free_tier=False)

    assert without["S3"] == (
        used["bucket storage"] * Decimal("0.023")
        + used["bucket writes"] * Decimal("0.005") / 1000
        + used["bucket reads"] * Decimal("0.0004") / 1000
    )
    assert sum(without.values()) > sum(bill(SMALL, with_free_tier=True).values())


def test_what_viewers_cost_is_the_cdn_and_what_tickers_cost_is_not() -> None:
    views, tickers = Size("", tickers=100, views=2_000_000), Size("", tickers=200, views=1_000)

    dearer = {
        service: bill(views, with_free_tier=False)[service] - bill(SMALL, with_free_tier=False)[service]
        for service in services()
    }

    assert max(dearer, key=lambda service: dearer[service]) == "CloudFront"
    assert (
        bill(tickers, with_free_tier=False)["CloudFront"] == bill(SMALL, with_free_tier=False)["CloudFront"]
    )


@pytest.mark.parametrize(
    ("paid", "full", "shown"), [("1234.567", "1234.567", "1,234.57"), ("0", "1.4", "0.00 (1.40)")]
)
def test_an_amount_is_followed_by_the_one_without_the_free_tier_where_it_differs(
    paid: str, full: str, shown: str
) -> None:
    assert cell(Decimal(paid), Decimal(full)) == shown


def test_the_tables_have_a_line_for_each_service_and_each_price() -> None:
    costs, prices = list(cost_table(SIZES)), list(price_table(PRICES.values()))

    assert [line.split(" | ")[0].removeprefix("| ") for line in costs[2:-1]] == list(services())
    assert len(prices) == len(PRICES) + 2
    assert {line.count("|") for line in costs} == {len(SIZES) + 2}


def test_the_sizes_are_those_that_a_session_fits_into_its_item() -> None:
    most = max(size.tickers for size in SIZES)

    assert most == MOST_TICKERS
    assert Size("", most, 0).session_bytes <= 400 * 1024


def test_every_metric_that_the_functions_write_is_paid(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STAGE", "test")
    monkeypatch.setattr(http, "store", Statuses)
    emit(Report(), "test")
    asked_by_the_cdn = {"User-Agent": "Amazon CloudFront"}
    http.handler({"httpMethod": "GET", "path": "/status.json", "headers": asked_by_the_cdn}, None)

    told = [json.loads(line)["_aws"]["CloudWatchMetrics"][0] for line in capsys.readouterr().out.splitlines()]
    assert sum(len(each["Metrics"]) for each in told) == OWN_METRICS


def test_every_path_that_a_publishing_run_invalidates_is_paid() -> None:
    assert len(INVALIDATED) == PATHS


def test_prices_that_nobody_has_read_at_aws_are_named_by_service() -> None:
    read = price()
    prices = [
        replace(read, source="aws.amazon.com/s3/pricing"),
        replace(read, source="docs.aws.amazon.com, Managing"),
        replace(read, unit="PUTs", source="somebody.example/s3"),
        replace(read, unit="GETs", source="somebody.example; free tier: aws.amazon.com"),
        replace(read, service="SNS", source="from memory, not verified"),
    ]

    assert caveat(prices) == "Prices from memory: SNS (GETs); read second hand: S3 (PUTs, GETs)."
