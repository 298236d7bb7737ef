"""Whatever is asked of the API, it answers as it describes itself, and never with a failure of its own.

The function itself is asked; over HTTP the local cloud gets what only a server could get wrong.
"""

import http.client
import json
import time
from contextlib import closing, redirect_stdout
from datetime import timedelta
from io import StringIO
from typing import Any
from urllib.parse import quote_from_bytes, urlsplit

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from api import documents
from api import handler as api
from api.headers import COMMON
from scripts.cloud.up import LocalCloud
from tests.contract import SPEC
from tests.e2e.fuzz import Function, Shelf, ask, event, headers, methods, paths, queries, sound, tags
from tests.profiles import LONG
from tests.samples import DAY, session, status

SHELF = Shelf([session(DAY - timedelta(days=n)) for n in range(40)], status())
PATHS = ["/movers", "/movers/2026-02-10", "/history", "/tickers/AAPL", "/status"]
FUNCTION = "http://function"

many = settings(max_examples=3000 if LONG else 400)  # each takes no time
over_http = settings(
    max_examples=500 if LONG else 15,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

long_form = pytest.mark.skipif(not LONG, reason="over HTTP in the long form only")


def described() -> schemathesis.schemas.BaseSchema:
    chosen = {"generation": {"deterministic": not LONG, "max-examples": 300 if LONG else 20}}
    return schemathesis.openapi.from_dict(SPEC, config=schemathesis.Config.from_dict(chosen))


description = described()


@description.parametrize()
def test_the_function_keeps_to_its_description(case: schemathesis.Case[Any]) -> None:
    with requests.Session() as straight:
        straight.mount(FUNCTION, Function(SHELF))
        case.call_and_validate(base_url=FUNCTION, session=straight)


@long_form
@description.parametrize()
def test_the_api_of_the_local_cloud_keeps_to_its_description(
    case: schemathesis.Case[Any], cloud: LocalCloud
) -> None:
    case.call_and_validate(base_url=cloud.api_url)


@many
@given(paths, methods, queries, headers)
def test_no_request_brings_the_function_down(path: str, method: str, query: Any, sent: Any) -> None:
    answer = ask(SHELF, path, method, query, sent)
    sound(answer["statusCode"], answer["headers"], answer["body"])


@given(paths, methods, queries, headers)
def test_no_request_breaks_the_log_into_more_than_its_one_line(
    path: str, method: str, query: Any, sent: Any
) -> None:
    log = StringIO()
    with pytest.MonkeyPatch.context() as patched, redirect_stdout(log):
        patched.setenv("STAGE", "prod")
        patched.setenv("MARKET", "us")
        patched.setattr(api, "store", lambda: SHELF)
        answer = api.handler(event(path, method, query, sent), None)
    (line,) = log.getvalue().splitlines()
    assert (json.loads(line)["path"], json.loads(line)["status"]) == (path, answer["statusCode"])


@given(st.sampled_from(PATHS), st.lists(tags), st.booleans(), st.data())
def test_only_a_list_that_holds_the_tag_gives_304(
    path: str, others: list[str], held: bool, data: st.DataObject
) -> None:
    etag = ask(SHELF, path)["headers"]["ETag"]
    listed = [f'"{tag}"' for tag in others] + ([etag] if held else [])
    weak = data.draw(st.lists(st.sampled_from(["", "W/"]), min_size=len(listed), max_size=len(listed)))
    gaps = st.sampled_from(["", " ", "  ", "\t"])
    mixed = data.draw(st.permutations([prefix + tag for prefix, tag in zip(weak, listed, strict=True)]))
    text = ",".join(data.draw(gaps) + tag + data.draw(gaps) for tag in mixed)
    answer = ask(SHELF, path, headers={"If-None-Match": text})
    assert answer["statusCode"] == (304 if held else 200)


@given(st.sampled_from(PATHS), st.text() | st.text('"W/*, ', max_size=8))
@example("/movers", " * ")
@example("/movers", "W/*")  # the star has no weak form
@example("/movers", "*, *")
def test_what_is_no_list_of_tags_gives_304_only_for_a_star(path: str, text: str) -> None:
    answer = ask(SHELF, path, headers={"if-none-match": text})
    assert answer["statusCode"] == (304 if text.strip() == "*" else 200)


@given(st.sampled_from(PATHS), queries, headers)
def test_a_failed_precondition_changes_nothing_but_status_and_body(path: str, query: Any, sent: Any) -> None:
    answer = ask(SHELF, path, query=query)
    if answer["statusCode"] == 200:
        again = ask(SHELF, path, query=query, headers={"If-None-Match": answer["headers"]["ETag"]})
        assert (again["statusCode"], again["body"]) == (304, "")
        assert again["headers"].items() <= answer["headers"].items()
        assert answer["headers"]["ETag"] == documents.etag(answer["body"].encode())


def raw(cloud: LocalCloud, target: str, method: str = "GET", **sent: str) -> tuple[int, dict[str, str], str]:
    """What a request gets whose target nobody tidies up on the way. Where the stage throttles, it waits its turn."""
    deadline = time.monotonic() + 30
    while True:
        answer = _raw(cloud, target, method, sent)
        if answer[0] != 429 or time.monotonic() > deadline:
            return answer
        time.sleep(0.2)


def _raw(
    cloud: LocalCloud, target: str, method: str, sent: dict[str, str]
) -> tuple[int, dict[str, str], str]:
    parts = urlsplit(cloud.api_url)
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=30)
    with closing(connection):
        connection.putrequest(method, parts.path + target)
        for name, value in sent.items():
            connection.putheader(name.replace("_", "-"), value)
        connection.endheaders()
        response = connection.getresponse()
        return response.status, dict(response.getheaders()), response.read().decode()


STRANGE = [
    *("/", "//movers", "/movers/", "/.json", "/%", "/movers.json.json", "/movers;jsessionid=1"),
    *("/movers/%2e%2e%2fstatus", "/movers/2026-02-10%0d%0aX-Injected:%201", "/movers/2026-02-10%00.json"),
    *(
        "/movers/%D9%A2%D9%A0%D9%A2%D9%A6-02-10",
        "/tickers/%ff%fe",
        "/tickers/%2500",
        "/tickers/" + "A" * 6000,
    ),
    *("/movers?days=%00", "/movers?days=1&days=2", "/movers?days=" + "9" * 6000, "/movers?%00=1&&&="),
]


def test_strange_targets_are_answered_and_head_has_the_status_and_headers_of_get(cloud: LocalCloud) -> None:
    for target in (*PATHS, *STRANGE):
        head, get = (raw(cloud, target, method) for method in ("HEAD", "GET"))
        sound(*get)
        other = {name.lower() for name, _ in head[1].items() ^ get[1].items()}
        assert head[0] == get[0], target
        assert other <= {"date", "x-amz-request-id", "x-amzn-requestid"}, target
        assert int(head[1]["Content-Length"]) == len(get[2].encode()), target


def test_the_body_of_a_head_is_not_sent(cloud: LocalCloud) -> None:
    """Otherwise it would be the beginning of the next answer on the same connection."""
    parts = urlsplit(cloud.api_url)
    with closing(http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=30)) as connection:
        for method in ("HEAD", "GET", "HEAD", "GET"):
            connection.request(method, f"{parts.path}/status")
            answer = connection.getresponse()
            assert (answer.status, answer.read() != b"") == (200, method == "GET")


def test_junk_at_the_api_is_refused_before_any_read_of_a_twin_is(cloud: LocalCloud) -> None:
    """Twins come here when the bucket does not answer: just then nobody may take their turn."""
    refused = next(answer for _ in range(50) if (answer := _raw(cloud, "/junk.json", "GET", {}))[0] == 429)
    assert json.loads(refused[2]) == {"error": "Too many requests"}
    assert refused[1].items() >= (COMMON | {"Retry-After": "1", "Cache-Control": "no-store"}).items()
    assert {_raw(cloud, f"{path}.json", "GET", {})[0] for path in PATHS} <= {200, 404}


@long_form
@over_http
@given(
    target=st.lists(st.binary(max_size=12).map(quote_from_bytes), max_size=4).map("/".join),
    query=st.binary(max_size=12),
)
def test_the_api_has_an_answer_to_any_bytes_that_are_escaped(
    cloud: LocalCloud, target: str, query: bytes
) -> None:
    sound(*raw(cloud, f"/{target}?{quote_from_bytes(query)}"))


def test_the_tag_that_was_sent_is_known_again_over_http(cloud: LocalCloud) -> None:
    for path in ("/movers", "/history", "/status"):
        etag = raw(cloud, path)[1]["ETag"]
        for held in (etag, f"W/{etag}", f'"a,b", {etag}', '"' + "x" * 4000 + f'", W/{etag}'):
            assert raw(cloud, path, If_None_Match=held)[0] == 304
