"""Parameters in paths and queries, and Massive's error texts for invalid ones."""

import re
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from http import HTTPStatus
from typing import Self
from urllib.parse import parse_qsl, urlencode

from api.markets import US
from api.records import strict_date
from scripts.vendors import DeniedError
from scripts.vendors.tape import Split

DAY = "execution_date"
SPLIT_PARAMETERS = (DAY, f"{DAY}.gte", f"{DAY}.lte", "ticker", "limit", "order", "sort")
SERVED = "served"
NO_CURSOR = "The parameter 'cursor' isn't one from a next_url"


@dataclass(frozen=True, slots=True)
class Page:
    """How many bars of a range to send at once, and in which order."""

    limit: int
    newest_first: bool
    adjusted: bool

    @classmethod
    def read(cls, query: Mapping[str, str]) -> Self:
        """From a query, or from the cursor in it. Raises `DeniedError`."""
        given = {**_decoded(query.get("cursor", "")), **query}
        newest_first = _choice(given, "sort", "asc", "desc") == "desc"
        return cls(limit=_limit(given, 5_000, 50_000), newest_first=newest_first, adjusted=adjusted(given))

    def cursor(self) -> str:
        """The base64 cursor of the next page, with the same options."""
        sort = "desc" if self.newest_first else "asc"
        unadjusted = {} if self.adjusted else {"adjusted": "false"}
        return _encoded({**unadjusted, "limit": self.limit, "sort": sort})


@dataclass(frozen=True, slots=True)
class SplitPage:
    """Which splits to send, in which order, and how many of them earlier pages had."""

    first: date
    last: date
    ticker: str | None
    limit: int
    by_ticker: bool
    descending: bool
    served: int
    given: Mapping[str, str]

    @classmethod
    def read(cls, query: Mapping[str, str]) -> Self:
        """From a query, or from the cursor in it. Raises `DeniedError`."""
        cursor = _decoded(query.get("cursor", ""))
        given = {name: value for name, value in {**cursor, **query}.items() if name in SPLIT_PARAMETERS}
        days = {name: calendar_day(name, text) for name, text in given.items() if name.startswith(DAY)}
        firsts, lasts = (
            [days[name] for name in (DAY, DAY + bound) if name in days] for bound in (".gte", ".lte")
        )
        return cls(
            first=max(firsts, default=date.min),
            last=min(lasts, default=date.max),
            ticker=given.get("ticker"),
            limit=_limit(given, 10, 1000),
            by_ticker=_choice(given, "sort", DAY, "ticker") == "ticker",
            descending=_choice(given, "order", "desc", "asc") == "desc",
            served=_served(cursor),
            given=given,
        )

    def of(self, splits: Iterable[Split]) -> list[Split]:
        """The requested splits, in order."""
        found = [split for split in splits if self.ticker in (None, split.ticker)]
        return sorted(found, key=self._place, reverse=self.descending)

    def _place(self, split: Split) -> tuple[object, ...]:
        return (split.ticker, split.day) if self.by_ticker else (split.day, split.ticker)

    def next_cursor(self) -> str:
        """The base64 cursor of the next page, with the same options."""
        return _encoded({**self.given, SERVED: self.served + self.limit})


def adjusted(query: Mapping[str, str]) -> bool:
    """Whether `adjusted` is true. It is only echoed: the bars are always as traded. Raises `DeniedError`."""
    return _choice(query, "adjusted", "true", "false") == "true"


def day_or_instant(name: str, text: str) -> date:
    """A date, from its text or from Unix milliseconds (New York time). Raises `DeniedError`."""
    if not re.fullmatch(r"-?[0-9]+", text):
        return calendar_day(name, text)
    try:
        return US.day(datetime.fromtimestamp(int(text) / 1000, UTC))
    except (ValueError, OverflowError, OSError) as error:
        raise _unparsable(name) from error


def calendar_day(name: str, text: str) -> date:
    """A date of the form YYYY-MM-DD. Raises `DeniedError`."""
    if day := strict_date(text):
        return day
    raise _unparsable(name)


def bad_request(text: str) -> DeniedError:
    return DeniedError(HTTPStatus.BAD_REQUEST, text)


def _decoded(cursor: str) -> dict[str, str]:
    try:
        text = b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
    except ValueError as error:
        raise bad_request(NO_CURSOR) from error
    return dict(parse_qsl(text))


def _encoded(values: Mapping[str, object]) -> str:
    return urlsafe_b64encode(urlencode(values).encode()).decode().rstrip("=")


def _served(cursor: Mapping[str, str]) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", text := cursor.get(SERVED, "0")):
        raise bad_request(NO_CURSOR)
    return int(text)


def _limit(query: Mapping[str, str], default: int, most: int) -> int:
    text = query.get("limit", str(default))
    if not re.fullmatch(r"[0-9]{1,5}", text) or not 1 <= int(text) <= most:
        raise bad_request(f"The parameter 'limit' must be a whole number from 1 to {most}")
    return int(text)


def _choice(query: Mapping[str, str], name: str, *allowed: str) -> str:
    value = query.get(name, allowed[0]).lower()
    if value not in allowed:
        raise bad_request(f"The parameter '{name}' must be one of {', '.join(allowed)}")
    return value


def _unparsable(name: str) -> DeniedError:
    return bad_request(f"Could not parse the time parameter: '{name}'. Use YYYY-MM-DD or Unix MS Timestamps")
