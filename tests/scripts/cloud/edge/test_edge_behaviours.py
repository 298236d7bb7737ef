"""Which behaviour a request meets, what its origin is told, and what the viewer gets besides the body."""

import gzip
import socket
import ssl

import h2.config
import h2.connection
import h2.events
import pytest

from scripts.cloud.edge import Edge
from tests.scripts.cloud.edge.conftest import SITE_HOST, FakeOrigin, Reply, Viewer


@pytest.mark.parametrize(
    ("path", "is_file"),
    [
        ("/movers.json", True),
        ("/movers", False),
        ("/movers/2026-02-10", False),
        ("/movers/2026-02-10.json", True),  # the twins' rule comes first
        ("/movers/a/b", False),  # * takes slashes too
        ("/status", False),
        ("/status/", True),
        ("/v1//$~+.txt", True),  # two slashes are not one
        ("/Status", True),  # case matters
        ("/styles/page.css", True),
        ("/v1/$~+.txt", False),  # ? takes one sign, and no other sign is wild
        ("/v12/$~+.txt", True),
        ("/v1/$~~+.txt", True),
    ],
)
def test_the_first_pattern_that_fits_decides(
    path: str, is_file: bool, viewer: Viewer, files: FakeOrigin, api: FakeOrigin
) -> None:
    expected = files if is_file else api
    expected.replies[path] = Reply(body=b"from the right origin")
    assert viewer.get(path).body == b"from the right origin"


def test_the_root_is_the_root_object_and_no_other_folder_is(viewer: Viewer, files: FakeOrigin) -> None:
    files.replies["/index.html"] = Reply(body=b"<h1>page</h1>")
    assert viewer.get("/?from=mail").body == b"<h1>page</h1>"
    assert viewer.get("/index.html").came == "Hit"
    assert viewer.get("/days/").status == 404
    assert files.asked_for("/days/")


def test_a_path_reaches_the_origin_as_the_viewer_wrote_it(viewer: Viewer, api: FakeOrigin) -> None:
    viewer.get("/movers/a%2Fb%20c//d")
    assert api.asked_for("/movers/a%2Fb%20c//d")


def test_only_the_query_that_the_policy_names_reaches_origin_and_key(viewer: Viewer, api: FakeOrigin) -> None:
    api.replies["/movers/query"] = Reply(headers={"Cache-Control": "max-age=60"})
    answers = [
        viewer.get(f"/movers/query?{query}") for query in ("days=7&utm=a", "b&days=7", "Days=7", "days=8")
    ]
    assert [answer.came for answer in answers] == ["Miss", "Hit", "Miss", "Miss"]
    asked = [request.path for request in api.asked_for("/movers/query")]
    assert asked == ["/movers/query?days=7", "/movers/query", "/movers/query?days=8"]


def test_a_functions_answer_is_the_answer(viewer: Viewer, api: FakeOrigin) -> None:
    answer, head = viewer.get("/told/teapot"), viewer.get("/told/teapot", "HEAD")
    assert (answer.status, answer.body, answer.came) == (418, b"short and stout", "FunctionGeneratedResponse")
    assert (head.status, head.body, head.headers["Content-Length"]) == (418, b"", "15")
    assert answer.headers.get_all("X-Said") == ["by the function"]
    assert answer.headers.get_all("Content-Type") == ["text/plain"]
    assert not api.asked_for("/told/teapot")


def test_what_a_function_lets_through_is_asked_and_kept_as_it_says(viewer: Viewer, api: FakeOrigin) -> None:
    api.replies["/told/new"] = Reply(body=b"new")
    answers = [viewer.get(path) for path in ("/told/old?a=1", "/told/old", "/told/new?b=2&b=3")]
    assert {answer.body for answer in answers} == {b"new"}
    assert [request.path for request in api.requests if "/told/" in request.path] == ["/told/new?b=2&b=3"]
    assert answers[0].headers.get_all("Access-Control-Allow-Origin") == ["*"]
    viewer.get("/told/%41/../as%20it?is&is=")
    assert api.requests[-1].path == "/told/%41/../as%20it?is=&is="


def test_a_function_does_not_see_a_method_that_is_not_allowed(viewer: Viewer) -> None:
    answer = viewer.get("/told/teapot", "OPTIONS")
    assert (answer.status, answer.headers["X-Said"]) == (403, None)
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_the_bucket_is_asked_as_the_distribution_and_told_nothing_of_the_viewer(
    viewer: Viewer, files: FakeOrigin
) -> None:
    viewer.get("/private.css", Cookie="a=b", Authorization="secret", User_Agent="viewer", If_None_Match='"x"')
    (request,) = files.asked_for("/private.css")
    assert request.headers == {
        "Host": SITE_HOST,
        "X-Forwarded-Proto": "https",
        "User-Agent": "Amazon CloudFront",
    }


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_a_method_that_the_behaviour_does_not_allow_is_refused_here(
    method: str, viewer: Viewer, api: FakeOrigin
) -> None:
    before = len(api.requests)
    assert viewer.get("/movers", method).status == 403
    assert len(api.requests) == before


def test_a_behaviour_without_methods_allows_reads_without_options(viewer: Viewer, api: FakeOrigin) -> None:
    api.replies["/brief/methods"] = Reply()
    statuses = [viewer.get("/brief/methods", method).status for method in ("GET", "HEAD", "OPTIONS")]
    assert statuses == [200, 200, 403]


def test_a_preflight_is_answered_by_the_origin_without_the_length_of_nothing(
    viewer: Viewer, api: FakeOrigin
) -> None:
    api.replies["/movers/preflight"] = Reply(204, b"", {"Content-Length": "2"})
    answer = viewer.get("/movers/preflight", "OPTIONS", Origin="https://example.org")
    assert answer.status == 204
    assert answer.headers["Content-Length"] is None
    assert answer.headers["Access-Control-Allow-Methods"] == "GET, HEAD, OPTIONS"
    assert answer.headers["Access-Control-Max-Age"] == "86400"


def test_what_only_a_preflight_asks_for_stands_on_no_other_answer(viewer: Viewer, api: FakeOrigin) -> None:
    api.replies["/movers/plain"] = Reply()
    answer = viewer.get("/movers/plain", Origin="https://example.org")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Access-Control-Allow-Methods"] is None
    assert answer.headers["Access-Control-Max-Age"] is None


def test_headers_of_the_policy_stand_in_place_of_the_origins(viewer: Viewer, api: FakeOrigin) -> None:
    own = {
        "Access-Control-Allow-Origin": "https://only.example",
        "X-Content-Type-Options": "sniff",
        "X-Stored": "in a bucket",
    }
    api.replies["/movers/headers"] = Reply(headers=own)
    answer = viewer.get("/movers/headers")
    assert answer.headers.get_all("Access-Control-Allow-Origin") == ["*"]
    assert answer.headers.get_all("X-Content-Type-Options") == ["nosniff"]
    assert answer.headers["X-Stored"] is None  # the policy takes it away
    assert answer.headers.get_all("Strict-Transport-Security") == ["max-age=63072000; includeSubDomains"]


def test_errors_carry_the_policys_headers_too(viewer: Viewer) -> None:
    answer = viewer.get("/movers/nothing")
    assert (answer.status, answer.came) == (404, "Error")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert (
        viewer.get("/nothing").headers["Content-Security-Policy"] == "default-src 'none'; script-src 'self'"
    )


def test_what_the_emulator_says_of_its_own_cdn_does_not_reach_viewers(
    viewer: Viewer, files: FakeOrigin
) -> None:
    files.replies["/inner.css"] = Reply(headers={"X-Cache": "Miss from cloudfront", "Via": "1.1 inner"})
    answer = viewer.get("/inner.css")
    assert answer.headers.get_all("X-Cache") == ["Miss from cloudfront"]
    assert answer.headers["Via"] is None
    assert answer.headers["X-Asked-At"] is None


TEXT = Reply(body=b'{"a": 1}' * 200, headers={"Content-Type": "application/json", "ETag": '"abc"'})


def test_a_large_text_is_compressed_and_its_tag_becomes_weak(viewer: Viewer, files: FakeOrigin) -> None:
    files.replies["/large.json"] = TEXT
    answer = viewer.get("/large.json", Accept_Encoding="br, gzip")
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.headers["ETag"] == 'W/"abc"'
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert gzip.decompress(answer.body) == TEXT.body


@pytest.mark.parametrize("tag", ['"abc"', 'W/"abc"', '"other", W/"abc"', "*"])
def test_a_known_tag_is_answered_304_from_the_cache(tag: str, viewer: Viewer, files: FakeOrigin) -> None:
    files.replies["/known.json"] = TEXT
    viewer.get("/known.json")
    answer = viewer.get("/known.json", If_None_Match=tag, Accept_Encoding="gzip")
    assert (answer.status, answer.body, answer.came) == (304, b"", "Hit")
    assert len(files.asked_for("/known.json")) == 1


def test_head_asks_once_for_what_get_then_finds_in_the_cache(viewer: Viewer, files: FakeOrigin) -> None:
    files.replies["/head.json"] = TEXT
    head = viewer.get("/head.json", "HEAD")
    assert (head.status, head.headers["Content-Length"], head.body) == (200, str(len(TEXT.body)), b"")
    assert viewer.get("/head.json").came == "Hit"


def test_http_2_is_spoken(viewer: Viewer, edge: Edge, files: FakeOrigin) -> None:
    files.replies["/two.json"] = Reply(body=b"over two")
    context = ssl.create_default_context(cafile=str(edge.ca))
    context.set_alpn_protocols(["h2"])
    with (
        socket.create_connection(("127.0.0.1", viewer.port), timeout=10) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as tls,
    ):
        assert tls.selected_alpn_protocol() == "h2"
        assert _read_over_h2(tls, "/two.json") == b"over two"


def _read_over_h2(tls: socket.socket, path: str) -> bytes:
    connection = h2.connection.H2Connection(h2.config.H2Configuration(header_encoding="utf-8"))
    connection.initiate_connection()
    request = {":method": "GET", ":path": path, ":authority": "localhost", ":scheme": "https"}
    connection.send_headers(1, list(request.items()), end_stream=True)
    body = b""
    while True:
        tls.sendall(connection.data_to_send())
        for event in connection.receive_data(tls.recv(65536)):
            if isinstance(event, h2.events.DataReceived):
                body += event.data
            if isinstance(event, h2.events.StreamEnded):
                return body


def test_plain_http_is_sent_to_https(viewer: Viewer) -> None:
    with socket.create_connection(("127.0.0.1", viewer.port), timeout=10) as plain:
        plain.sendall(b"GET /a?b HTTP/1.1\r\nHost: localhost:1\r\nConnection: close\r\n\r\n")
        answer = b"".join(iter(lambda: plain.recv(4096), b"")).decode()
    assert answer.startswith("HTTP/1.1 301 ")
    assert "\r\nLocation: https://localhost:1/a?b\r\n" in answer
