"""What a caller may put into a path or a query, and Massive's words for what it may not."""

import re
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from http import HTTPStatus
from typing import Self
from urllib.parse import parse_qsl, urlencode

from ingest.calendar import new_york_date
from scripts.market.wire import RefusedError

DEFAULT_LIMIT = 5_000
MAXIMAL_LIMIT = 50_000


@dataclass(frozen=True, slots=True)
class Page:
    """How much of a range to send at once, and in which order."""

    limit: int
    newest_first: bool
    adjusted: bool

    @classmethod
    def read(cls, query: Mapping[str, str]) -> Self:
        """From a query, or from the cursor in it. Raises `RefusedError`."""
        given = {**_decoded(query.get("cursor", "")), **query}
        newest_first = _choice(given, "sort", "asc", "desc") == "desc"
        return cls(limit=_limit(given), newest_first=newest_first, adjusted=adjusted(given))

    def cursor(self) -> str:
        """The base64 text that asks for the next page in the same way."""
        sort = "desc" if self.newest_first else "asc"
        unadjusted = {} if self.adjusted else {"adjusted": "false"}
        text = urlencode({**unadjusted, "limit": self.limit, "sort": sort})
        return urlsafe_b64encode(text.encode()).decode().rstrip("=")


def adjusted(query: Mapping[str, str]) -> bool:
    """Echoed only: the bars are what they are, and no split lies between them. Raises `RefusedError`."""
    return _choice(query, "adjusted", "true", "false") == "true"


def day_or_instant(name: str, text: str) -> date:
    """The New York date of a date or of an instant in Unix milliseconds. Raises `RefusedError`."""
    if not re.fullmatch(r"-?[0-9]+", text):
        return calendar_day(name, text)
    try:
        return new_york_date(datetime.fromtimestamp(int(text) / 1000, UTC))
    except (ValueError, OverflowError, OSError) as error:
        raise _unparsable(name) from error


def calendar_day(name: str, text: str) -> date:
    """A date of the form YYYY-MM-DD. Raises `RefusedError`."""
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise _unparsable(name) from error
    if day.isoformat() != text:
        raise _unparsable(name)
    return day


def bad_request(text: str) -> RefusedError:
    return RefusedError(HTTPStatus.BAD_REQUEST, text)


def _decoded(cursor: str) -> dict[str, str]:
    try:
        text = b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
    except ValueError as error:
        raise bad_request("The parameter 'cursor' is none that a next_url has held") from error
    return dict(parse_qsl(text))


def _limit(query: Mapping[str, str]) -> int:
    text = query.get("limit", str(DEFAULT_LIMIT))
    if not re.fullmatch(r"[0-9]{1,5}", text) or not 1 <= int(text) <= MAXIMAL_LIMIT:
        raise bad_request(f"The parameter 'limit' has to be a whole number from 1 to {MAXIMAL_LIMIT}")
    return int(text)


def _choice(query: Mapping[str, str], name: str, *allowed: str) -> str:
    value = query.get(name, allowed[0]).lower()
    if value not in allowed:
        raise bad_request(f"The parameter '{name}' has to be one of {', '.join(allowed)}")
    return value


def _unparsable(name: str) -> RefusedError:
    return bad_request(f"Could not parse the time parameter: '{name}'. Use YYYY-MM-DD or Unix MS Timestamps")
