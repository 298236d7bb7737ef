import json
import re
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest

from api import documents, routes
from api import handler as http
from api.headers import COMMON
from api.markets import US
from ingest.daily.record import Record
from tests.conftest import TABLE
from tests.contract import SPEC
from tests.empty import create_table
from tests.fakes import FakeDynamoDB
from tests.samples import DAY, bar, record, session, status

EVENT = json.loads(Path("tests/fixtures/events/api_gateway_get.json").read_text())
Logged = Callable[..., dict[str, Any]]
YEAR = [DAY - timedelta(days=n) for n in range(10)]


@pytest.fixture
def store() -> Record:
    client: Any = FakeDynamoDB()
    create_table(client, TABLE)
    store = Record(client, TABLE)
    for day in YEAR:
        record(store, session(day))
    store.put_status(status())
    return store


def ask(store: Record, path: str, method: str = "GET", query: Any = None, **headers: str) -> dict[str, Any]:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    event = EVENT | {"path": path, "httpMethod": method, "queryStringParameters": query, "headers": sent}
    return http.respond(event, store, US)


def test_movers_are_the_last_seven(store: Record) -> None:
    answer = ask(store, "/movers")
    assert answer["statusCode"] == 200
    assert [row["Date"] for row in json.loads(answer["body"])] == [str(day) for day in YEAR[:7]]


@pytest.mark.parametrize(("days", "count"), [("1", 1), ("7", 7), ("366", 10), ("007", 7)])
def test_days_says_how_many(store: Record, days: str, count: int) -> None:
    assert len(json.loads(ask(store, "/movers", query={"days": days})["body"])) == count


@pytest.mark.parametrize("days", ["0", "367", "-1", "", "seven", "7.0", "1e2", " 7", "٧", "9" * 5000])
def test_days_out_of_range_are_refused_saying_what_is_allowed(store: Record, days: str) -> None:
    answer = ask(store, "/movers", query={"days": days})
    assert answer["statusCode"] == 400
    assert json.loads(answer["body"]) == {"error": "days must be a whole number from 1 to 366"}


@pytest.mark.parametrize("path", ["/movers", "/movers/2026-02-10", "/history", "/tickers/AAPL", "/status"])
def test_every_resource_and_its_twins_name_are_the_same_bytes(store: Record, path: str) -> None:
    answer, twin = ask(store, path), ask(store, f"{path}.json")
    assert answer == twin
    assert answer["statusCode"] == 200
    assert answer["headers"] == COMMON | {
        "ETag": documents.etag(answer["body"].encode()),
        "Cache-Control": routes.DAILY,
        "Content-Type": "application/json",
    }


@pytest.mark.parametrize(
    ("path", "method", "sent", "status"),
    [
        ("/movers", "GET", {}, 200),
        ("/movers", "HEAD", {}, 200),
        ("/movers", "GET", {"if_none_match": "*"}, 304),
        ("/status.json", "OPTIONS", {}, 204),
        ("/movers/someday", "GET", {}, 400),
        ("/nothing", "GET", {}, 404),
        ("/movers", "POST", {}, 405),
    ],
)
def test_every_answer_may_be_read_anywhere_with_its_headers_and_is_nothing_but_data(
    store: Record, path: str, method: str, sent: dict[str, str], status: int
) -> None:
    answer = ask(store, path, method, **sent)
    assert answer["statusCode"] == status
    assert answer["headers"].items() >= COMMON.items()


def test_scripts_may_read_the_headers_that_the_contract_is_about() -> None:
    assert COMMON["Access-Control-Allow-Origin"] == "*"
    assert set(COMMON["Access-Control-Expose-Headers"].split(", ")) == {"ETag", "Date", "Age", "Retry-After"}
    assert COMMON["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("form", ["{}/", "/{}", "{}.json/", "{}//"])
@pytest.mark.parametrize("path", ["/movers", "/movers/2026-02-10", "/history", "/tickers/AAPL", "/status"])
def test_slashes_around_a_resources_name_change_nothing(store: Record, path: str, form: str) -> None:
    assert ask(store, form.format(path)) == ask(store, path)


@pytest.mark.parametrize("query", [None, {"days": "1"}, {"days": "none"}])
def test_the_history_is_every_mover_newest_first_whatever_the_query(store: Record, query: Any) -> None:
    rows = json.loads(ask(store, "/history", query=query)["body"])
    assert [row["Date"] for row in rows] == [str(day) for day in YEAR]


def test_a_twins_name_takes_no_query_for_the_twin_has_none(store: Record) -> None:
    assert ask(store, "/movers.json", query={"days": "1"}) == ask(store, "/movers")


@pytest.mark.parametrize(
    "day", ["2026-02-30", "2026-2-1", "20260210", "latest", "2026-02-10T00:00", "٢٠٢٦-02-10", "%00"]
)
def test_what_is_no_date_is_400(store: Record, day: str) -> None:
    answer = ask(store, f"/movers/{day}")
    assert answer["statusCode"] == 400
    assert "YYYY-MM-DD" in answer["body"]


@pytest.mark.parametrize("symbol", ["-", "AAPL;", "A" * 16, "1A", "Å", "AA PL"])
def test_what_can_be_no_ticker_is_400(store: Record, symbol: str) -> None:
    assert ask(store, f"/tickers/{symbol}")["statusCode"] == 400


@pytest.mark.parametrize(
    "path",
    [
        "/movers/2001-01-01",
        "/tickers/aapl",
        "/tickers/ZZZ",
        "/",
        "",
        "/nothing",
        "/tickers",
        "/tickers/",
        "/MOVERS",
        "/movers%2F2026-02-10",
        "/history/2026-02-10",
        "/movers/2026-02-10/x",
        "/.json",
        "/status/.json",
    ],
)
def test_what_is_not_there_is_404(store: Record, path: str) -> None:
    answer = ask(store, path)
    assert answer["statusCode"] == 404
    assert set(json.loads(answer["body"])) == {"error"}
    assert answer["headers"]["Cache-Control"] == "no-store"
    assert answer["headers"]["Access-Control-Allow-Origin"] == "*"


def test_who_asks_for_nothing_known_is_told_what_there_is(store: Record) -> None:
    hint = json.loads(ask(store, "/nothing")["body"])["error"]
    assert set(re.findall(r"/[a-z{}/]+", hint)) == set(SPEC["paths"])


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "TRACE"])
def test_wrong_methods_are_405_and_name_the_right_ones(store: Record, method: str) -> None:
    answer = ask(store, "/movers", method)
    assert answer["statusCode"] == 405
    assert answer["headers"]["Allow"] == "GET, HEAD, OPTIONS"
    assert method in json.loads(answer["body"])["error"]


@pytest.mark.parametrize("path", ["/movers", "/nothing", "/movers/someday"])
def test_head_is_get_whose_body_the_server_in_front_counts_and_keeps_back(store: Record, path: str) -> None:
    get = ask(store, path)
    assert get["body"]
    assert ask(store, path, "HEAD") == get


@pytest.mark.parametrize("path", ["/movers", "/movers/someday", "/tickers", "/nothing"])
def test_a_preflight_is_answered_whatever_its_request_will_be(store: Record, path: str) -> None:
    answer = ask(store, path, "OPTIONS")
    assert answer["statusCode"] == 204
    assert answer["body"] == ""
    assert answer["headers"]["Access-Control-Allow-Methods"] == "GET, HEAD, OPTIONS"


@pytest.mark.parametrize("form", ["{}", "W/{}", '"other", {}', '"other",W/{}', "*"])
def test_an_unchanged_answer_is_304(store: Record, form: str) -> None:
    etag = ask(store, "/movers")["headers"]["ETag"]
    answer = ask(store, "/movers", if_none_match=form.format(etag))
    assert answer["statusCode"] == 304
    assert answer["body"] == ""
    assert answer["headers"]["ETag"] == etag
    assert answer["headers"]["Cache-Control"] == routes.DAILY


def test_a_changed_answer_is_not_304(store: Record) -> None:
    etag = ask(store, "/movers")["headers"]["ETag"]
    corrected = session(revision=2, AAPL=bar("100", "150"))
    record(store, corrected, 1)
    assert ask(store, "/movers", If_None_Match=etag)["statusCode"] == 200


def test_an_unforeseen_failure_is_a_500_whose_reason_is_in_the_log_alone(
    moto: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MARKET", "us")
    monkeypatch.setattr(http, "store", lambda: Record(boto3.client("dynamodb"), "no-such-table"))
    answer = http.handler(EVENT, None)
    assert answer["statusCode"] == 500
    assert json.loads(answer["body"]) == {"error": "Internal server error"}
    assert answer["headers"]["Cache-Control"] == "no-store"
    line = json.loads(capsys.readouterr().err)
    assert line["level"] == "ERROR"
    assert "ResourceNotFoundException" in line["exception"]


def test_each_answer_leaves_one_log_line(
    store: Record, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MARKET", "us")
    monkeypatch.setattr(http, "store", lambda: store)
    http.handler(EVENT, None)
    line = json.loads(capsys.readouterr().out)
    assert (line["level"], line["method"], line["path"], line["status"]) == ("INFO", "GET", "/movers", 200)


CDN = {"User-Agent": "Amazon CloudFront"}


@pytest.fixture
def logged(store: Record, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Logged:
    """The log line of a request."""
    monkeypatch.setenv("STAGE", "prod")
    monkeypatch.setenv("MARKET", "us")
    monkeypatch.setattr(http, "store", lambda: store)

    def logged(path: str, headers: dict[str, str], method: str = "GET") -> dict[str, Any]:
        http.handler(EVENT | {"path": path, "headers": headers, "httpMethod": method}, None)
        (line,) = map(json.loads, capsys.readouterr().out.splitlines())
        return dict(line)

    return logged


@pytest.mark.parametrize(
    "path", ["/movers.json", "/movers/2026-02-10.json", "/tickers/AAPL.json", "/status.json"]
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize(("held", "status"), [({}, 200), ({"If-None-Match": "*"}, 304)])
def test_a_twin_that_the_bucket_did_not_have_is_counted_for_its_stage_also_if_the_cdn_still_holds_it(
    logged: Logged, path: str, method: str, held: dict[str, str], status: int
) -> None:
    line = logged(path, CDN | held, method)
    (metrics,) = line["_aws"]["CloudWatchMetrics"]
    assert abs(line["_aws"]["Timestamp"] / 1000 - time.time()) < 3600
    assert metrics == {
        "Namespace": "Movers",
        "Dimensions": [["Stage"]],
        "Metrics": [{"Name": "TwinMiss", "Unit": "Count"}],
    }
    assert (line["status"], line["Stage"], line["TwinMiss"]) == (status, "prod", 1)


@pytest.mark.parametrize(
    ("path", "headers", "method"),
    [
        pytest.param("/movers", CDN, "GET", id="no twin's name"),
        pytest.param("/movers/1999-01-04.json", CDN, "GET", id="no such session"),
        pytest.param("/nothing.json", CDN, "GET", id="no such resource"),
        pytest.param("/movers.json", CDN, "OPTIONS", id="a preflight"),
        pytest.param("//movers.json", CDN, "GET", id="a slash too many in front"),
        pytest.param("/movers.json/", CDN, "GET", id="a slash too many behind"),
        pytest.param("///status.json//", CDN, "HEAD", id="many slashes"),
        pytest.param("//tickers/AAPL.json", CDN, "GET", id="a slash in front of a longer name"),
        pytest.param("/movers/2026-02-10.json/", CDN, "GET", id="a slash behind a longer name"),
        pytest.param("movers.json", CDN, "GET", id="no slash at all"),
        pytest.param("/MOVERS.JSON", CDN, "GET", id="upper case"),
        pytest.param("/movers.json.json", CDN, "GET", id="the suffix twice"),
        pytest.param("/movers.json", {"User-Agent": "curl/8"}, "GET", id="asked of the API itself"),
        pytest.param("/movers.json", {}, "GET", id="asked by somebody without a name"),
    ],
)
def test_no_other_answer_counts_as_a_missed_twin(
    logged: Logged, path: str, headers: dict[str, str], method: str
) -> None:
    assert "TwinMiss" not in logged(path, headers, method)
