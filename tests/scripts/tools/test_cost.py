import json
import re
from dataclasses import replace
from decimal import Decimal

import pytest

from api import handler as http
from api.records import MOST_TICKERS, Status
from ingest.daily.metrics import emit
from ingest.daily.run import Report
from ingest.site import EVERYTHING
from scripts.tools.cost.__main__ import bill, caveat, cell, cost_table, flood_line, price_table
from scripts.tools.cost.prices import NO_TIER, PRICES, Price, services
from scripts.tools.cost.usage import (
    OWN_METRICS,
    SIZES,
    Size,
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


def test_a_flood_costs_what_its_requests_cost() -> None:
    calm, flooded = usage(SMALL), usage(replace(SMALL, flood=1_000_000))

    assert flooded["rest calls"] - calm["rest calls"] == 1_000_000
    assert re.fullmatch(r"A flood .* at its limit of 10 a second: \d+\.\d\d a day\.", flood_line())


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
    monkeypatch.setenv("MARKET", "us")
    monkeypatch.setattr(http, "store", Statuses)
    emit(Report(), "test")
    asked_by_the_cdn = {"User-Agent": "Amazon CloudFront"}
    http.handler({"httpMethod": "GET", "path": "/status.json", "headers": asked_by_the_cdn}, None)

    told = [json.loads(line)["_aws"]["CloudWatchMetrics"][0] for line in capsys.readouterr().out.splitlines()]
    assert sum(len(each["Metrics"]) for each in told) == OWN_METRICS


def test_a_publishing_run_pays_for_one_path() -> None:
    assert len(EVERYTHING) == 1


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
