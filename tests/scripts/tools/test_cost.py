import json
import re
from decimal import Decimal

import pytest

from api import handler as http
from api.records import Status
from ingest.daily.metrics import emit
from ingest.daily.run import Report
from scripts.tools.cost.prices import NO_TIER, PRICES, Price
from scripts.tools.cost.usage import (
    OWN_METRICS,
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


def test_a_usage_for_which_a_cheaper_tier_exists_is_refused() -> None:
    with pytest.raises(ValueError, match="a cheaper tier begins at 1,000"):
        price(tier=Decimal(1000)).cost(Decimal(1001), with_free_tier=True)


def test_every_use_has_a_price_and_every_price_a_use() -> None:
    assert usage(SMALL).keys() == PRICES.keys()


def test_every_price_says_where_and_when_it_was_read_or_that_it_was_not() -> None:
    for name, price in PRICES.items():
        assert price.source, name
        assert re.search(r"20\d\d|undated cop", price.read) or "not verified" in price.source, name


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
