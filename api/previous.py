"""Changes from the previous close. They are known only between neighbouring sessions of the exchange, and only if the
splits between them are known: a close from before a gap, or of another number of shares, would be a guess. Pure.
"""

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

from api.records import Row, Session


def closes(session: Session, before: Session | None) -> Mapping[str, Fraction]:
    """The previous close of each ticker, in this session's shares, where it is known.

    `before` counts only if it is the exchange's session before this one.
    """
    if not before or before.date != session.previous or session.splits is None:
        return {}
    found = {ticker: Fraction(bar.close) for ticker, bar in before.bars.items() if ticker in session.bars}
    splits = {ticker: ratio for ticker, ratio in session.splits.items() if ticker in found}
    return found | {ticker: found[ticker] / ratio for ticker, ratio in splits.items()}


def since(closes: Mapping[str, Fraction], session: Session) -> Mapping[str, Fraction]:
    """The changes from these closes to the session's, as ratios."""
    return {ticker: Fraction(session.bars[ticker].close) / close - 1 for ticker, close in closes.items()}


def changes(rows: Sequence[Row]) -> Iterator[Fraction | None]:
    """The change from the previous close, as a ratio, for each row of one ticker; newest first. `None` if unknown."""
    for row, older in zip(rows, (*rows[1:], None), strict=True):
        if older and row.split and row.previous == older.date:
            yield Fraction(row.bar.close) / Fraction(older.bar.close) * row.split - 1
        else:
            yield None
