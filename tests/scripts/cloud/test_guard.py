"""What the guard lets through to the emulator, request by request; that it stands there is tested in e2e."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest
from botocore.auth import S3SigV4QueryAuth, SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from scripts.cloud.guard import (
    EDGE_HEADER,
    FROM_A_PAGE,
    HEALTH,
    NOT_SIGV4,
    OTHER_HOST,
    ROOT_ONLY,
    UNKNOWN_KEY,
    UNSIGNED,
    WRONG_SIGNATURE,
    Guard,
    Request,
)

HERE = "127.0.0.1:4566"
API = "/_aws/execute-api/1742453f/v1/movers"
ROOT = Credentials("LOCAL0123456789ABCDEF", "root-secret")
ROLE = Credentials("ASIA0123456789ABCDEF", "role-secret", "role-token")
ISSUED = {(ROLE.access_key, ROLE.token): ROLE.secret_key}
GUARD = Guard(ROOT.access_key, ROOT.secret_key, "edge-secret", lambda *key: ISSUED.get(key))
FROM_EDGE = {EDGE_HEADER: "edge-secret", "host": "d123.cloudfront.net"}

Case = Callable[[], Request]  # made when it is tried, as a signature ages


def asked(path: str = "/", method: str = "POST", **headers: str) -> Request:
    """A request as it arrives; `_` in the name of a header stands for `-`."""
    url = urlsplit(path)
    named = {"host": HERE} | {name.replace("_", "-"): value for name, value in headers.items()}
    return Request(method, url.path, url.path, parse_qs(url.query, keep_blank_values=True), named)


def signed(credentials: Credentials, path: str = "/", method: str = "POST", **headers: str) -> Request:
    """A request that an SDK has signed."""
    request = AWSRequest(method, f"http://{HERE}{path}", data=b"{}", headers=headers)
    SigV4Auth(credentials, "dynamodb", "us-east-1").add_auth(request)
    sent = {name.lower().replace("-", "_"): value for name, value in request.headers.items()}
    return replace(asked(path, method, **sent), body=b"{}")


def presigned(credentials: Credentials, signer: type[SigV4QueryAuth] = S3SigV4QueryAuth) -> Request:
    """A URL that somebody was given."""
    request = AWSRequest("GET", f"http://{HERE}/bucket/key")
    signer(credentials, "s3", "us-east-1", expires=60).add_auth(request)
    return asked(str(request.url).partition(HERE)[2], "GET")


def with_headers(request: Request, **headers: str) -> Request:
    return replace(request, headers={**request.headers, **asked(**headers).headers})


def with_query(request: Request, **query: str) -> Request:
    return replace(request, query={**request.query, **{name: [value] for name, value in query.items()}})


def with_more_in_the_header(request: Request, field: str) -> Request:
    algorithm, _, fields = request.headers["authorization"].partition(" ")
    return with_headers(request, authorization=f"{algorithm} {field}, {fields}")


def authorized_by(header: str, path: str = "/") -> Request:
    return asked(path, authorization=header, x_amz_date="20261128T000000Z")


def made_up(key: str) -> str:
    scope = f"{key}/20261128/us-east-1/lambda/aws4_request"
    return f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=00"


@pytest.mark.parametrize(
    "make",
    [
        lambda: signed(ROOT),
        lambda: signed(ROOT, "/bucket/a%20key?versions=&prefix=a%2Fb", "GET"),
        lambda: signed(ROOT, "/_ministack/reset"),
        lambda: signed(ROOT, API),
        lambda: signed(ROOT, API, Origin="https://page.example"),
        lambda: signed(ROLE),
        lambda: signed(ROLE, API),
        lambda: presigned(ROOT),
        lambda: presigned(ROLE),
        lambda: asked(API, "GET"),
        lambda: asked(API, origin="https://page.example", sec_fetch_site="cross-site"),
        lambda: asked(HEALTH, "GET"),
        lambda: asked(HEALTH, "GET", host="localhost:4566", sec_fetch_site="none"),
        lambda: asked("/movers.json", "GET", **FROM_EDGE),
        lambda: asked(API, "GET", **FROM_EDGE),
    ],
)
def test_those_who_know_a_secret_may_pass_and_everybody_to_the_public_api(make: Case) -> None:
    assert GUARD.refusal(make()) is None


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/bucket/key",
        "/2015-03-31/functions",
        "/_ministack/health/",
        "/_ministack/reset",
        "/_ministack/config",
        "/_aws/sqs/messages",
        "/_aws/execute-api",
        "/_aws/execute-api/1742453f",
        "/_aws/execute-api//v1/movers",
        "/x/_aws/execute-api/1742453f/v1/movers",
        "/restapis/1742453f/v1/_user_request_/movers",
    ],
)
def test_without_a_signature_nothing_else_is_open(path: str) -> None:
    assert GUARD.refusal(asked(path, "GET")) == UNSIGNED
    assert GUARD.refusal(asked(path, authorization="")) == UNSIGNED
    assert GUARD.refusal(asked(path, **{EDGE_HEADER: "guessed"})) == UNSIGNED


@pytest.mark.parametrize("path", ["/", API, HEALTH])
@pytest.mark.parametrize("key", ["test", "AKIAIOSFODNN7EXAMPLE", ROOT.access_key + "0"])
def test_keys_that_were_made_up_are_refused_wherever_they_stand(path: str, key: str) -> None:
    assert GUARD.refusal(authorized_by(made_up(key), path)) == UNKNOWN_KEY
    assert GUARD.refusal(signed(Credentials(key, "test"), path)) == UNKNOWN_KEY
    assert GUARD.refusal(replace(presigned(Credentials(key, "test")), path=path)) == UNKNOWN_KEY
    assert GUARD.refusal(with_headers(signed(Credentials(key, "test"), path), **FROM_EDGE)) == UNKNOWN_KEY


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        (made_up(""), UNKNOWN_KEY),
        (made_up(ROOT.access_key), WRONG_SIGNATURE),
        (made_up(ROOT.access_key).replace("=00", "=é"), WRONG_SIGNATURE),
        (f"AWS {ROOT.access_key}:AAAA", NOT_SIGV4),
        (f"AWS4-ECDSA-P256-SHA256 Credential={ROOT.access_key}/20261128/lambda/aws4_request", NOT_SIGV4),
        (f"AWS4-HMAC-SHA256 Credential={ROOT.access_key}", NOT_SIGV4),
        ("AWS4-HMAC-SHA256", NOT_SIGV4),
        ("Basic dGVzdDp0ZXN0", NOT_SIGV4),
        ("Bearer test", NOT_SIGV4),
        ("x", NOT_SIGV4),
    ],
)
def test_credentials_of_another_form_are_refused(header: str, reason: str) -> None:
    for path in ("/", API, HEALTH):
        assert GUARD.refusal(authorized_by(header, path)) == reason


@pytest.mark.parametrize("name", ["X-Amz-Credential", "x-amz-credential", "AWSAccessKeyId", "awsaccesskeyid"])
@pytest.mark.parametrize("key", ["", "test", ROOT.access_key])
def test_credentials_in_the_query_need_a_signature_there(name: str, key: str) -> None:
    for path in ("/", API):
        request = with_query(asked(path), **{name: f"{key}/20261128/us-east-1/lambda/aws4_request"})
        assert GUARD.refusal(request) == NOT_SIGV4
        assert GUARD.refusal(with_headers(request, **FROM_EDGE)) == NOT_SIGV4


@pytest.mark.parametrize(
    "make",
    [
        lambda: signed(Credentials(ROOT.access_key, "test")),
        lambda: signed(Credentials(ROLE.access_key, "test", ROLE.token)),
        lambda: presigned(Credentials(ROOT.access_key, "test")),
        lambda: replace(signed(ROOT), path="/", raw_path="/other"),
        lambda: replace(signed(ROOT), body=b"{ }"),
        lambda: replace(signed(ROOT), method="PUT"),
        lambda: with_query(signed(ROOT, "/bucket", "GET"), versions=""),
        lambda: replace(presigned(ROOT), raw_path="/bucket/other"),
        lambda: with_headers(signed(ROOT), x_amz_date="20261128T000000Z"),
    ],
)
def test_a_signature_counts_for_one_secret_and_one_request(make: Case) -> None:
    assert GUARD.refusal(make()) == WRONG_SIGNATURE


@pytest.mark.parametrize(
    "make",
    [
        lambda: with_headers(presigned(ROLE), authorization=made_up("test")),
        lambda: with_query(signed(ROLE), **{"X-Amz-Credential": "test/20261128/us-east-1/s3/aws4_request"}),
        lambda: with_query(signed(ROLE), AWSAccessKeyId="test"),
        # ministack goes by whatever looks like the field first, and checks the signature of the field.
        lambda: with_more_in_the_header(signed(ROLE), "Not-Credential=test/"),
    ],
)
def test_a_role_cannot_name_another_key_beside_its_own(make: Case) -> None:
    assert GUARD.refusal(make()) == NOT_SIGV4


def test_a_signature_ends() -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("botocore.auth.get_current_datetime", lambda *_: datetime(2026, 1, 1, tzinfo=UTC))
        late = [signed(ROOT), presigned(ROOT)]
    assert [GUARD.refusal(request) for request in late] == [WRONG_SIGNATURE] * 2


@pytest.mark.parametrize("token", ["", "another"])
def test_a_roles_key_counts_only_with_its_session_token(token: str) -> None:
    assert GUARD.refusal(signed(Credentials(ROLE.access_key, ROLE.secret_key, token))) == UNKNOWN_KEY


@pytest.mark.parametrize("path", ["/_ministack/reset", "/_ministack/config", "/_aws/sqs/messages"])
def test_the_emulators_own_paths_are_closed_to_roles_and_to_the_edge(path: str) -> None:
    assert GUARD.refusal(signed(ROLE, path)) == ROOT_ONLY
    assert GUARD.refusal(asked(path, **FROM_EDGE)) == UNSIGNED


@pytest.mark.parametrize(
    "host", ["page.example", "page.example:4566", "127.0.0.1.page.example:4566", "localhost.page.example", ""]
)
def test_a_host_that_is_not_loopback_is_refused(host: str) -> None:
    for request in (asked(API), asked(HEALTH, "GET"), signed(ROOT)):
        assert GUARD.refusal(with_headers(request, host=host)) == OTHER_HOST


FROM_PAGES: list[Mapping[str, str]] = [
    {"origin": "https://page.example"},
    {"origin": "null"},
    {"origin": f"http://{HERE}"},
    {"sec_fetch_site": "cross-site"},
    {"sec_fetch_site": "same-site"},
    {"sec_fetch_site": "same-origin"},
]


@pytest.mark.parametrize("headers", FROM_PAGES)
def test_a_page_reaches_the_public_api_and_nothing_else(headers: Mapping[str, str]) -> None:
    for request in (asked(), asked(HEALTH, "GET"), signed(ROOT), presigned(ROOT), signed(ROLE)):
        assert GUARD.refusal(with_headers(request, **headers)) == FROM_A_PAGE
    assert GUARD.refusal(asked(API, "GET", **headers)) is None
