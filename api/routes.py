"""Every resource, once: where it is read live, the file that is its twin, how long either may be kept.

The handler, the gateway, the CDN, the publisher, the grants, the checks and the page all take their names from here.
"""

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

JSON = "application/json"
DAILY = "public, max-age=60, s-maxage=300, stale-while-revalidate=600, stale-if-error=86400"


@dataclass(frozen=True)
class File:
    """A published file that no resource stands behind."""

    key: str
    content_type: str
    cache_control: str = DAILY


@dataclass(frozen=True)
class Route:
    """A resource by its path, which has at most one parameter, in braces at its end.

    `query` are the parameters that its live answer depends on, `throttle` is its share of the API's rate limit.
    """

    path: str
    query: tuple[str, ...] = ()
    cache_control: str = DAILY
    throttle: Fraction = Fraction(1)

    @property
    def head(self) -> str:
        """The first part of the path."""
        return self.path.split("/")[0]

    @property
    def parameter(self) -> str | None:
        found = re.search(r"\{(\w+)\}", self.path)
        return found[1] if found else None

    @property
    def pattern(self) -> str:
        """The keys of its twins, `*` standing for any."""
        return self.path.replace(f"{{{self.parameter}}}", "*") if self.parameter else self.key()

    def key(self, value: object = "") -> str:
        """The key of its twin, in the site bucket and behind the site's address."""
        return f"{self.path.replace(f'{{{self.parameter}}}', str(value))}.json"

    def read(self, key: str) -> str | None:
        """The parameter's value in a twin's key, empty without a parameter; `None` for any other key."""
        return self._read(self._key, key)

    def match(self, path: str) -> str | None:
        """The same in a path."""
        return self._read(self._path, path)

    @cached_property
    def _path(self) -> re.Pattern[str]:
        return re.compile(re.sub(r"\\\{\w+\\\}", "([^/]*)", re.escape(self.path)))

    @cached_property
    def _key(self) -> re.Pattern[str]:
        return re.compile(self._path.pattern + r"\.json")

    @staticmethod
    def _read(form: re.Pattern[str], text: str) -> str | None:
        found = form.fullmatch(text)
        return "".join(found.groups()) if found else None


MOVERS = Route("movers", query=("days",))
SESSION = Route("movers/{date}")
HISTORY = Route("history")
TICKER = Route("tickers/{ticker}")
STATUS = Route("status")
MAX_DAYS = 366  # that /movers is asked for
ROUTES = (MOVERS, SESSION, HISTORY, TICKER, STATUS)

CSV = File("movers.csv", "text/csv; charset=utf-8")
# Atom's own type, application/atom+xml, is not one that CloudFront compresses.
FEED = File("feed.xml", "application/xml; charset=utf-8")
FILES = (CSV, FEED)

# The keys of all that is published beside the page, as patterns: only ingest writes them.
PUBLISHED = (*(route.pattern for route in ROUTES), *(file.key for file in FILES))
LIST = ", ".join(f"/{route.path}" for route in ROUTES[:-1]) + f" or /{ROUTES[-1].path}"  # for messages


def find(path: str) -> tuple[Route, str] | None:
    """The resource at a path without slashes around it, and the value of its parameter."""
    for route in ROUTES:
        if (value := route.match(path)) is not None:
            return route, value
    return None


def is_twin(path: str) -> bool:
    """Whether a path is one of a twin, as published. `//movers.json` is not: no such file was ever in the bucket."""
    return path.startswith("/") and any(route.read(path[1:]) is not None for route in ROUTES)
