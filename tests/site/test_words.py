"""The publisher's words and the modules' are the same, number by number: documents are redrawn with the latter."""

import json
import random
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from api.documents import number
from api.markets import INDIA, US, Market
from api.records import instant
from ingest.daily import words
from tests.site.test_modules import ASSETS, NODE

TELL = """
const words = await import(process.argv[1]);
const asked = JSON.parse(process.argv[2]);
console.log(JSON.stringify(asked.map(([name, ...values]) => words[name](...values))));
"""
RANDOM = random.Random(1)  # noqa: S311 - a sample, the same in each run


def said(asked: list[str]) -> list[Any]:
    """What the module says of each `[name, argument, …]`, written as JSON."""
    text = f"[{','.join(asked)}]"
    command = [str(NODE), "--input-type=module", "--eval", TELL, (ASSETS / "words.js").as_uri(), text]
    told = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)  # noqa: S603
    found: list[Any] = json.loads(told.stdout)
    return found


def decimals(largest: int) -> Iterator[Decimal]:
    """As they are published: six digits at most. Halves, which binary fractions miss, and numbers of every size."""
    yield from map(
        Decimal, ("0", "0.000001", "0.004999", "0.005", "0.995", "0.9999", "0.99995", "1", "1.005")
    )
    for _ in range(150):
        digits = RANDOM.randrange(largest) // 10 ** RANDOM.randrange(len(str(largest)))
        yield Decimal(digits) + Decimal(RANDOM.randrange(10**6)) / 10**6
        yield Decimal(digits) + Decimal(RANDOM.randrange(1000) * 10 + 5) / 10**4


Case = tuple[str, str, str]
"""What the module is asked, as JSON, and what the publisher says."""


def numbers() -> Iterator[Case]:
    for each in decimals(500):
        for change in (each, -each):
            yield "percent", number(change), words.percent(change)
        yield "points", number(each), words.points(each)
    for each in decimals(10**6):
        for currency in ("USD", "INR"):
            yield "price", f'{number(each)},"{currency}"', words.price(each, currency)
    for shares in (*decimals(10**11), *map(Decimal, (999_949, 999_950, 999_999_950, 10**9 - 1))):
        whole = shares.to_integral()
        yield "volume", number(whole), words.volume(whole)
    for count in (0, 1, 2, 1000):
        yield "count", f'{count},"stock"', words.count(count, "stock")


def days() -> Iterator[Case]:
    forms: dict[str, Callable[[date], str]] = {
        "longDay": words.long_day,
        "fullDay": words.full_day,
        "shortDay": words.short_day,
    }
    for ago in range(0, 400, 7):
        day = date(2026, 12, 31) - timedelta(days=ago)
        for name, form in forms.items():
            yield name, f'"{day}"', form(day)


def moments(market: Market) -> Iterator[Case]:
    """Every few hours of a year, with its changes of the clocks."""
    clocks = json.dumps({name: zone.key for name, zone in market.clocks})
    for hours in range(0, 366 * 24, 11):
        at = datetime(2026, 1, 1, 0, 7, tzinfo=UTC) + timedelta(hours=hours)
        yield "moment", f'"{instant(at)}",{clocks}', words.moment(at, market)


@pytest.mark.parametrize(
    "cases",
    [numbers, days, lambda: moments(US), lambda: moments(INDIA)],
    ids=["numbers", "days", "New York", "Mumbai"],
)
def test_both_say_the_same(cases: Callable[[], Iterator[Case]]) -> None:
    asked = list(cases())
    found = said([f'["{name}",{arguments}]' for name, arguments, _ in asked])
    apart = [(*case, other) for case, other in zip(asked, found, strict=True) if other != case[2]]
    assert apart == []
