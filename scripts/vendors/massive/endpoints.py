"""Massive's REST endpoints, answered from a tape. Pure: `now` comes with the question."""

import re
import zlib
from collections.abc import Callable
from datetime import date, timedelta
from http import HTTPStatus
from operator import itemgetter
from urllib.parse import unquote

from api.markets import US
from scripts.vendors import DeniedError, Question
from scripts.vendors.massive import wire
from scripts.vendors.massive.parameters import (
    Page,
    SplitPage,
    adjusted,
    bad_request,
    calendar_day,
    day_or_instant,
)
from scripts.vendors.massive.plan import Plan
from scripts.vendors.massive.wire import AFTERNOON, MIDNIGHT, milliseconds
from scripts.vendors.tape import Tape

ONE_DAY = timedelta(days=1)


def endpoint_of(path: str) -> str:
    """The name of a path's endpoint, `other` if there is none."""
    return next((name for name, (pattern, _) in ENDPOINTS.items() if pattern.fullmatch(path)), "other")


def answer(tape: Tape, plan: Plan, question: Question) -> bytes:
    """The body of a successful response. Raises `DeniedError` for an error."""
    for pattern, respond in ENDPOINTS.values():
        if match := pattern.fullmatch(question.path):
            return respond(tape, plan, question, *map(unquote, match.groups()))
    paths = ", ".join(pattern.pattern.replace("([^/]+)", "*") for pattern, _ in ENDPOINTS.values())
    raise DeniedError(HTTPStatus.NOT_FOUND, f"{question.path} isn't served here; use {paths}")


def _grouped(tape: Tape, plan: Plan, question: Question, day_text: str) -> bytes:
    day = calendar_day("date", day_text)
    plan.check_day(day, question.now)
    bars = tape.session(day) if day <= plan.newest(question.now) else {}
    at = milliseconds(day, AFTERNOON)
    rows = [wire.row(bars[ticker], at, ticker) for ticker in sorted(bars, key=_shuffled(day))]
    return wire.bars(rows, adjusted=adjusted(question.query), request_id=question.request_id)


def _range(
    tape: Tape,
    plan: Plan,
    question: Question,
    ticker: str,
    multiplier: str,
    timespan: str,
    start: str,
    end: str,
) -> bytes:
    if (multiplier, timespan) != ("1", "day"):
        raise bad_request(f"only 1/day bars are served here, not {multiplier}/{timespan}")
    first, last = day_or_instant("from", start), day_or_instant("to", end)
    if last < first:
        raise bad_request("The parameter 'to' cannot be a time that occurs before 'from'")
    page = Page.read(question.query)
    first, last, status = plan.part_of(first, last, question.now)
    bars = sorted(tape.bars(ticker, first, last).items(), key=itemgetter(0), reverse=page.newest_first)
    served = bars[: page.limit]
    return wire.bars(
        [wire.row(bar, milliseconds(day, MIDNIGHT)) for day, bar in served],
        adjusted=page.adjusted,
        request_id=question.request_id,
        ticker=ticker,
        status=status,
        next_url=_next_url(question, page, served[-1][0]) if len(served) < len(bars) else None,
    )


def _splits(tape: Tape, plan: Plan, question: Question) -> bytes:
    """Splits announced for future days are left out."""
    page = SplitPage.read(question.query)
    first, last = max(page.first, plan.oldest(question.now)), min(page.last, US.day(question.now))
    left = page.of(tape.splits(first, last))[page.served :]
    next_url = f"{question.host}{question.path}?cursor={page.next_cursor()}"
    return wire.splits(
        left[: page.limit],
        request_id=question.request_id,
        next_url=next_url if len(left) > page.limit else None,
    )


ENDPOINTS: dict[str, tuple[re.Pattern[str], Callable[..., bytes]]] = {
    "grouped": (re.compile(r"/v2/aggs/grouped/locale/us/market/stocks/([^/]+)"), _grouped),
    "range": (re.compile(r"/v2/aggs/ticker/([^/]+)/range/([^/]+)/([^/]+)/([^/]+)/([^/]+)"), _range),
    "splits": (re.compile(r"/v3/reference/splits"), _splits),
}


def _shuffled(day: date) -> Callable[[str], int]:
    """A sort key for an order that clients cannot rely on, but that is the same on every machine."""
    seed = zlib.crc32(day.isoformat().encode())
    return lambda ticker: zlib.crc32(ticker.encode(), seed)


def _next_url(question: Question, page: Page, reached: date) -> str:
    """The URL of the range after this page, at the host that the caller used, without the key."""
    *head, first, last = question.path.split("/")
    if page.newest_first:
        last = str(milliseconds(reached - ONE_DAY, MIDNIGHT))
    else:
        first = str(milliseconds(reached + ONE_DAY, MIDNIGHT))
    return f"{question.host}{'/'.join((*head, first, last))}?cursor={page.cursor()}"
