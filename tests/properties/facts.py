"""Facts as Hypothesis draws them: whatever could be stored, and a good deal more than ever will be."""

from datetime import UTC, date, datetime
from decimal import Decimal

from hypothesis import strategies as st

import tests.profiles  # noqa: F401 - how many examples
from api.markets import US
from api.records import Bar, Mover, Session
from ingest.providers.reading import EXPONENTS, MAX_DIGITS

MICRO = Decimal("0.000001")

tickers = st.from_regex(US.ticker, fullmatch=True)
dates = st.dates(date(2003, 9, 10), date(2099, 12, 31))
instants = st.datetimes(datetime(2003, 9, 10), datetime(2099, 12, 31), timezones=st.just(UTC)).map(  # noqa: DTZ001
    lambda instant: instant.replace(microsecond=0)
)
printable = st.decimals(MICRO, "999999999999.999999", places=6)
"""Prices and volumes whose every digit a document shows."""


@st.composite
def extreme(draw: st.DrawFn) -> Decimal:
    """A number as far out as the provider's answers are believed."""
    digits = draw(st.integers(1, 10**MAX_DIGITS - 1))
    exponent = draw(st.sampled_from(EXPONENTS)) - len(str(digits)) + 1
    return Decimal(f"{digits}E{exponent}")


@st.composite
def bars(draw: st.DrawFn, numbers: st.SearchStrategy[Decimal] = printable) -> Bar:
    """A sane bar."""
    low, *between, high = sorted(draw(st.lists(numbers, min_size=4, max_size=4)))
    open_, close = draw(st.permutations(between))
    return Bar(open_, high, low, close, draw(numbers))


@st.composite
def sessions(draw: st.DrawFn, bars: st.SearchStrategy[Bar] = bars()) -> Session:  # noqa: B008 - a strategy is a value
    """A session with at least one bar; the other tickers of its watchlist are excused."""
    watchlist = draw(st.lists(tickers, min_size=1, max_size=6, unique=True))
    excused = draw(st.dictionaries(st.sampled_from(watchlist[1:]), st.text())) if watchlist[1:] else {}
    found = {ticker: draw(bars) for ticker in watchlist if ticker not in excused}
    return Session(draw(dates), draw(st.integers(1, 99)), tuple(watchlist), found, excused)


changes = st.decimals("-100", "1e9", places=6)
movers = st.builds(
    Mover,
    date=dates,
    ticker=tickers,
    percent_change=changes,
    closing_price=printable,
    open=printable,
    runner_up=st.none() | tickers,
    margin=st.none() | changes.map(abs),
    provider=st.just("massive"),
    recorded_at=instants,
    checked_at=st.none() | instants,
    revision=st.integers(1, 99),
)
histories = st.lists(movers, max_size=40, unique_by=lambda mover: mover.date).map(
    lambda found: sorted(found, key=lambda mover: mover.date, reverse=True)
)
"""Movers of different days, newest first."""
