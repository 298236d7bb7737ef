"""Prints monthly AWS costs for three sizes, and the prices, as Markdown: `python -m scripts.tools.cost`."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from decimal import Decimal

from infra.settings import default_context
from scripts.tools.cost.prices import PRICES, Price, services
from scripts.tools.cost.usage import SIZES, Size, usage

CENT = Decimal("0.01")


def bill(size: Size, *, with_free_tier: bool) -> dict[str, Decimal]:
    """A month's costs by service."""
    total = dict.fromkeys(services(), Decimal())
    for name, quantity in usage(size).items():
        total[PRICES[name].service] += PRICES[name].cost(quantity, with_free_tier=with_free_tier)
    return total


def cost_table(sizes: Iterable[Size]) -> Iterator[str]:
    """The bills side by side; in parentheses the amounts without the free tier."""
    sizes = tuple(sizes)
    paid = [bill(size, with_free_tier=True) for size in sizes]
    full = [bill(size, with_free_tier=False) for size in sizes]
    yield row("US dollars a month", *(size.name for size in sizes))
    yield row("---", *("---:" for _ in sizes))
    for service in services():
        yield row(
            service, *(cell(one[service], other[service]) for one, other in zip(paid, full, strict=True))
        )
    totals = zip((sum(one.values()) for one in paid), (sum(one.values()) for one in full), strict=True)
    yield row("**total**", *(cell(Decimal(one), Decimal(other)) for one, other in totals))


def flood_line() -> str:
    """The cost of a day with as many requests for one resource as the API's throttle allows."""
    rate = int(str(default_context()["throttle_rate"]))
    calm, flooded = SIZES[0], replace(SIZES[0], flood=rate * 86_400)
    extra = sum(bill(flooded, with_free_tier=False).values()) - sum(bill(calm, with_free_tier=False).values())
    return f"A flood of one API resource at its limit of {rate} requests a second costs {money(Decimal(extra))} a day."


def price_table(prices: Iterable[Price]) -> Iterator[str]:
    """Every price with its unit, its free tier and its source."""
    yield row("service", "unit", "US dollars", "free each month", "read at", "on")
    yield row("---", "---", "---:", "---:", "---", "---")
    for price in prices:
        dollars = f"{price.dollars} / {price.per:,}" if price.per > 1 else str(price.dollars)
        yield row(price.service, price.unit, dollars, f"{price.free:,}", price.source, price.read)


def caveat(prices: Iterable[Price]) -> str:
    """Which prices are not from AWS itself."""
    prices = tuple(prices)
    memory = named(price for price in prices if price.from_memory)
    others = named(price for price in prices if price.second_hand)
    return f"Prices from memory: {memory}; from third parties: {others}."


def named(prices: Iterable[Price]) -> str:
    """Prices by service, with their units in parentheses."""
    units = dict[str, list[str]]()
    for price in prices:
        units.setdefault(price.service, []).append(price.unit)
    return ", ".join(f"{service} ({', '.join(paid)})" for service, paid in units.items())


def row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def cell(paid: Decimal, full: Decimal) -> str:
    """An amount, and in parentheses the one without the free tier if it differs."""
    return money(paid) if money(paid) == money(full) else f"{money(paid)} ({money(full)})"


def money(amount: Decimal) -> str:
    return f"{amount.quantize(CENT):,}"


def main() -> None:
    prices = PRICES.values()
    print("\n".join([*cost_table(SIZES), "", flood_line(), "", caveat(prices), "", *price_table(prices)]))


if __name__ == "__main__":
    main()
