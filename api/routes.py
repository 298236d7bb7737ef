"""Every resource, defined once: its path at the API, its twin (the static file), and how long both may be cached.

The handler, API Gateway, the CDN, the publisher, the grants and the checks all take them from here.
"""

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

JSON = "application/json"
HTML = "text/html; charset=utf-8"
DAILY = "public, max-age=60, s-maxage=300, stale-while-revalidate=600, stale-if-error=86400"
PAGE = "max-age=0, s-maxage=300, must-revalidate"


@dataclass(frozen=True)
class File:
    """A published file without an API resource."""

    key: str
    content_type: str
    cache_control: str = DAILY


@dataclass(frozen=True)
class Route:
    """A resource. Its path has at most one parameter, in braces at the end.

    `query` lists the query parameters that change the API's answer; `throttle` is the share of the API's rate limit.
    `suffix` ends the names of its published files.
    """

    path: str
    query: tuple[str, ...] = ()
    cache_control: str = DAILY
    throttle: Fraction = Fraction(1)
    suffix: str = "json"

    @property
    def head(self) -> str:
        """The path's first segment."""
        return self.path.split("/")[0]

    @property
    def parameter(self) -> str | None:
        found = re.search(r"\{(\w+)\}", self.path)
        return found[1] if found else None

    @property
    def pattern(self) -> str:
        """The keys of its twins, with `*` for the parameter."""
        return self.path.replace(f"{{{self.parameter}}}", "*") if self.parameter else self.key()

    def key(self, value: object = "") -> str:
        """The key of its twin in the site bucket, which is also its path on the site."""
        return f"{self.path.replace(f'{{{self.parameter}}}', str(value))}.{self.suffix}"

    def read(self, key: str) -> str | None:
        """The parameter's value in a twin's key (empty if it has none); `None` if the key isn't its twin's."""
        return self._read(self._key, key)

    def match(self, path: str) -> str | None:
        """Like `read`, but for a path of the API."""
        return self._read(self._path, path)

    @cached_property
    def _path(self) -> re.Pattern[str]:
        return re.compile(re.sub(r"\\\{\w+\\\}", "([^/]*)", re.escape(self.path)))

    @cached_property
    def _key(self) -> re.Pattern[str]:
        return re.compile(rf"{self._path.pattern}\.{self.suffix}")

    @staticmethod
    def _read(form: re.Pattern[str], text: str) -> str | None:
        found = form.fullmatch(text)
        return "".join(found.groups()) if found else None


MOVERS = Route("movers", query=("days",))
SESSION = Route("movers/{date}")
HISTORY = Route("history")
TICKER = Route("tickers/{ticker}")
STATUS = Route("status")
MAX_DAYS = 366  # the largest `days` of /movers
ROUTES = (MOVERS, SESSION, HISTORY, TICKER, STATUS)

CSV = File("movers.csv", "text/csv; charset=utf-8")
# Not Atom's own application/atom+xml, which CloudFront doesn't compress.
FEED = File("feed.xml", "application/xml; charset=utf-8")
BADGE = File("badge.svg", "image/svg+xml")  # who won, for other sites to embed
MEASURES = File(
    "by-previous-close.json", JSON
)  # who would have won by the other measure, in the sessions read
FILES = (CSV, FEED, BADGE, MEASURES)

# The page's documents. The API has no answer like them.
INDEX = File("index.html", HTML, PAGE)
DAY = Route("days/{date}", cache_control=PAGE, suffix="html")
FIXED = tuple(File(f"{name}.html", HTML, PAGE) for name in ("history", "ticker", "status", "day", "404"))

# Patterns of the keys that ingest publishes; everything else in the bucket is uploaded when deploying.
PUBLISHED = (
    *(route.pattern for route in (*ROUTES, DAY)),
    *(file.key for file in (*FILES, INDEX, *FIXED)),
)
LIST = ", ".join(f"/{route.path}" for route in ROUTES[:-1]) + f" or /{ROUTES[-1].path}"  # for messages


def find(path: str) -> tuple[Route, str] | None:
    """The resource at a path (without slashes around it), and its parameter's value."""
    for route in ROUTES:
        if (value := route.match(path)) is not None:
            return route, value
    return None


def is_twin(path: str) -> bool:
    """Whether a request path is a twin's. `//movers.json` isn't: the bucket never has such a key."""
    return path.startswith("/") and any(route.read(path[1:]) is not None for route in ROUTES)
