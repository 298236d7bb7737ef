"""Prices in us-east-1 from `prices.csv`, each with where and when it was read, and the cost of a quantity.

`free` is AWS's permanent free tier; temporary offers for new accounts are left out. A price is that of the first
pricing tier, up to `tier` units; more usage is an error, because it would be overcharged.
"""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

NO_TIER = Decimal("Infinity")


@dataclass(frozen=True, slots=True)
class Price:
    """`dollars` for every `per` units; the first `free` units of a month cost nothing."""

    service: str
    unit: str
    dollars: Decimal
    per: int
    free: int
    tier: Decimal
    source: str
    read: str

    @property
    def from_memory(self) -> bool:
        return self.source.startswith("from memory")

    @property
    def second_hand(self) -> bool:
        """Whether the price is from a third party."""
        return not self.from_memory and not self.source.startswith(("aws.amazon.com", "docs.aws.amazon.com"))

    def cost(self, quantity: Decimal, *, with_free_tier: bool) -> Decimal:
        """The cost of a month's quantity. Raises ValueError beyond the first tier."""
        if quantity > self.tier:
            raise ValueError(f"{quantity:,} {self.unit} a month: a cheaper tier begins at {self.tier:,}")
        charged = max(quantity - self.free, Decimal()) if with_free_tier else quantity
        return charged * self.dollars / self.per


def read_prices() -> dict[str, Price]:
    """All prices by name."""
    with Path(__file__).with_name("prices.csv").open() as table:
        return {row["name"]: price(row) for row in csv.DictReader(table)}


def price(row: dict[str, str]) -> Price:
    """One line of the table."""
    return Price(
        service=row["service"],
        unit=row["unit"],
        dollars=Decimal(row["dollars"]),
        per=int(row["per"]),
        free=int(row["free"]),
        tier=Decimal(row["tier"]) if row["tier"] else NO_TIER,
        source=row["source"],
        read=row["read"],
    )


PRICES = read_prices()


def services() -> Iterable[str]:
    """Every service once, in the order of the prices."""
    return dict.fromkeys(price.service for price in PRICES.values())
