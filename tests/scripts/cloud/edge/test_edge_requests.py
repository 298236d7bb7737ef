"""What the CDN's function answers is what the API would say, and the rest reaches an origin in one spelling."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any, cast
from urllib.parse import parse_qsl, quote, unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.routes import PUBLISHED, ROUTES
from scripts.cloud.edge import Edge
from scripts.deployment.page import page_files
from scripts.folders import ROOT
from tests.e2e.fuzz import Shelf, ask
from tests.profiles import LONG
from tests.samples import DAY, session, status
from tests.scripts.cloud.edge.conftest import (
    STAGE,
    Answer,
    FakeCloudFront,
    FakeOrigin,
    Reply,
    Request,
    Viewer,
    make_edge,
)

pytestmark = pytest.mark.xdist_group("edge")  # one synthesis for all

SHELF = Shelf([session(DAY - timedelta(days=n)) for n in range(40)], status())
LIMIT = 10_000  # CloudFront takes no larger function


class NeedsTableError(Exception):
    """The API would have to look into its table."""


class NoTable:
    def __getattr__(self, _: str) -> Callable[..., None]:
        def read(*_: object) -> None:
            raise NeedsTableError

        return read


def from_api(shelf: Shelf, target: str, method: str = "GET") -> dict[str, Any]:
    """The function's answer to what API Gateway makes of a request."""
    path, _, query = target.partition("?")
    return ask(shelf, unquote(path), method, dict(parse_qsl(query, keep_blank_values=True)) or None)


class Api(FakeOrigin):
    """The real API function."""

    def reply(self, request: Request) -> Reply:
        answer = from_api(SHELF, request.path, request.method)
        return Reply(answer["statusCode"], answer["body"].encode(), answer["headers"])


@pytest.fixture(scope="module")
def api() -> Iterator[FakeOrigin]:
    with Api(Reply(), STAGE) as origin:
        yield origin


@pytest.fixture(scope="module")
def edge(real_edge: Edge) -> Edge:
    return real_edge


def agrees_with_the_api(answer: Answer, target: str, method: str) -> None:
    """Raise unless the answer is the API's, and the CDN's own exactly where the API needs no table for it."""
    try:
        expected = from_api(cast(Shelf, NoTable()), target, method)
    except NeedsTableError:
        expected = from_api(SHELF, target, method)
        assert answer.came != "FunctionGeneratedResponse"
    else:
        assert answer.came == "FunctionGeneratedResponse"
    body = "" if method == "HEAD" else expected["body"]  # which the way to the viewer takes from a HEAD
    assert (answer.status, answer.body.decode()) == (expected["statusCode"], body)
    assert {name: answer.headers[name] for name in expected["headers"]} == expected["headers"]


TARGETS = """
    /movers /movers/ /movers?days=7 /movers/?days=7 /movers.json /movers.json?days=junk
    /movers?days=0 /movers?days=1 /movers?days=366 /movers?days=367 /movers?days=-1 /movers?days=1e1
    /movers?days=007 /movers?days=0007 /movers?days=00 /movers?days=7.0 /movers?days=7;x /movers?days=7%26
    /movers?days=%37 /movers?days=%D9%A7 /movers?days=% /movers?days=%zz /movers?days=%ff /movers?days=7%0a
    /movers?days /movers?days= /movers?days=+7 /movers?days=7+ /movers?days=%2B7 /movers?days[]=1
    /movers?days=7&days=junk /movers?days=junk&days=7 /movers?days=8&days=9 /movers?&&days=9& /movers?=1
    /movers?Days=junk /movers?x=junk /movers?__proto__=1 /movers?constructor=1 /%6Dovers /mov%65rs/2026-02-10
    /movers/2026%2D02%2D10 /movers/2026-02-10/?days=junk /movers/2026-02-10.json /movers/2026-02-10.json.json
    /movers.json.json /movers/.json
    /constructor/x.json /__proto__/x.json /toString/!.json /movers/2026-02-29 /movers/2024-02-29 /movers/2026-02-30.json
    /movers/2026-2-1 /movers/0000-01-01 /movers/0001-01-01 /movers/9999-12-31 /movers/2026-13-01
    /movers/2026-00-10 /movers/2026-01-00 /movers/+2026-02-10 /movers/2026-02-10T00:00 /movers/2026-02-10%0a
    /movers/%D9%A2%D9%A0%D9%A2%D9%A6-02-10 /movers/.. /movers/. /movers/a/b /movers/2026-02-10/AAPL
    /movers/%ff /%6Dovers/%ff /history /history/ /history.json /history?days=junk /history/x
    /status /status/ /status.json?x=1 /status/x/y /status/.json /status/%0a
    /tickers /tickers/ /tickers.json /tickers/AAPL /tickers/AAPL/ /tickers/%41APL.json /tickers/ZZZZ
    /tickers/aapl /tickers/BRK.B /tickers/1 /tickers/%01 /tickers/A%20 /tickers/AAPL%0a
    /tickers/ABCDEFGHIJKLMNO /tickers/ABCDEFGHIJKLMNOP /nothing.json /nothing/at/all.json /.json /x/../y.json
""".split()  # noqa: SIM905 - a list would take a line for each


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_the_cdn_and_the_api_agree(method: str, viewer: Viewer, subtests: pytest.Subtests) -> None:
    for target in (*TARGETS, "/movers?days=" + "9" * 6000):
        with subtests.test(target=target[:40]):
            agrees_with_the_api(viewer.get(target, method), target, method)


words = st.sampled_from(["2026-02-10", "2026-02-30", "AAPL", "ZZ.Z", "movers", "x.json"]) | st.text(
    max_size=6
)
segments = words.filter(lambda text: not {"/", "\0"} & set(text) and text.strip(".")).map(quote)
names = st.sampled_from(["movers", "history", "tickers", "status"])
endings = st.sampled_from(["", ".json", "?", "?x=1", "?days=7"])
counts = st.integers(-9, 400).map(str) | st.text(max_size=5)
questions = st.lists(st.tuples(st.sampled_from(["days", "Days", "x"]), counts.map(quote)), max_size=3)


@settings(max_examples=1000 if LONG else 60)
@given(names, st.lists(segments, max_size=2), endings)
def test_they_agree_on_any_path(viewer: Viewer, name: str, rest: list[str], ending: str) -> None:
    target = "/".join(["", name, *rest]) + ending
    agrees_with_the_api(viewer.get(target), target, "GET")


@settings(max_examples=1000 if LONG else 60)
@given(questions)
def test_they_agree_on_any_question(viewer: Viewer, asked: list[tuple[str, str]]) -> None:
    target = "/movers?" + "&".join(f"{name}={value}" for name, value in asked)
    agrees_with_the_api(viewer.get(target), target, "GET")


def published() -> Iterator[str]:
    """A path for all that has an origin: each route, its twin, and each file."""
    for route in ROUTES:
        path = "/" + route.path.format(date="2026-02-10", ticker="AAPL")
        yield from (path, f"{path}.json")
    for key in PUBLISHED:
        yield "/" + key.replace("movers/*", "movers/2026-02-10.json").replace(
            "tickers/*", "tickers/AAPL.json"
        )
    for file in page_files(ROOT):
        yield f"/{file.key}"


def test_nothing_that_exists_is_kept_from_its_origin(viewer: Viewer) -> None:
    for path in sorted(set(published())):
        assert viewer.get(path).came in ("Miss", "Hit", "Error"), path


ODD = [
    *("//movers", "/movers//", "/movers//2026-02-10", "//movers.json", "//movers.csv", "/tickers//AAPL"),
    *("/movers%2F2026-02-10", "/movers%2f2026-02-10", "/history%2Fx", "/movers%2F"),
    *("/movers.json/", "/tickers/AAPL.json/", "/movers.csv/", "/feed.xml/x", "/x/../movers", "/./movers"),
]


def test_an_odd_slash_or_dot_under_a_resources_name_is_a_404_in_json(
    viewer: Viewer, files: FakeOrigin, api: FakeOrigin
) -> None:
    before = len(files.requests + api.requests)
    for path in ODD:
        answer = viewer.get(path, Origin="https://example.org")
        assert (answer.status, answer.headers["Content-Type"]) == (404, "application/json"), path
        assert answer.body.startswith(b'{"error":"There is no such resource')
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert answer.headers["Access-Control-Expose-Headers"] == "ETag, Date, Age, Retry-After"
    assert len(files.requests + api.requests) == before


SPELLINGS = {
    "/movers?days=9": ["/movers?days=9", "/movers/?days=009", "/%6Dovers?x=1&days=junk&days=%39"],
    "/movers": ["/movers", "/movers/", "/movers?x=1", "/movers?Days=9"],
    "/movers/2026-02-09": ["/movers/2026-02-09", "/movers/2026%2D02-09/", "/movers/2026-02-09?days=junk"],
    "/history": ["/history/?days=9", "/history", "/histor%79/"],
    "/status": ["/status/", "/status?x=1"],
    "/tickers/MSFT": ["/tickers/MSFT/", "/tickers/%4DSFT", "/tickers/MSFT?days=2"],
    "/movers.json": ["/movers.json", "/movers.json?days=2", "/movers%2Ejson?x=1"],
}


def test_all_spellings_of_a_resource_are_one_question_to_its_origin(
    site_template: dict[str, Any], tmp_path: Any
) -> None:
    with (
        Api(Reply(), STAGE) as api,
        FakeOrigin(Reply(403)) as files,
        make_edge(files.url, api.url, tmp_path, FakeCloudFront(), site_template) as edge,
    ):
        viewer = Viewer(edge)
        for spellings in SPELLINGS.values():
            answers = [viewer.get(spelling) for spelling in spellings]
            assert {answer.status for answer in answers} == {200}
            assert [answer.came for answer in answers] == ["Miss", *["Hit"] * (len(spellings) - 1)]
        assert [request.path for request in api.requests] == list(SPELLINGS)


DATA = [
    *("/movers", "/movers/", "/movers?days=junk", "/movers/2026-02-10", "/history/", "/status", "/tickers"),
    *("/tickers/ZZZZ", "/movers.json", "/tickers/AAPL.json", "/openapi.json", "/movers.csv", "/feed.xml"),
]


def test_a_preflight_of_any_data_is_answered_without_an_origin(
    viewer: Viewer, files: FakeOrigin, api: FakeOrigin
) -> None:
    before = len(files.requests + api.requests)
    asked = {"Access_Control_Request_Method": "GET", "Access_Control_Request_Headers": "if-none-match,x-any"}
    for path in DATA:
        answer = viewer.get(path, "OPTIONS", Origin="https://example.org", **asked)
        assert (answer.status, answer.body) == (204, b""), path
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert answer.headers["Access-Control-Allow-Methods"] == "GET, HEAD, OPTIONS"
        assert answer.headers["Access-Control-Allow-Headers"] == "*"
        assert answer.headers["Access-Control-Max-Age"] == "86400"
    assert len(files.requests + api.requests) == before


def test_pages_are_not_for_other_sites_scripts_and_pass_as_they_are_asked_for(
    viewer: Viewer, files: FakeOrigin
) -> None:
    assert viewer.get("/day.html", "OPTIONS").status == 403
    viewer.get("/d%61y.html?date=2026-02-10")
    assert [request.path for request in files.asked_for("/d%61y.html")] == ["/d%61y.html"]


def test_the_function_is_small_enough_for_cloudfront(site_template: dict[str, Any]) -> None:
    (code,) = [
        resource["Properties"]["FunctionCode"]
        for resource in site_template["Resources"].values()
        if resource["Type"] == "AWS::CloudFront::Function"
    ]
    assert len(code.encode()) <= LIMIT
