"""The document of each resource, as exact bytes. Both the API and the static twins are made here."""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from functools import cache
from typing import Any

from api import previous
from api.facts import facts
from api.markets import Market
from api.records import Mover, Row, Session, Status, Winner, instant, percent, rounded

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


def session(
    mover: Mover, session: Session, before: Session | None = None, earlier: Sequence[Winner] = ()
) -> bytes:
    """`/movers/{date}`: the winner, its lead, and the bar of every ticker on the watchlist, biggest move first.

    `before` is the session stored before this one, `earlier` are the winners of at most a year before, newest first.
    """
    closes = previous.closes(session, before)
    changes = previous.since(closes, session)
    return render(
        {
            "SchemaVersion": SCHEMA_VERSION,
            **winner(mover),
            "RunnerUp": mover.runner_up,
            "Margin": mover.margin,
            "Revision": mover.revision,
            "Provider": mover.provider,
            "RecordedAt": mover.recorded_at,
            "CheckedAt": mover.checked_at,
            "MoverByPreviousClose": _leader(session, changes),
            "Facts": facts(mover, session, earlier),
            "Watchlist": session.watchlist,
            "Excused": session.excused,
            "Bars": [
                {
                    "Ticker": ticker,
                    **bar.fields,
                    "PreviousClose": rounded(closes[ticker]) if ticker in closes else None,
                    "ChangeFromPreviousClose": percent(changes[ticker]) if ticker in changes else None,
                }
                for ticker, bar in session.ranked()
            ],
        }
    )


def by_previous_close(session: Session, before: Session | None) -> dict[str, Any] | None:
    """The ticker with the largest change from the previous close, if that is known for every bar."""
    return _leader(session, previous.since(previous.closes(session, before), session))


def _leader(session: Session, changes: Mapping[str, Fraction]) -> dict[str, Any] | None:
    if changes.keys() != session.bars.keys():
        return None
    listed = (ticker for ticker in session.watchlist if ticker in changes)
    ticker = max(listed, key=lambda ticker: abs(changes[ticker]))
    return {"Ticker": ticker, "PercentChange": percent(changes[ticker])}


def ticker(symbol: str, rows: Sequence[Row]) -> bytes:
    """`/tickers/{ticker}`: its sessions, newest first as given, and the splits that took effect in them."""
    return render(
        {
            "SchemaVersion": SCHEMA_VERSION,
            "Ticker": symbol,
            "Splits": [
                {"Date": row.date, "Ratio": str(row.split)} for row in rows if row.split not in (None, 1)
            ],
            "Sessions": [
                {
                    "Date": row.date,
                    **row.bar.fields,
                    "ChangeFromPreviousClose": None if change is None else percent(change),
                    "Won": row.won,
                }
                for row, change in zip(rows, previous.changes(rows), strict=True)
            ],
        }
    )


def status(status: Status | None, market: Market) -> bytes:
    """`/status`: how fresh the data is. `None` before the first run."""
    return render(
        {
            "SchemaVersion": SCHEMA_VERSION,
            "AsOf": status and status.as_of,
            "GeneratedAt": status and status.generated_at,
            "CheckedAt": status and status.checked_at,
            "StaleAfter": status and status.stale_after,
            "NextSession": status and status.next_session,
            "ReadyAt": status and status.ready_at,
            "Expected": status.expected if status else [],
            "Missing": status.missing if status else [],
            "Watchlist": status.watchlist if status else [],
            "Names": _names(status) if status else {},
            "Change": "open-to-close",
            "Formula": "(Close - Open) / Open * 100",
            "Exchange": {"Mic": market.mic, "TimeZone": market.zone, "Currency": market.currency},
            "Source": status
            and {
                "Provider": status.source.provider,
                "Kind": status.source.kind,
                "ClockOffsetSeconds": status.source.clock_offset_seconds,
            },
            "Sessions": _recorded(status) if status else [],
            "Holidays": _holidays(status) if status else [],
        }
    )


# The table keeps no order, so these are sorted here.


def _names(status: Status) -> dict[str, str]:
    """Companies by ticker, of earlier watchlists too."""
    return dict(sorted(status.names.items()))


def _recorded(status: Status) -> list[dict[str, Any]]:
    newest_first = sorted(status.recorded.items(), reverse=True)
    return [{"Date": day, "RecordedAt": at} for day, at in newest_first]


def _holidays(status: Status) -> list[dict[str, Any]]:
    return [{"Date": day, "Name": name} for day, name in sorted(status.holidays.items())]


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
