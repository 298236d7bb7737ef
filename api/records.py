"""The facts of the product: bars, sessions, movers, status; and the one rule that ranks them.

Prices and percentages are `Decimal`, instants aware UTC, a trading day is a `date` of its exchange.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction

from api.markets import Market

# One table item (400 KB) holds a session with every bar of the watchlist.
MOST_TICKERS = 2500


@dataclass(frozen=True, slots=True)
class Bar:
    """One ticker's session: as-traded prices, and the volume in shares (fractional shares are real)."""

    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal

    @property
    def move(self) -> Fraction:
        """The exact open-to-close change, as a ratio. Real sessions differ only past the printed digits."""
        return Fraction(self.close) / Fraction(self.open) - 1

    @property
    def percent_change(self) -> Decimal:
        return percent(self.move)

    @property
    def fields(self) -> dict[str, Decimal]:
        """The bar as documents and the table's items name its parts."""
        return {
            "Open": self.open,
            "High": self.high,
            "Low": self.low,
            "Close": self.close,
            "Volume": self.volume,
            "PercentChange": self.percent_change,
        }


@dataclass(frozen=True, slots=True)
class Session:
    """One trading day of the watchlist it was recorded with. Excused tickers carry no bar but a reason.

    `splits` are those that became effective with its open, new shares for an old one; `None` where nobody was asked.
    `rows` is the revision that the ticker rows in the table were written for, 0 before; `gone` are tickers of the
    session it replaced, whose rows are still to be deleted. These three are no part of what is judged.
    """

    date: date
    revision: int
    watchlist: tuple[str, ...]
    bars: Mapping[str, Bar]
    excused: Mapping[str, str] = field(default_factory=dict)
    splits: Mapping[str, Fraction] | None = field(default=None, compare=False)
    rows: int = field(default=0, compare=False)
    gone: tuple[str, ...] = field(default=(), compare=False)

    def ranked(self) -> list[tuple[str, Bar]]:
        """Tickers and bars, biggest absolute move first; a true tie goes to the ticker listed first."""
        listed = ((ticker, self.bars[ticker]) for ticker in self.watchlist if ticker in self.bars)
        return sorted(listed, key=lambda entry: abs(entry[1].move), reverse=True)


@dataclass(frozen=True, slots=True)
class Row:
    """One ticker in one stored session: what the ticker's past is read from."""

    ticker: str
    date: date
    bar: Bar
    won: bool
    revision: int


@dataclass(frozen=True, slots=True)
class Winner:
    """The winner of a session as it is published in lists."""

    date: date
    ticker: str
    percent_change: Decimal
    closing_price: Decimal


@dataclass(frozen=True, slots=True)
class Mover(Winner):
    """All that is known of a winner. `margin` is the lead over the runner-up in percentage points."""

    open: Decimal
    runner_up: str | None
    margin: Decimal | None
    provider: str
    recorded_at: datetime
    checked_at: datetime | None
    revision: int


@dataclass(frozen=True, slots=True)
class Source:
    """Where the data comes from. `clock_offset_seconds` is added to real time when recorded data is replayed."""

    provider: str
    kind: str
    clock_offset_seconds: int = 0


@dataclass(frozen=True, slots=True)
class Hole:
    """Why a session could not be filled, and the instant from which the provider may be asked for it again.

    `terms` stands for the watchlist and the excuses that it was judged by: where they change, the hole is another one.
    """

    reason: str
    ask_after: datetime
    terms: str


@dataclass(frozen=True, slots=True)
class Status:
    """How fresh the stored data is and what comes next. `expected` and `missing` are newest first.

    `holes` are kept for the next runs and are not published.
    """

    as_of: date | None
    generated_at: datetime
    stale_after: datetime
    next_session: date
    expected: tuple[date, ...]
    missing: tuple[date, ...]
    watchlist: tuple[str, ...]
    source: Source
    holes: Mapping[date, Hole] = field(default_factory=dict)

    def since(self, known: "Status | None") -> "Status":
        """The same with the instant of an earlier status that says the same to viewers."""
        if known and replace(self, generated_at=known.generated_at, holes=known.holes) == known:
            return replace(self, generated_at=known.generated_at)
        return self


def rows(session: Session, winner: str) -> list[Row]:
    """The ticker rows of a session, one for each bar."""
    return [
        Row(ticker, session.date, bar, ticker == winner, session.revision)
        for ticker, bar in session.bars.items()
    ]


def strict_date(text: object) -> date | None:
    """The calendar date written as YYYY-MM-DD; `None` for anything else, other ISO forms of a date included."""
    try:
        day = date.fromisoformat(str(text))
    except ValueError:
        return None
    return day if str(day) == text else None


def instant(value: datetime) -> str:
    """RFC 3339 in UTC, to the second: how documents and the table's items write an instant."""
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def percent(move: Fraction) -> Decimal:
    """A ratio in percent, rounded once, half to even, to 6 decimals."""
    return Decimal(f"{round(move * 10**8)}E-6")  # from text: exact, where arithmetic would keep 28 digits


def margin(moves: Iterable[Fraction]) -> Decimal | None:
    """The lead of the first of two ranked moves over the second, in percentage points; `None` without a second."""
    first, *others = [abs(move) for move in moves]
    return percent(first - others[0]) if others else None


def check_watchlist(watchlist: Sequence[str], market: Market) -> None:
    """Raise ValueError unless the watchlist has 1 to 2500 different tickers of the market; case tells tickers apart."""
    if not 1 <= len(watchlist) <= MOST_TICKERS:
        raise ValueError(f"watchlist has {len(watchlist)} tickers: allowed is 1 to {MOST_TICKERS}")
    for ticker in watchlist:
        if not market.ticker.fullmatch(ticker):
            raise ValueError(f"watchlist ticker {ticker!r}: allowed is {market.spelling}")
    if repeated := [ticker for ticker, times in Counter(watchlist).items() if times > 1]:
        raise ValueError(f"watchlist repeats {', '.join(repeated)}: each ticker is allowed once")
