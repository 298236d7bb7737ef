"""The API's answer for each resource: its document, made from what the table stores now."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from api import documents, routes
from api.facts import YEAR
from api.markets import Market
from api.records import strict_date
from api.routes import Route
from api.store import Store


class BadQuestionError(ValueError):
    """A parameter is invalid; the message says what is allowed."""


class NotFoundError(LookupError):
    """Nothing is stored under this name; the message says where to look."""


@dataclass(frozen=True, slots=True)
class Question:
    """A resource, the value of its path parameter (empty if it has none), and the query."""

    route: Route
    value: str
    query: Mapping[str, str]


def answer(asked: Question, store: Store, market: Market) -> bytes:
    """The document. Raises `BadQuestionError` and `NotFoundError`."""
    return ANSWERS[asked.route](asked, store, market)


def _movers(asked: Question, store: Store, _: Market) -> bytes:
    days = asked.query.get("days", str(documents.LATEST_MOVERS))
    if not re.fullmatch(r"[0-9]{1,3}", days) or not 1 <= int(days) <= routes.MAX_DAYS:
        raise BadQuestionError(f"days must be a whole number from 1 to {routes.MAX_DAYS}")
    return documents.movers(store.winners(int(days)))


def _session(asked: Question, store: Store, _: Market) -> bytes:
    day = strict_date(asked.value)
    if not day:
        raise BadQuestionError("The date must be a calendar date, YYYY-MM-DD")
    found = store.session(day)
    if not found:
        raise NotFoundError(f"No session is stored for {day}; /history lists all stored sessions")
    mover, session = found
    earlier = [winner for winner in store.winners(YEAR, last=day) if winner.date < day]
    return documents.session(mover, session, store.before(session), earlier)


def _history(_: Question, store: Store, __: Market) -> bytes:
    return documents.movers(store.winners())


def _ticker(asked: Question, store: Store, market: Market) -> bytes:
    ticker = asked.value
    if not market.ticker.fullmatch(ticker):
        raise BadQuestionError(f"A ticker is {market.spelling}")
    rows = store.ticker(ticker, documents.TICKER_SESSIONS)
    if not rows:
        raise NotFoundError(f"No session is stored for {ticker}; /status lists the watchlist (case matters)")
    return documents.ticker(ticker, rows)


def _status(_: Question, store: Store, market: Market) -> bytes:
    return documents.status(store.status(), market)


ANSWERS: Mapping[Route, Callable[[Question, Store, Market], bytes]] = {
    routes.MOVERS: _movers,
    routes.SESSION: _session,
    routes.HISTORY: _history,
    routes.TICKER: _ticker,
    routes.STATUS: _status,
}
