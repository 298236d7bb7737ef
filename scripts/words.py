"""Numbers, days, and times in the words of the terminal."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from api.markets import Market


def count(number: int, noun: str) -> str:
    """`1 session`, `240 sessions`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def day(value: date) -> str:
    """`Fri, Nov 27`."""
    return f"{value:%a, %b} {value.day}"


def span(days: Sequence[date]) -> str:
    """The first and last day, with the years if these differ."""
    first, last = min(days), max(days)
    if first.year != last.year:
        return f"{_short(first)}, {first.year} – {_short(last)}, {last.year}"
    if first.month != last.month:
        return f"{_short(first)} – {_short(last)}"
    return _short(first) + (f"–{last.day}" if first != last else "")


def listed(items: Sequence[object], shown: int = 7) -> str:
    """The first items, and how many more there are."""
    rest = len(items) - shown
    return ", ".join(map(str, items[:shown])) + (f" and {rest} more" if rest > 0 else "")


def change(percent: Decimal | float) -> str:
    """`+2.62%`."""
    return f"{percent:+.2f}%"


def clock(moment: datetime, market: Market) -> str:
    """`12:10 AM ET`, by the exchange's clock."""
    local = moment.astimezone(market.clock)
    zone = {"EST": "ET", "EDT": "ET"}.get(name := local.strftime("%Z"), name)
    return f"{local:%I:%M %p} {zone}".removeprefix("0")


def ago(seconds: float) -> str:
    """`3 min ago`."""
    for unit, length in (("day", 86400), ("hour", 3600)):
        if seconds >= length:
            return f"{count(int(seconds // length), unit)} ago"
    return f"{int(seconds // 60)} min ago" if seconds >= 60 else "less than a minute ago"


def _short(value: date) -> str:
    return f"{value:%b} {value.day}"
