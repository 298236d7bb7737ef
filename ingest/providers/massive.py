"""Massive's REST API: splits, and daily bars of the whole market on one day or of one ticker over a range of days."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from api.markets import Market
from api.records import Bar, strict_date
from api.vendors import MASSIVE, Vendor
from ingest.providers import (
    SPLITS,
    Answer,
    BadAnswerError,
    Bars,
    Call,
    NotYetError,
    OutOfPlanError,
    ProviderError,
    RefusedError,
    Told,
    Waiting,
    Way,
    by_day,
    by_ticker,
)
from ingest.providers.asking import Line
from ingest.providers.reading import Fault, bar_of, believable, json_object, only, words

GROUPED, RANGE = "grouped", "range"
MAX_PAGES = 50
RANGE_LIMIT = 50_000  # base bars scanned per page, not bars returned
SPLITS_LIMIT = 1_000  # rows per page
GOOD = ("OK", "DELAYED")  # DELAYED: a range reaches the present and was cut to what the plan includes
OHLCV = ("o", "h", "l", "c", "v")
TICKER = re.compile(r'"T"\s*:\s*"([^"]*)"')
MAX_MILLISECONDS = 10**14  # the year 5138
UNREADABLE = Fault("is in a row that can't be read")


def connect(market: Market, line: Line) -> "Massive":
    return Massive(market, line)


@dataclass(frozen=True, slots=True)
class Massive:
    """Massive, for one run."""

    market: Market
    line: Line

    @property
    def vendor(self) -> Vendor:
        return MASSIVE

    @property
    def made(self) -> Counter[str]:
        return self.line.made

    def calls(self, days: Sequence[date], tickers: Sequence[str]) -> Sequence[Way]:
        return [by_day(GROUPED, days), by_ticker(RANGE, days, tickers)]

    def splits(self, first: date, last: date) -> Call:
        return Call(SPLITS, first, last)

    def affordable(self) -> float:
        return self.line.affordable()

    def ask(self, call: Call, waiting: Waiting) -> Iterator[Answer]:
        path, query = _question(call)
        headers = {"Authorization": f"Bearer {self.line.key}"}
        for _ in range(MAX_PAGES):
            answer = self.line.get(call, path, query, headers, _failure, waiting)
            yield answer
            if call.endpoint == GROUPED or (following := _good(answer).get("next_url")) is None:
                return
            path, query = _next_page(following, call), {}
        raise BadAnswerError(f"the {_subject(call)} take more than {MAX_PAGES} pages")

    def read(self, call: Call, answers: Sequence[Answer], tickers: Sequence[str]) -> Told:
        match call.endpoint:
            case "grouped":
                (answer,) = answers
                return Told({call.first: self._session(answer, call.first, tickers)})
            case "range":
                return Told(self._range(call, answers), cut=any(map(_is_cut, answers)))
            case "splits":
                return Told(splits=_splits(call, answers))
        raise BadAnswerError(f"unknown endpoint {call.endpoint}")

    def _session(self, answer: Answer, day: date, tickers: Iterable[str]) -> Bars:
        """The bars of `tickers`. A row of another day, or one that can't be read, is a fault only if its ticker has no
        other row.
        """
        rows, unreadable = _rows(answer)
        wanted, bars = set(tickers), dict[str, Bar | Fault]()
        strays = dict.fromkeys(wanted.intersection(TICKER.findall(unreadable)), UNREADABLE)
        for row in rows:
            ticker = row.get("T")
            if isinstance(ticker, str) and ticker in wanted:
                if (found := self._day(row)) == day:
                    bars[ticker] = only(bars.get(ticker), bar_of(row, OHLCV))
                else:
                    strays[ticker] = Fault(f"has the date {found}")
        return strays | bars

    def _range(self, call: Call, answers: Iterable[Answer]) -> dict[date, Bars]:
        """One ticker's bars. Rows outside the requested days are left out: the vendor has sent such rows."""
        bars, ticker = dict[date, Bar | Fault](), call.ticker or ""
        for answer in answers:
            if _good(answer).get("ticker") != ticker:
                raise BadAnswerError(f"the answer for {ticker} is about another ticker")
            for row in _rows(answer)[0]:
                day = self._day(row)
                if day and call.first <= day <= call.last:
                    bars[day] = only(bars.get(day), bar_of(row, OHLCV))
        return {day: {ticker: bar} for day, bar in bars.items()}

    def _day(self, row: Mapping[str, Any]) -> date | None:
        """The exchange's date of a bar, if it has one. `t` is midnight in ranges, 16:00 in whole-market answers."""
        milliseconds = row.get("t")
        if not isinstance(milliseconds, int) or not 0 < milliseconds < MAX_MILLISECONDS:
            return None
        return self.market.day(datetime.fromtimestamp(milliseconds / 1000, UTC))


def _question(call: Call) -> tuple[str, Mapping[str, str]]:
    """A call's path and query."""
    match call.endpoint:
        case "grouped":
            return f"/v2/aggs/grouped/locale/us/market/stocks/{call.first}", {"adjusted": "false"}
        case "range":
            path = f"/v2/aggs/ticker/{call.ticker}/range/1/day/{call.first}/{call.last}"
            return path, {"adjusted": "false", "sort": "asc", "limit": str(RANGE_LIMIT)}
    days = {"execution_date.gte": str(call.first), "execution_date.lte": str(call.last)}
    order = {"sort": "execution_date", "order": "asc", "limit": str(SPLITS_LIMIT)}
    return "/v3/reference/splits", days | order


def _good(answer: Answer) -> Mapping[str, Any]:
    """An answer's document. Raises `BadAnswerError` if it isn't a JSON object or its `status` isn't a good one."""
    document, body = answer.document, answer.body
    if not document:
        raise BadAnswerError(
            f"Massive answered 200 with {len(body)} bytes that are not a JSON object: {body[:40]!r}"
        )
    if document.get("status") not in GOOD:
        status = words(document.get("status"))
        raise BadAnswerError(f"Massive answered 200 with status {status}: {_message(document)}")
    return document


def _is_cut(answer: Answer) -> bool:
    return bool(_good(answer)["status"] == "DELAYED")


def _rows(answer: Answer) -> tuple[list[dict[str, Any]], str]:
    """The rows, and the text of those that can't be read.

    There are none if `results` is missing or null, as on a day without trading.
    """
    results = _good(answer).get("results")
    if results is None:
        return [], ""
    rows = [row for row in results if isinstance(row, dict)] if isinstance(results, list) else []
    if not rows and results != []:
        raise BadAnswerError("Massive's results are not a list of rows")
    return rows, "".join(row for row in results if isinstance(row, str))


def _splits(call: Call, answers: Sequence[Answer]) -> dict[date, dict[str, Fraction]]:
    """The splits by day and ticker. Raises `BadAnswerError` if any row can't be read."""
    splits: dict[date, dict[str, Fraction]] = {}
    if _good(answers[-1]).get("next_url") is not None:
        raise BadAnswerError("Massive's list of splits ends before its last page")
    for answer in answers:
        rows, unreadable = _rows(answer)
        if unreadable:
            raise BadAnswerError("Massive's list of splits has a row that can't be read")
        for row in rows:
            day, ticker, ratio = _split(row)
            if call.first <= day <= call.last:
                splits.setdefault(day, {})[ticker] = ratio
    return splits


def _split(row: Mapping[str, Any]) -> tuple[date, str, Fraction]:
    day, ticker = strict_date(row.get("execution_date")), row.get("ticker")
    before, after = row.get("split_from"), row.get("split_to")
    numbers = [Decimal(each) for each in (after, before) if isinstance(each, int | Decimal)]
    sane = [number for number in numbers if believable(number) and number > 0]
    if not day or not isinstance(ticker, str) or len(sane) != 2:
        raise BadAnswerError(f"Massive's list of splits has an invalid row: {words(row)}")
    return day, ticker, Fraction(sane[0]) / Fraction(sane[1])


def _failure(status: int, body: bytes) -> ProviderError:
    """The error for a status other than 200. 403 has three meanings; only the first resolves itself."""
    said = _message(json_object(body))
    match status:
        case 403 if "before end of day" in said.lower():
            return NotYetError(f"Massive does not serve this session yet: {said}")
        case 403 if "data timeframe" in said.lower():
            return OutOfPlanError(f"Massive's plan does not include this date: {said}")
        case 401 | 403:
            return RefusedError(f"Massive refuses the key or the plan ({status}): {said}")
    return BadAnswerError(f"Massive answered {status}: {said}")


def _message(document: Mapping[str, Any]) -> str:
    """Massive's explanation."""
    return words(document.get("error") or document.get("message") or "no message")


def _next_page(url: object, call: Call) -> str:
    """The next page's path with its query. The link's host is ignored: it must not get the key."""
    # The next page of bars may have a later first day.
    same = re.escape(_question(call)[0].removesuffix(f"{call.first}/{call.last}"))
    if isinstance(url, str) and (link := re.fullmatch(rf"(?:https?://[^/?#]+)?({same}[!-~]+)", url)):
        return link[1]
    raise BadAnswerError(f"the link to the next page of {_subject(call)} leads elsewhere: {words(url)}")


def _subject(call: Call) -> str:
    return f"bars of {call.ticker}" if call.ticker else call.endpoint
