"""What is true of a session and worth a word. Pure.

A session is compared with the stored sessions before it, at most a year of them. Most notable first:

| kind            | stated if                                                                                        |
|-----------------|--------------------------------------------------------------------------------------------------|
| `Unmoved`       | no ticker moved: there is no real winner, and nothing else is said of it                           |
| `Tie`           | other tickers made exactly the winner's absolute move; they are named as listed                  |
| `Biggest`       | the winner moved more, as published, than every other in the last 252, 30, or 7 stored sessions |
| `Streak`        | the ticker won this and at least the stored session before                                       |
| `FirstWinSince` | its win before, on `Date`, was 30 or more stored sessions ago                                    |
| `CloseRace`     | the lead is less than 0.1 percentage points, but there is one                                    |
| `LeftOut`       | tickers of the watchlist were excused                                                            |
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import takewhile
from typing import Any

from api.records import Mover, Session, Winner

YEAR = 252  # sessions
SPANS = (YEAR, 30, 7)
LONG_AGO = 30  # sessions
CLOSE = Decimal("0.1")  # percentage points

Fact = dict[str, Any]


def facts(mover: Mover, session: Session, earlier: Sequence[Winner]) -> list[Fact]:
    """The facts of a session. `earlier` are the winners before it, newest first, at most `YEAR` less one."""
    unmoved = not session.bars[mover.ticker].move
    found: list[Fact] = [{"Kind": "Unmoved"}] if unmoved else [*_of_the_winner(mover, session, earlier)]
    if left_out := [ticker for ticker in session.watchlist if ticker in session.excused]:
        found.append({"Kind": "LeftOut", "Tickers": left_out})
    return found


def _of_the_winner(mover: Mover, session: Session, earlier: Sequence[Winner]) -> Iterator[Fact]:
    if equal := _equal(mover, session):
        yield {"Kind": "Tie", "Tickers": equal}
    if span := _biggest_in(mover, earlier):
        yield {"Kind": "Biggest", "Sessions": span}
    wins = 1 + sum(1 for _ in takewhile(lambda other: other.ticker == mover.ticker, earlier))
    if wins > 1:
        yield {"Kind": "Streak", "Wins": wins}
    last = next((ago for ago, other in enumerate(earlier, 1) if other.ticker == mover.ticker), 0)
    if last >= LONG_AGO:
        yield {"Kind": "FirstWinSince", "Date": earlier[last - 1].date}
    if mover.margin and mover.margin < CLOSE:
        yield {"Kind": "CloseRace"}


def _equal(mover: Mover, session: Session) -> list[str]:
    """The other tickers with exactly the winner's absolute move."""
    if mover.margin != 0:  # rounded: only a lead of zero needs the exact moves
        return []
    best = abs(session.bars[mover.ticker].move)
    as_big = (ticker for ticker, bar in session.ranked() if abs(bar.move) == best)
    return [ticker for ticker in as_big if ticker != mover.ticker]


def _biggest_in(mover: Mover, earlier: Sequence[Winner]) -> int | None:
    """The longest span of sessions, this one included, in which no other winner moved as much."""
    size = abs(mover.percent_change)
    as_big = (ago for ago, other in enumerate(earlier, 1) if abs(other.percent_change) >= size)
    sessions = next(as_big, len(earlier) + 1)
    return next((span for span in SPANS if sessions >= span), None)
