"""The origin side of the edge: requests to origins, failover, error pages, and how long results are cached."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from scripts.cloud.distribution import ERROR_SECONDS, Behaviour, Distribution, ErrorResponse, Origin
from scripts.cloud.nginx_syntax import block, path_regex, quoted

# https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/HTTPStatusCodes.html
ALWAYS_KEPT_ERRORS = (404, 405, 414, 500, 501, 502, 503, 504)

# nginx's statuses for "cannot connect" and "too slow"; on both, CloudFront always fails over.
UNREACHABLE = {502, 504}

HTTP = """\
js_set $life edge.life;
js_set $asked_at edge.askedAt;
upstream origin_side {
    server unix:origins.sock;
}"""


@dataclass(frozen=True, slots=True)
class Upstream:
    """Where an origin really is: its base URL (plain HTTP), and headers to send."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Upstreams:
    """The servers in place of the distribution's buckets (`files`) and of its other origins (`api`)."""

    files: Upstream
    api: Upstream


def origin_side(distribution: Distribution, upstreams: Upstreams) -> Iterator[str]:
    """The parts of the http block for the origin side: a virtual server per behaviour, on one socket."""
    yield HTTP
    for name, upstream in (("files", upstreams.files), ("api", upstreams.api)):
        yield block(f"upstream {name}", f"server {urlsplit(upstream.url).netloc};")
    for number, behaviour in enumerate(distribution.behaviours):
        yield _server(f"behaviour-{number}", behaviour, distribution, upstreams)


def _server(name: str, behaviour: Behaviour, distribution: Distribution, upstreams: Upstreams) -> str:
    cache = behaviour.cache
    pages = [error for error in distribution.errors if error.page]
    return block(
        "server",
        "listen unix:origins.sock;",
        f"server_name {name};",
        f'set $cache_policy "{cache.min_seconds} {cache.default_seconds} {cache.max_seconds}";',
        f"set $error_seconds '{json.dumps(_error_seconds(distribution.errors))}';",
        "proxy_intercept_errors on;",
        "recursive_error_pages on;",
        *_origins(behaviour, pages, upstreams),
        *(_page(error, distribution.behaviours, upstreams) for error in pages),
    )


def _error_seconds(errors: Iterable[ErrorResponse]) -> dict[int, int]:
    """The minimum cache time of each error; errors not in here are cached only as their origin allows."""
    kept = dict.fromkeys(ALWAYS_KEPT_ERRORS, ERROR_SECONDS)
    return kept | {error.status: error.seconds for error in errors}


def _origins(behaviour: Behaviour, pages: Iterable[ErrorResponse], upstreams: Upstreams) -> Iterator[str]:
    """The first origin, then the second; a remaining error gets its page."""
    shown = [f"error_page {error.status} ={error.page_status} @page-{error.status};" for error in pages]
    if not behaviour.secondary:
        yield block("location /", *_ask(behaviour.origin, upstreams), *shown)
        return
    statuses = sorted({*behaviour.failover_statuses, *UNREACHABLE})
    failover = f"error_page {' '.join(map(str, statuses))} = @secondary;"
    yield block("location /", *_ask(behaviour.origin, upstreams), failover, *shown)
    yield block("location @secondary", *_ask(behaviour.secondary, upstreams), *shown)


def _page(error: ErrorResponse, behaviours: Iterable[Behaviour], upstreams: Upstreams) -> str:
    """The page for an error, from the origin of the behaviour that its path matches."""
    page = error.page or ""
    origin = next(each.origin for each in behaviours if re.fullmatch(path_regex(each.pattern), page))
    return block(
        f"location @page-{error.status}",
        "proxy_intercept_errors off;",
        "proxy_method GET;",
        f"set $page {quoted(page)};",  # nginx accepts a path here only from a variable
        *_ask(origin, upstreams, path="$page", life=str(error.seconds)),
    )


def _ask(
    origin: Origin, upstreams: Upstreams, *, path: str = "$request_uri", life: str = "$life"
) -> Iterator[str]:
    name, upstream = ("files", upstreams.files) if origin.is_bucket else ("api", upstreams.api)
    address = urlsplit(upstream.url)
    told = {"Host": address.netloc, "User-Agent": "Amazon CloudFront", "Connection": "", **upstream.headers}
    yield from (f"proxy_set_header {header} {quoted(value)};" for header, value in told.items())
    yield f"proxy_connect_timeout {origin.connect_seconds}s;"
    yield f"proxy_read_timeout {origin.read_seconds}s;"
    yield f"proxy_pass http://{name}{address.path}{path};"
    yield f"add_header X-Accel-Expires {life} always;"
    yield "add_header X-Asked-At $asked_at always;"
    yield "js_header_filter edge.dropLengthOfNothing;"
