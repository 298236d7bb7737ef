"""From bars to the winner: checks that a session is complete and sane, and determines its mover. Pure."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

from api.records import Bar, Mover, Session, margin
from ingest.providers import Bars
from ingest.providers.reading import Fault

LEAST = Decimal("0.000001")  # documents have 6 decimals: anything less would show as 0


class IncompleteSessionError(Exception):
    """A session must not be stored, because a ticker has no usable bar or no ticker needs one."""


def judge(day: date, watchlist: tuple[str, ...], bars: Bars, excused: Mapping[str, str]) -> Session:
    """The session as revision 1, with a sane bar for every ticker. Raises `IncompleteSessionError` naming the faults.

    `excused` has reasons for tickers that need no bar on this day.
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
    """The mover of a session: its winner by exact moves, recorded at `now`."""
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
    """`fresh` as the next revision of `stored`; `None` if nothing that is judged has changed."""
    same = replace(fresh, revision=stored.revision) == stored
    return None if same else replace(fresh, revision=stored.revision + 1)


def difference(old: Session, new: Session) -> str:
    """How two versions of one session differ, in a few words; their winners may be the same."""
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
    return "; ".join(words) or "watchlist in a different order"


def _told(session: Session, ticker: str) -> tuple[Bar | None, str | None]:
    return session.bars.get(ticker), session.excused.get(ticker)


def _judged(bar: Bar | Fault | None) -> Bar | Fault:
    """The bar if it is sane, otherwise its fault."""
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
