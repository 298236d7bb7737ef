"""The document of each resource, as exact bytes. Both the API and the static twins are made here."""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any

from api.markets import Market
from api.records import Mover, Row, Session, Status, Winner, instant

SCHEMA_VERSION = 1
LATEST_MOVERS = 7
TICKER_SESSIONS = 252  # a year


def movers(winners: Iterable[Winner]) -> bytes:
    """`/movers` and `/history`: the four published fields of each winner, in the order given."""
    return render([winner(mover) for mover in winners])


def winner(mover: Winner) -> dict[str, Any]:
    """The four published fields."""
    return {
        "Date": mover.date,
        "Ticker": mover.ticker,
        "PercentChange": mover.percent_change,
        "ClosingPrice": mover.closing_price,
    }


def session(mover: Mover, session: Session) -> bytes:
    """`/movers/{date}`: the winner, its lead, and the bar of every ticker on the watchlist, biggest move first."""
    return render(
        {
            "SchemaVersion": SCHEMA_VERSION,
            **winner(mover),
            "RunnerUp": mover.runner_up,
            "Margin": mover.margin,
            "Revision": mover.revision,
            "Provider": mover.provider,
            "RecordedAt": mover.recorded_at,
            "Watchlist": session.watchlist,
            "Excused": session.excused,
            "Bars": [{"Ticker": ticker, **bar.fields} for ticker, bar in session.ranked()],
        }
    )


def ticker(symbol: str, rows: Iterable[Row]) -> bytes:
    """`/tickers/{ticker}`: its sessions, in the order given."""
    return render(
        {
            "SchemaVersion": SCHEMA_VERSION,
            "Ticker": symbol,
            "Sessions": [{"Date": row.date, **row.bar.fields, "Won": row.won} for row in rows],
        }
    )


def status(status: Status | None, market: Market) -> bytes:
    """`/status`: how fresh the data is. `None` before the first run."""
    return render(
        {
            "SchemaVersion": SCHEMA_VERSION,
            "AsOf": status and status.as_of,
            "GeneratedAt": status and status.generated_at,
            "StaleAfter": status and status.stale_after,
            "NextSession": status and status.next_session,
            "Expected": status.expected if status else [],
            "Missing": status.missing if status else [],
            "Watchlist": status.watchlist if status else [],
            "Change": "open-to-close",
            "Formula": "(Close - Open) / Open * 100",
            "Exchange": {"Mic": market.mic, "TimeZone": market.zone},
            "Source": status
            and {
                "Provider": status.source.provider,
                "Kind": status.source.kind,
                "ClockOffsetSeconds": status.source.clock_offset_seconds,
            },
        }
    )


def error(message: str) -> bytes:
    return render({"error": message})


def etag(body: bytes) -> str:
    """The quoted MD5 of the body, which is also the ETag S3 gives these bytes."""
    return f'"{md5(body)}"'


def md5(body: bytes) -> str:
    return hashlib.md5(body, usedforsecurity=False).hexdigest()


def render(document: Any) -> bytes:
    """JSON, compact, in UTF-8. A `Decimal` is written digit for digit, never through a float."""
    return _json(document).encode()


_scalar = json.JSONEncoder(ensure_ascii=False).encode
_name = cache(_scalar)


def _json(value: Any) -> str:
    form = _FORMS.get(type(value))
    if not form:
        raise TypeError(f"{type(value).__name__} has no JSON form")
    return form(value)


def _object(value: Mapping[str, Any]) -> str:
    return "{" + ",".join([f"{_name(key)}:{_json(item)}" for key, item in value.items()]) + "}"


def _array(value: Sequence[Any]) -> str:
    return "[" + ",".join(map(_json, value)) + "]"


def number(value: Decimal) -> str:
    """A decimal in plain digits, with at most 6 decimals and no trailing zeros."""
    text = f"{value:.6f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


# Looked up by exact type: rendering a year of winners takes a quarter less time than with `match`.
_FORMS: Mapping[type, Callable[[Any], str]] = {
    **dict.fromkeys((str, bool, int, type(None)), _scalar),
    Decimal: number,
    datetime: lambda value: f'"{instant(value)}"',
    date: lambda value: f'"{value.isoformat()}"',
    dict: _object,
    list: _array,
    tuple: _array,
}
