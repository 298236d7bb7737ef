"""The product's records (bars, sessions, movers, status) and the one rule that ranks them.

Prices and percentages are `Decimal`, instants are aware UTC, a trading day is the exchange's `date`.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction

from api.markets import Market

Day = date  # where a field is called `date`

# A session with all its bars must fit into one table item (400 KB).
MOST_TICKERS = 2500


@dataclass(frozen=True, slots=True)
class Bar:
    """One ticker in one session: as-traded prices, and volume in shares (fractions of a share occur)."""

    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal

    @property
    def move(self) -> Fraction:
        """The open-to-close change as an exact ratio: two moves may differ only beyond the published digits."""
        return Fraction(self.close) / Fraction(self.open) - 1

    @property
    def percent_change(self) -> Decimal:
        return percent(self.move)

    @property
    def fields(self) -> dict[str, Decimal]:
        """The fields as documents and table items name them."""
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
    """One trading day of the watchlist it was recorded with. Excused tickers have a reason instead of a bar.

    `splits` took effect at this session's open (new shares per old one); `None` if they aren't known. `previous` is the
    exchange's session before this one, stored or not; `None` if an earlier release stored this one. `rows` is the
    revision for which the table's ticker rows were written, 0 if they weren't yet; `gone` are tickers of the replaced
    session whose rows must still be deleted. Comparing two sessions ignores these four.
    """

    date: date
    revision: int
    watchlist: tuple[str, ...]
    bars: Mapping[str, Bar]
    excused: Mapping[str, str] = field(default_factory=dict)
    splits: Mapping[str, Fraction] | None = field(default=None, compare=False)
    previous: Day | None = field(default=None, compare=False)
    rows: int = field(default=0, compare=False)
    gone: tuple[str, ...] = field(default=(), compare=False)

    def ranked(self) -> list[tuple[str, Bar]]:
        """Tickers and bars, biggest absolute move first; an exact tie goes to the ticker listed first."""
        listed = ((ticker, self.bars[ticker]) for ticker in self.watchlist if ticker in self.bars)
        return sorted(listed, key=lambda entry: abs(entry[1].move), reverse=True)

    def split(self, ticker: str) -> Fraction | None:
        """The ticker's new shares per old one, 1 if there was no split; `None` if splits aren't known."""
        return None if self.splits is None else self.splits.get(ticker, Fraction(1))


@dataclass(frozen=True, slots=True)
class Row:
    """One ticker in one stored session; its history is made of these. `split` and `previous` are the session's."""

    ticker: str
    date: date
    bar: Bar
    won: bool
    revision: int
    split: Fraction | None = None
    previous: Day | None = None


@dataclass(frozen=True, slots=True)
class Winner:
    """The winner of a session, with the four fields published in lists."""

    date: date
    ticker: str
    percent_change: Decimal
    closing_price: Decimal


@dataclass(frozen=True, slots=True)
class Mover(Winner):
    """Everything stored about a winner. `margin` is its lead, in percentage points; `checked_at`, its one re-read."""

    open: Decimal
    runner_up: str | None
    margin: Decimal | None
    provider: str
    recorded_at: datetime
    checked_at: datetime | None
    revision: int


@dataclass(frozen=True, slots=True)
class Source:
    """Where the data comes from. A replay's time is real time plus `clock_offset_seconds`, which is 0 otherwise."""

    provider: str
    kind: str
    clock_offset_seconds: int = 0


@dataclass(frozen=True, slots=True)
class Hole:
    """Why a session couldn't be filled, and when the provider may be asked for it again.

    `terms` is a digest of the watchlist and excuses it was judged by: if they change, it counts as a new hole.
    """

    reason: str
    ask_after: datetime
    terms: str


@dataclass(frozen=True, slots=True)
class Status:
    """How fresh the stored data is and what comes next. `expected` and `missing` are newest first.

    `checked_at` is when the newest session was last read, `ready_at` when the next one can be. `names` are companies by
    ticker, `recorded` the instants at which the newest sessions were stored, `holidays` the names of the days on which
    the exchange is closed. Earlier releases stored none of these. `holes` are for later runs, and `pages` is the digest
    of the templates that the pages were made with: both are stored, not published.
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
    checked_at: datetime | None = None
    ready_at: datetime | None = None
    names: Mapping[str, str] = field(default_factory=dict)
    recorded: Mapping[date, datetime] = field(default_factory=dict)
    holidays: Mapping[date, str] = field(default_factory=dict)
    pages: str = ""

    def since(self, known: "Status | None") -> "Status":
        """Keep the earlier `generated_at` if nothing else that is published has changed."""
        if not known:
            return self
        if replace(self, generated_at=known.generated_at, holes=known.holes, pages=known.pages) == known:
            return replace(self, generated_at=known.generated_at)
        return self


def rows(session: Session, winner: str) -> list[Row]:
    """A session's ticker rows, one for each bar."""
    day, revision, previous = session.date, session.revision, session.previous
    return [
        Row(ticker, day, bar, ticker == winner, revision, session.split(ticker), previous)
        for ticker, bar in session.bars.items()
    ]


def strict_date(text: object) -> date | None:
    """The calendar date written as YYYY-MM-DD; `None` for anything else, including other ISO forms."""
    try:
        day = date.fromisoformat(str(text))
    except ValueError:
        return None
    return day if str(day) == text else None


def instant(value: datetime) -> str:
    """RFC 3339 in UTC, to the second, as in documents and table items."""
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def percent(move: Fraction) -> Decimal:
    """A ratio in percent, rounded once (half to even) to 6 decimals."""
    return _millionths(move * 10**8)


def rounded(value: Fraction) -> Decimal:
    """To 6 decimals, half to even."""
    return _millionths(value * 10**6)


def _millionths(value: Fraction) -> Decimal:
    return Decimal(f"{round(value)}E-6")  # from text, which is exact; arithmetic would keep 28 digits


def margin(moves: Iterable[Fraction]) -> Decimal | None:
    """The lead of the first ranked move over the second, in percentage points; `None` without a second."""
    first, *others = [abs(move) for move in moves]
    return percent(first - others[0]) if others else None


def check_watchlist(watchlist: Sequence[str], market: Market) -> None:
    """Raise `ValueError` unless the watchlist has 1 to 2500 different, valid tickers; case matters."""
    if not 1 <= len(watchlist) <= MOST_TICKERS:
        raise ValueError(f"watchlist has {len(watchlist)} tickers: must have 1 to {MOST_TICKERS}")
    for ticker in watchlist:
        if not market.ticker.fullmatch(ticker):
            raise ValueError(f"watchlist ticker {ticker!r}: must be {market.spelling}")
    if repeated := [ticker for ticker, times in Counter(watchlist).items() if times > 1]:
        raise ValueError(f"watchlist repeats {', '.join(repeated)}: list each ticker once")
