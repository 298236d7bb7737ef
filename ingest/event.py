"""What an invocation asks for: the JSON of its event, typed, or refused with what is allowed."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from api.records import check_watchlist
from ingest.plan import RequestError
from ingest.rebuild import RebuildRequest
from ingest.run import Request


def read_event(event: Mapping[str, Any], run: str) -> Request | RebuildRequest:
    """`{}`, `{"from": "2026-01-02", "to": "2026-02-10", "invalidate": false}`, or `{"rebuild": {…}}`, in which `from`,
    `to`, `watchlist` and `apply` may stand. Raises `RequestError` for anything else.
    """
    _refuse_others(event, ("from", "to", "invalidate", "rebuild"))
    if "rebuild" not in event:
        return _run(event, run)
    if len(event) > 1:
        raise RequestError("an event with rebuild has nothing beside it; its days stand inside")
    return _rebuild(event["rebuild"], run)


def _run(event: Mapping[str, Any], run: str) -> Request:
    first, last = event.get("from"), event.get("to")
    if first is None and last is None:
        return Request(run)
    if first is None or last is None:
        raise RequestError("both of from and to are needed, as dates of the form YYYY-MM-DD, or neither")
    return Request(run, _date(first), _date(last), invalidate=event.get("invalidate", True) is not False)


def _rebuild(asked: object, run: str) -> RebuildRequest:
    if not isinstance(asked, Mapping):
        raise RequestError(
            "rebuild must be an object; its names from, to, watchlist, apply may all be missing"
        )
    _refuse_others(asked, ("from", "to", "watchlist", "apply"))
    first, last, watchlist, apply = (asked.get(name) for name in ("from", "to", "watchlist", "apply"))
    if not isinstance(apply, bool | None):
        raise RequestError(f"apply {apply!r} must be true or false")
    return RebuildRequest(
        run,
        first=None if first is None else _date(first),
        last=None if last is None else _date(last),
        watchlist=None if watchlist is None else _watchlist(watchlist),
        apply=bool(apply),
    )


def _refuse_others(event: Mapping[str, Any], allowed: Iterable[str]) -> None:
    if unknown := sorted(set(event) - set(allowed)):
        raise RequestError(f"the event has {', '.join(unknown)}; allowed are {', '.join(allowed)}")


def _date(text: object) -> date:
    try:
        day = date.fromisoformat(str(text))
        if str(day) == text:
            return day
    except ValueError:
        pass  # the same answer as for a date in another form
    raise RequestError(f"{text!r} is no date of the form YYYY-MM-DD")


def _watchlist(tickers: object) -> tuple[str, ...]:
    if not isinstance(tickers, list) or not all(isinstance(ticker, str) for ticker in tickers):
        raise RequestError("watchlist must be a list of tickers")
    try:
        check_watchlist(tickers)
    except ValueError as wrong:
        raise RequestError(str(wrong)) from wrong
    return tuple(tickers)
