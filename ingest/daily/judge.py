"""From bars to the winner: judge whether a session is whole and sane, and name its mover. Pure."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

from api.records import Bar, Mover, Session, margin
from ingest.providers import Bars
from ingest.providers.reading import Fault

LEAST = Decimal("0.000001")  # documents keep 6 decimals: what is less would be shown as 0


class IncompleteSessionError(Exception):
    """A session that must not be stored: not every ticker has a believable bar."""


def judge(day: date, watchlist: tuple[str, ...], bars: Bars, excused: Mapping[str, str]) -> Session:
    """The session of the watchlist, revision 1. All or nothing: raises `IncompleteSessionError` naming each fault.

    `excused` gives reasons for tickers that need no bar on this day.
    """
    excused = {ticker: excused[ticker] for ticker in watchlist if ticker in excused}
    needed = [ticker for ticker in watchlist if ticker not in excused]
    if not needed:
        raise IncompleteSessionError("every ticker is excused")
    sane, faults = dict[str, Bar](), list[str]()
    for ticker in needed:
        match _judged(bars.get(ticker)):
            case Bar() as bar:
                sane[ticker] = bar
            case Fault(reason=reason):
                faults.append(f"{ticker} {reason}")
    if faults:
        raise IncompleteSessionError(summary(faults))
    return Session(day, 1, watchlist, sane, excused)


def mover_of(session: Session, provider: str, now: datetime) -> Mover:
    """The winner, by exact moves."""
    ranked = session.ranked()
    winner, bar = ranked[0]
    return Mover(
        date=session.date,
        ticker=winner,
        percent_change=bar.percent_change,
        closing_price=bar.close,
        open=bar.open,
        runner_up=ranked[1][0] if len(ranked) > 1 else None,
        margin=margin([bar.move for _, bar in ranked]),
        provider=provider,
        recorded_at=now,
        checked_at=None,
        revision=session.revision,
    )


def correction(stored: Session, fresh: Session) -> Session | None:
    """`fresh` as the next revision of `stored`, or `None` where both say the same of the same watchlist."""
    same = replace(fresh, revision=stored.revision) == stored
    return None if same else replace(fresh, revision=stored.revision + 1)


def difference(old: Session, new: Session) -> str:
    """In a few words what sets two sessions of one day apart, which need not be their winners."""
    watched, watches = set(old.watchlist), set(new.watchlist)
    apart = {
        "joined": [ticker for ticker in new.watchlist if ticker not in watched],
        "left": [ticker for ticker in old.watchlist if ticker not in watches],
        "other bar or excuse": [
            ticker
            for ticker in new.watchlist
            if ticker in watched and _told(old, ticker) != _told(new, ticker)
        ],
    }
    words = [f"{what}: {summary(tickers)}" for what, tickers in apart.items() if tickers]
    return "; ".join(words) or "another order of the watchlist"


def _told(session: Session, ticker: str) -> tuple[Bar | None, str | None]:
    return session.bars.get(ticker), session.excused.get(ticker)


def _judged(bar: Bar | Fault | None) -> Bar | Fault:
    """The bar if it is sane, else its fault."""
    match bar:
        case None:
            return Fault("is missing")
        case Bar(volume=volume) if volume < LEAST:
            return Fault(f"did not trade (volume {volume})")
        case Bar(low=low) if low < LEAST:
            return Fault(f"has a price of {low}")
        case Bar(open=open_, high=high, low=low, close=close) if not (
            low <= open_ <= high and low <= close <= high
        ):
            return Fault(f"has impossible prices (open {open_}, high {high}, low {low}, close {close})")
    return bar


def summary(words: list[str], shown: int = 10) -> str:
    """The first few, and how many more there are."""
    rest = len(words) - shown
    return ", ".join(words[:shown]) + (f" and {rest} more" if rest > 0 else "")
