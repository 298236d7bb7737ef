"""Massive's REST endpoints, answered from a market. Pure: `now` comes with the call."""

import re
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from http import HTTPStatus
from operator import itemgetter
from typing import Protocol
from urllib.parse import unquote

from api.records import Bar
from scripts.market import wire
from scripts.market.hours import market_now, market_upcoming
from scripts.market.parameters import Page, adjusted, bad_request, calendar_day, day_or_instant
from scripts.market.plan import Plan
from scripts.market.wire import AFTERNOON, MIDNIGHT, RefusedError, milliseconds

ONE_DAY = timedelta(days=1)


class Market(Protocol):
    """Bars of sessions, whether recorded or simulated. What it does not have is empty, not an error."""

    @property
    def tickers(self) -> frozenset[str]:
        """Every ticker that has bars."""

    def session(self, day: date) -> Mapping[str, Bar]:
        """The bars of a session by ticker."""

    def bars(self, ticker: str, first: date, last: date) -> Mapping[date, Bar]:
        """The bars of a ticker by session, oldest first, both days included."""


@dataclass(frozen=True, slots=True)
class Call:
    """A request, as far as the endpoints care. `host` is where the caller believes the server to be."""

    path: str
    query: Mapping[str, str]
    now: datetime
    host: str
    request_id: str


def endpoint_of(path: str) -> str:
    """The name of the endpoint that a path belongs to, `other` if none."""
    return next((name for name, (pattern, _) in ENDPOINTS.items() if pattern.fullmatch(path)), "other")


def answer(market: Market, plan: Plan, call: Call) -> bytes:
    """The body of a good answer. Raises `RefusedError` for any other."""
    plan.check_path(call.path)
    for pattern, respond in ENDPOINTS.values():
        if match := pattern.fullmatch(call.path):
            return respond(market, plan, call, *map(unquote, match.groups()))
    paths = ", ".join(pattern.pattern.replace("([^/]+)", "*") for pattern, _ in ENDPOINTS.values())
    raise RefusedError(HTTPStatus.NOT_FOUND, f"{call.path} is not served here; served are {paths}")


def _grouped(market: Market, plan: Plan, call: Call, day_text: str) -> bytes:
    day = calendar_day("date", day_text)
    plan.check_day(day, call.now)
    bars = market.session(day) if day <= plan.newest(call.now) else {}
    at = milliseconds(day, AFTERNOON)
    rows = [wire.row(bars[ticker], at, ticker) for ticker in sorted(bars, key=_shuffled(day))]
    return wire.bars(rows, adjusted=adjusted(call.query), request_id=call.request_id)


def _prev(market: Market, plan: Plan, call: Call, ticker: str) -> bytes:
    newest = plan.newest(call.now)
    bars = market.bars(ticker, newest, newest)
    rows = [wire.row(bar, milliseconds(day, AFTERNOON), ticker) for day, bar in bars.items()]
    return wire.bars(rows, adjusted=adjusted(call.query), request_id=call.request_id, ticker=ticker)


def _range(
    market: Market, plan: Plan, call: Call, ticker: str, multiplier: str, timespan: str, start: str, end: str
) -> bytes:
    if (multiplier, timespan) != ("1", "day"):
        raise bad_request(f"only bars of 1/day are served here, not of {multiplier}/{timespan}")
    first, last = day_or_instant("from", start), day_or_instant("to", end)
    if last < first:
        raise bad_request("The parameter 'to' cannot be a time that occurs before 'from'")
    page = Page.read(call.query)
    first, last, status = plan.part_of(first, last, call.now)
    bars = sorted(market.bars(ticker, first, last).items(), key=itemgetter(0), reverse=page.newest_first)
    served = bars[: page.limit]
    return wire.bars(
        [wire.row(bar, milliseconds(day, MIDNIGHT)) for day, bar in served],
        adjusted=page.adjusted,
        request_id=call.request_id,
        ticker=ticker,
        status=status,
        next_url=_next_url(call, page, served[-1][0]) if len(served) < len(bars) else None,
    )


def _open_close(market: Market, plan: Plan, call: Call, ticker: str, day_text: str) -> bytes:
    day = calendar_day("date", day_text)
    adjusted(call.query)  # checked, though not part of the answer
    plan.check_day(day, call.now)
    bars = market.bars(ticker, day, day) if day <= plan.newest(call.now) else {}
    if day not in bars:
        raise RefusedError(HTTPStatus.NOT_FOUND, "Data not found.")
    return wire.open_close(bars[day], ticker, day)


def _now(market: Market, plan: Plan, call: Call) -> bytes:
    return wire.document(market_now(plan.calendar, call.now))


def _upcoming(market: Market, plan: Plan, call: Call) -> bytes:
    return wire.document(market_upcoming(plan.calendar, call.now))


ENDPOINTS: dict[str, tuple[re.Pattern[str], Callable[..., bytes]]] = {
    "grouped": (re.compile(r"/v2/aggs/grouped/locale/us/market/stocks/([^/]+)"), _grouped),
    "prev": (re.compile(r"/v2/aggs/ticker/([^/]+)/prev"), _prev),
    "range": (re.compile(r"/v2/aggs/ticker/([^/]+)/range/([^/]+)/([^/]+)/([^/]+)/([^/]+)"), _range),
    "open-close": (re.compile(r"/v1/open-close/([^/]+)/([^/]+)"), _open_close),
    "marketstatus-now": (re.compile(r"/v1/marketstatus/now"), _now),
    "marketstatus-upcoming": (re.compile(r"/v1/marketstatus/upcoming"), _upcoming),
}


def _shuffled(day: date) -> Callable[[str], int]:
    """A sort key that is of no use to the reader and the same on every machine."""
    seed = zlib.crc32(day.isoformat().encode())
    return lambda ticker: zlib.crc32(ticker.encode(), seed)


def _next_url(call: Call, page: Page, reached: date) -> str:
    """The same range from where the page ends, on the caller's host and without the key."""
    *head, first, last = call.path.split("/")
    if page.newest_first:
        last = str(milliseconds(reached - ONE_DAY, MIDNIGHT))
    else:
        first = str(milliseconds(reached + ONE_DAY, MIDNIGHT))
    return f"{call.host}{'/'.join((*head, first, last))}?cursor={page.cursor()}"
