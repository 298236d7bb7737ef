"""How the pages write numbers, dates, and sentences: in US English, for every reader.

`site/assets/words.js` writes the same in the browser; a test compares what both make of the same sessions. Pure.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from api.markets import SYMBOLS, Market

ARROWS = {"up": "▲", "down": "▼", "flat": "■"}
BILLION, MILLION, THOUSAND = Decimal(10**9), Decimal(10**6), Decimal(1000)


def direction(change: Decimal) -> str:
    """`up`, `down` or `flat`."""
    return "up" if change > 0 else "down" if change < 0 else "flat"


def percent(change: Decimal) -> str:
    """`+4.09%`, with a real minus sign: screen readers skip a hyphen."""
    text = f"{_rounded(change, 2):+,}%"
    return text.removeprefix("+").removeprefix("-") if text[1:] == "0.00%" else text.replace("-", "−")


def points(lead: Decimal) -> str:
    """A lead in percentage points. A near tie must not look like a tie, so a tiny lead keeps its first digit."""
    return f"{_rounded(lead, 2) or lead.normalize():f} pts"


def price(amount: Decimal, currency: str) -> str:
    """Two decimals; four below one dollar or rupee."""
    return f"{SYMBOLS.get(currency, currency)}{_rounded(amount, 2 if amount >= 1 else 4):,}"


def volume(shares: Decimal) -> str:
    """Shares, short: `79.7M`."""
    for unit, size in (("B", BILLION), ("M", MILLION), ("K", THOUSAND)):
        # 999,950 and more are a whole unit once rounded.
        if shares >= size - size / 20_000:
            return f"{_short(shares / size)}{unit}"
    return _short(shares)


def count(number: int, one: str, many: str = "") -> str:
    """`1 win`, `2 wins`."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


def long_day(day: date) -> str:
    """`Friday, May 29, 2026`"""
    return f"{day:%A, %B} {day.day}, {day.year}"


def full_day(day: date) -> str:
    """`Fri, May 29, 2026`"""
    return f"{short_day(day)}, {day.year}"


def short_day(day: date) -> str:
    """`Fri, May 29`"""
    return f"{day:%a, %b} {day.day}"


def moment(instant: datetime, market: Market) -> str:
    """An instant on the clocks that the market's readers go by: `May 30, 9:10 AM PT · 12:10 PM ET`."""
    written, last = [], None
    for name, zone in market.clocks:
        local = instant.astimezone(zone)
        day = f"{local:%b} {local.day}, " if local.date() != last else ""
        written.append(f"{day}{local.hour % 12 or 12}:{local:%M} {'AM' if local.hour < 12 else 'PM'} {name}")
        last = local.date()
    return " · ".join(written)


def headline(session: Mapping[str, Any]) -> str:
    """The answer in a word: `AMZN ▼ 3.56%`."""
    change = session["PercentChange"]
    return f"{session['Ticker']} {ARROWS[direction(change)]} {percent(abs(change)).removeprefix('+')}"


def summary(session: Mapping[str, Any], currency: str) -> str:
    """The answer in two sentences, for those who see only a link to it."""
    first, *others = session["Bars"]
    prices = f"opened {price(first['Open'], currency)}, closed {price(first['Close'], currency)}"
    second = f" Runner-up: {others[0]['Ticker']} {percent(others[0]['PercentChange'])}." if others else ""
    watched = count(len(session["Bars"]), "stock")
    return f"{long_day(session['Date'])}: {prices}.{second} Biggest open-to-close move of {watched}."


def facts(session: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What is worth a word about a session's winner, each with a CSS class: from its document."""
    said = [("best" if fact["Kind"] == "Biggest" else "", _fact(fact, session)) for fact in session["Facts"]]
    lead, second = session["Margin"], session["RunnerUp"]
    if lead:
        said.append(("", f"{points(lead)} ahead of {second}"))
    winner = session["Bars"][0]
    if winner["Volume"]:
        said.append(("", f"Volume {volume(winner['Volume'])}"))
    return said


def _fact(fact: Mapping[str, Any], session: Mapping[str, Any]) -> str:
    match fact["Kind"]:
        case "Unmoved":
            return "Nothing moved"
        case "Tie":
            return f"Tied with {listed(fact['Tickers'])}; {session['Ticker']} is listed first"
        case "Biggest":
            return (
                "Biggest in a year" if fact["Sessions"] > 250 else f"Biggest of {fact['Sessions']} sessions"
            )
        case "Streak":
            return f"{fact['Wins']} wins in a row"
        case "FirstWinSince":
            return f"First win since {full_day(fact['Date'])}"
        case "CloseRace":
            return "Close race"
        case "LeftOut":
            return f"{listed(fact['Tickers'])} left out"
    raise ValueError(f"unknown fact: {fact}")


def listed(tickers: Sequence[str]) -> str:
    """`AAPL, MSFT and NVDA`; of many, the first and how many more."""
    if len(tickers) > 4:
        return f"{', '.join(tickers[:3])} and {len(tickers) - 3} more"
    return " and ".join(filter(None, [", ".join(tickers[:-1]), tickers[-1]]))


def _rounded(value: Decimal, places: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def _short(value: Decimal) -> str:
    return f"{_rounded(value, 1):f}".removesuffix(".0")
