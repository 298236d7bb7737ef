"""The viewer side of the edge: TLS, behaviours, cache, compression and the policies' headers."""

import zlib
from collections.abc import Callable, Iterable, Iterator

from scripts.cloud.distribution import Behaviour
from scripts.cloud.nginx_syntax import block, path_regex, quoted
from scripts.cloud.response_headers import Header
from scripts.cloud.room import LEAST_FREE_MEGABYTES, ROOM

# Added to responses by the emulator's own CDN or the origin side; not for viewers.
INNER_HEADERS = ("X-Asked-At", "X-Cache", "Via", "X-Amz-Cf-Id", "X-Amz-Cf-Pop")
# CloudFront sends these only in responses to preflight requests.
PREFLIGHT_HEADERS = ("Access-Control-Allow-Methods", "Access-Control-Allow-Headers", "Access-Control-Max-Age")
REFUSED_METHOD = "This distribution is not configured to allow the HTTP request method that was used."

HTTP = f"""\
js_set $query edge.query;
js_set $age edge.age;
proxy_cache_path cache keys_zone=edge:10m inactive=1d max_size=256m min_free={LEAST_FREE_MEGABYTES}m;

# CloudFront's minimum size and, of its types, those that a site like this one serves (text/html is implied).
# nginx's default level 1 compresses less than CloudFront does.
gzip_comp_level 6;
gzip_min_length 1000;
gzip_proxied any;
gzip_vary on;
gzip_types application/javascript application/json application/rss+xml application/xml
    image/svg+xml text/css text/csv text/javascript text/plain text/xml;

map "$status $upstream_cache_status" $x_cache {{
    "~^[45]" "Error from cloudfront";
    "~ (HIT|STALE|UPDATING)$" "Hit from cloudfront";
    default "Miss from cloudfront";
}}"""

SERVER = f"""\
http2 on;
ssl_certificate server.pem;
ssl_certificate_key server.pem;
ssl_protocols TLSv1.2 TLSv1.3;
error_page 497 =301 https://$http_host$request_uri;

# Origins get only what is in the cache key, nothing else from the viewer's request.
proxy_pass_request_headers off;
proxy_set_header Host $behaviour;
proxy_set_header Connection "";
proxy_read_timeout 120s;

proxy_cache edge;
proxy_cache_key $path$query;
proxy_cache_lock on;
proxy_cache_background_update on;
# While the disk has no room, responses are served without being stored.
set $uncached "";
if (!-f {ROOM}) {{
    set $uncached 1;
}}
proxy_cache_bypass $uncached;
proxy_no_cache $uncached;
proxy_cache_use_stale http_500 http_502 http_503 http_504;
proxy_ignore_headers Vary Set-Cookie;
# With the origin's date, browsers include the time in this cache in a response's age.
proxy_pass_header Date;"""


def viewer_side(behaviours: Iterable[Behaviour], root_object: str, addresses: Iterable[str]) -> Iterator[str]:
    """The parts of the http block for the viewer side."""
    behaviours = tuple(behaviours)
    listens = (f"listen {address} ssl;" for address in addresses)
    locations = (
        each for number, behaviour in enumerate(behaviours) for each in _locations(number, behaviour)
    )
    yield HTTP
    yield _paths(root_object)
    yield from _gap_fillers(behaviours)
    yield from _preflight_answers(behaviours)
    yield block("server", *listens, SERVER, *locations)


def _paths(root_object: str) -> str:
    """`$raw_path` is the path as the viewer sent it. `$path` is the one in the cache key and for the origin: the same
    path, or the one that a function has set in `$asked`."""
    root = [f"/ /{root_object};"] if root_object else []
    return "\n".join(
        [
            block("map $request_uri $raw_path", '"~^(?<written>[^?]*)" $written;'),
            block("map $asked $path", *root, "default $asked;"),
        ]
    )


def _locations(number: int, behaviour: Behaviour) -> Iterator[str]:
    """One location, or two if there is a function, which either responds or continues to the second one."""
    whole_path = rf"(?s)^{path_regex(behaviour.pattern)}\z"
    first = [f"location ~ {quoted(whole_path)}", *_received(number, behaviour)]
    if behaviour.function:
        yield block(*first, f"js_content {behaviour.function}.run;")
        yield block(f"location @behaviour-{number}", *_served(behaviour))
    else:
        yield block(*first, *_served(behaviour))


def _received(number: int, behaviour: Behaviour) -> Iterator[str]:
    cache = behaviour.cache
    yield f"set $behaviour behaviour-{number};"
    yield f"set $query_policy {quoted(' '.join([cache.query_behaviour, *cache.query_names]))};"
    yield "set $asked $raw_path;"
    yield block(
        f'if ($request_method !~ "^({"|".join(behaviour.methods)})$")',
        *_added_headers(behaviour),
        f"return 403 {quoted(REFUSED_METHOD)};",
    )


def _served(behaviour: Behaviour) -> Iterator[str]:
    yield f"gzip {'on' if behaviour.compress and behaviour.cache.gzip else 'off'};"
    replaced = (header.name for header in behaviour.headers if header.override)
    yield from (f"proxy_hide_header {name};" for name in (*INNER_HEADERS, *replaced))
    yield from _added_headers(behaviour)
    yield "proxy_pass http://origin_side$path$query;"


def _added_headers(behaviour: Behaviour) -> Iterator[str]:
    yield "add_header X-Cache $x_cache always;"
    yield "add_header Age $age always;"
    yield from (f"add_header {each.name} {_value(each)} always;" for each in behaviour.headers if each.value)


def _value(header: Header) -> str:
    if header.name in PREFLIGHT_HEADERS:
        return _variable("preflight", header)
    return quoted(header.value) if header.override else _variable("policy", header)


def _gap_fillers(behaviours: Iterable[Behaviour]) -> Iterator[str]:
    """Variables that are empty, and so add no header, if the origin sends that header itself."""
    for header in _distinct(behaviours, lambda header: not header.override):
        own = f"$upstream_http_{_slug(header.name)}"
        yield block(f"map {own} {_variable('policy', header)}", f'"" {quoted(header.value)};', 'default "";')


def _preflight_answers(behaviours: Iterable[Behaviour]) -> Iterator[str]:
    """Variables that are empty except for OPTIONS."""
    for header in _distinct(behaviours, lambda header: header.name in PREFLIGHT_HEADERS):
        variable = _variable("preflight", header)
        yield block(f"map $request_method {variable}", f"OPTIONS {quoted(header.value)};", 'default "";')


def _distinct(behaviours: Iterable[Behaviour], wanted: Callable[[Header], bool]) -> Iterable[Header]:
    headers = (header for behaviour in behaviours for header in behaviour.headers if wanted(header))
    return dict.fromkeys(headers)


def _variable(kind: str, header: Header) -> str:
    return f"${kind}_{zlib.crc32(f'{header.name}: {header.value}'.encode())}"


def _slug(name: str) -> str:
    return name.lower().replace("-", "_")
