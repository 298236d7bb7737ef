"""Parses and validates the event of an invocation."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from api.markets import Market
from api.records import check_watchlist, strict_date
from ingest.daily.plan import RequestError
from ingest.daily.rebuild import RebuildRequest
from ingest.daily.run import Request


def read_event(event: object, run: str, market: Market) -> Request | RebuildRequest:
    """Read `{}` or `{"from": "2026-01-02", "to": "2026-02-10"}`, the latter optionally with `"again": true`, both with
    `"invalidate": false`; or `{"rebuild": {…}}`, where `from`, `to`, `watchlist` or `in_force`, and `apply` are
    optional. Raises `RequestError` for anything else, null values included.
    """
    if not isinstance(event, Mapping):
        raise RequestError("the event must be an object; {} asks for the usual window")
    _refuse_others(event, ("from", "to", "again", "invalidate", "rebuild"))
    if "rebuild" not in event:
        return _run(event, run)
    if len(event) > 1:
        raise RequestError("rebuild must be alone in the event; put its from and to inside it")
    return _rebuild(event["rebuild"], run, market)


def _run(event: Mapping[str, Any], run: str) -> Request:
    first, last = _date(event, "from"), _date(event, "to")
    if (first is None) != (last is None):
        raise RequestError("give both from and to, as dates, YYYY-MM-DD, or neither")
    again = _flag(event, "again", default=False)
    if again and first is None:
        raise RequestError("again needs both from and to, as dates, YYYY-MM-DD")
    return Request(run, first, last, _flag(event, "invalidate", default=True), again)


def _rebuild(asked: object, run: str, market: Market) -> RebuildRequest:
    if not isinstance(asked, Mapping):
        raise RequestError(
            "rebuild must be an object, with any of from, to, watchlist, in_force and apply, or none"
        )
    _refuse_others(asked, ("from", "to", "watchlist", "in_force", "apply"))
    in_force = _flag(asked, "in_force", default=False)
    if in_force and "watchlist" in asked:
        raise RequestError("give either watchlist or in_force")
    return RebuildRequest(
        run,
        first=_date(asked, "from"),
        last=_date(asked, "to"),
        watchlist=_watchlist(asked["watchlist"], market) if "watchlist" in asked else None,
        in_force=in_force,
        apply=_flag(asked, "apply", default=False),
    )


def _refuse_others(event: Mapping[str, Any], allowed: Iterable[str]) -> None:
    if unknown := sorted(set(event) - set(allowed)):
        raise RequestError(f"the event has {', '.join(unknown)}; allowed: {', '.join(allowed)}")


def _flag(event: Mapping[str, Any], name: str, *, default: bool) -> bool:
    value = event.get(name, default)
    if not isinstance(value, bool):
        raise RequestError(f"{name} {value!r} must be true or false")
    return value


def _date(event: Mapping[str, Any], name: str) -> date | None:
    """The date of this name; `None` if the event doesn't have it."""
    if name not in event:
        return None
    if day := strict_date(event[name]):
        return day
    raise RequestError(f"{name} {event[name]!r} must be a date, YYYY-MM-DD")


def _watchlist(tickers: object, market: Market) -> tuple[str, ...]:
    if not isinstance(tickers, list) or not all(isinstance(ticker, str) for ticker in tickers):
        raise RequestError("watchlist must be a list of tickers")
    try:
        check_watchlist(tickers, market)
    except ValueError as wrong:
        raise RequestError(str(wrong)) from wrong
    return tuple(tickers)
