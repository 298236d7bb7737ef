"""The prices of us-east-1, each with where and when it was read: `prices.csv`, and what a quantity costs by them.

`free` is what every account has for good; what new accounts are offered for a time is left out. A price is that of the
first tier, up to `tier` units; a usage that leaves it is refused rather than charged too much.
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
        """Read in others' words about it, not at AWS."""
        return not self.from_memory and not self.source.startswith(("aws.amazon.com", "docs.aws.amazon.com"))

    def cost(self, quantity: Decimal, *, with_free_tier: bool) -> Decimal:
        """What a month's quantity costs. Raises ValueError beyond the first tier."""
        if quantity > self.tier:
            raise ValueError(f"{quantity:,} {self.unit} a month: a cheaper tier begins at {self.tier:,}")
        charged = max(quantity - self.free, Decimal()) if with_free_tier else quantity
        return charged * self.dollars / self.per


def read_prices() -> dict[str, Price]:
    """All prices by the name of what they are for."""
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
