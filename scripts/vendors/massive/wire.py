"""Massive's JSON, byte for byte in its style. Numbers stay exact: they go from `Decimal` to text."""

import json
from collections.abc import Sequence
from datetime import date, datetime, time
from decimal import Decimal
from hashlib import blake2b
from http import HTTPStatus

from api.markets import US
from api.records import Bar
from scripts.vendors.tape import Split

MIDNIGHT = time(0, 0)  # `t` of a range row: the start of the session's day
AFTERNOON = time(16, 0)  # `t` of a grouped row, even on an early-close day
EXPONENT_FROM = 10_000_000
SHARES_PER_TRADE = 60
UPGRADE = "Please upgrade your plan at https://polygon.io/pricing"


def denial(status: int, text: str, request_id: str) -> bytes:
    """An error body: the text is in `message` for a 403 or 404, otherwise in `error`."""
    names: dict[int, str] = {HTTPStatus.FORBIDDEN: "NOT_AUTHORIZED", HTTPStatus.NOT_FOUND: "NOT_FOUND"}
    member = "message" if status in names else "error"
    body = {"status": names.get(status, "ERROR"), "request_id": request_id, member: text}
    return _text(body).encode()


def row(bar: Bar, at: int, ticker: str | None = None) -> str:
    """A bar; `at` in Unix milliseconds. A bar without trades has neither `vw` nor `n`.

    Daily files have neither, so both are made up: the mean of the four prices, and one trade per 60 shares.
    """
    name = f'"T":{json.dumps(ticker)},' if ticker else ""
    prices = f'"o":{number(bar.open)},"c":{number(bar.close)},"h":{number(bar.high)},"l":{number(bar.low)}'
    if not bar.volume:
        return f'{{{name}"v":0,{prices},"t":{at}}}'
    mean = number(round((bar.open + bar.high + bar.low + bar.close) / 4, 6))
    trades = 1 + int(bar.volume) // SHARES_PER_TRADE
    return f'{{{name}"v":{volume(bar.volume)},"vw":{mean},{prices},"t":{at},"n":{trades}}}'


def bars(
    rows: Sequence[str],
    *,
    adjusted: bool,
    request_id: str,
    ticker: str | None = None,
    status: str = "OK",
    next_url: str | None = None,
) -> bytes:
    """The envelope of grouped and range. Without rows it has no `results`."""
    count = len(rows)
    head = ({"ticker": ticker} if ticker else {}) | {
        "queryCount": count,
        "resultsCount": count,
        "adjusted": adjusted,
    }
    tail = {"status": status, "request_id": request_id, "count": count}
    if next_url:
        tail["next_url"] = next_url
    results = f',"results":[{",".join(rows)}]' if rows else ""
    return f"{_text(head)[:-1]}{results},{_text(tail)[1:]}".encode()


def splits(found: Sequence[Split], *, request_id: str, next_url: str | None) -> bytes:
    """A page of splits, always with `results`."""
    rows = [
        {
            "id": f"E{blake2b(repr(split).encode(), digest_size=32).hexdigest()}",
            "ticker": split.ticker,
            "execution_date": split.day.isoformat(),
            "split_from": split.before,
            "split_to": split.after,
        }
        for split in found
    ]
    body = {"status": "OK", "request_id": request_id, "results": rows}
    return _text(body | ({"next_url": next_url} if next_url else {})).encode()


def milliseconds(day: date, at: time) -> int:
    """Unix milliseconds of a New York time of day."""
    return int(datetime.combine(day, at, US.clock).timestamp()) * 1000


def number(value: Decimal) -> str:
    """The shortest exact form: `75`, `234.805`."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def volume(value: Decimal) -> str:
    """Shares, as Go prints a float: large whole numbers like `1.12117471e+08`, fractional ones without an exponent."""
    text = number(value)
    if value < EXPONENT_FROM or "." in text:
        return text
    mantissa = f"{text[0]}.{text[1:]}".rstrip("0").rstrip(".")
    return f"{mantissa}e+{len(text) - 1:02}"


def _text(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))
