"""The daily path on the local cloud, through HTTPS, as viewers and operators meet it."""

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

import pytest
import requests

from api import answers, documents, routes
from api.answers import Question
from api.markets import US
from api.store import Store
from ingest.calendar import load_calendar
from ingest.site import EVERYTHING
from scripts.cloud.up import LocalCloud
from scripts.invocation import IngestError, run_ingest
from tests.contract import SPEC, conform

# Sessions that no run looks at by itself, within the plan's history.
OLD = load_calendar(US).sessions(date.today() - timedelta(days=250), date.today() - timedelta(days=190))  # noqa: DTZ011
WATCHLIST = ("AAPL", "MSFT", "GOOGL", "AMZN", "TSLA", "NVDA")


class Visitor:
    """Somebody with a browser, and what stands behind what they see."""

    def __init__(self, cloud: LocalCloud) -> None:
        self.cloud = cloud
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.verify = str(cloud.ca)
        self.store = Store(cloud.client("dynamodb"), cloud.outputs.table_name)

    def get(self, path: str, method: str = "GET", **headers: str) -> requests.Response:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.session.request(method, self.cloud.site_url + path, headers=sent, timeout=20)

    def api(self, path: str, method: str = "GET") -> requests.Response:
        """The API's own URL, without the CDN."""
        return self.session.request(method, self.cloud.api_url + path, timeout=20)

    def ingest(self, **event: Any) -> dict[str, Any]:
        return run_ingest(self.cloud.client("lambda"), self.cloud.outputs.ingest_function_name, event)

    def calls(self) -> int:
        assert self.cloud.vendor
        total: int = self.cloud.vendor.stats()["total"]
        return total

    def twin(self, key: str) -> bytes:
        found = self.cloud.client("s3").get_object(Bucket=self.cloud.outputs.site_bucket_name, Key=key)
        body: bytes = found["Body"].read()
        return body

    def remove_twin(self, key: str) -> None:
        self.cloud.client("s3").delete_object(Bucket=self.cloud.outputs.site_bucket_name, Key=key)

    def forget(self) -> None:
        self.cloud.invalidate("/*")

    def lease(self) -> dict[str, Any]:
        item: dict[str, Any] = self.store.client.get_item(
            TableName=self.store.table, Key={"pk": {"S": "LEASE"}, "sk": {"S": "INGEST"}}
        ).get("Item", {})
        return item

    @contextmanager
    def faults(self, *faults: dict[str, Any]) -> Iterator[None]:
        assert self.cloud.vendor
        self.cloud.vendor.set_faults(faults)
        try:
            yield
        finally:
            self.cloud.vendor.set_faults([])


@pytest.fixture
def visitor(cloud: LocalCloud) -> Visitor:
    return Visitor(cloud)


def newest(visitor: Visitor) -> str:
    day: str = visitor.get("/status.json").json()["AsOf"]
    return day


def test_the_first_ingest_shows_seven_days_to_viewers(visitor: Visitor) -> None:
    movers = visitor.get("/movers.json").json()
    assert len(movers) == 7
    assert [set(mover) for mover in movers] == [{"Date", "Ticker", "PercentChange", "ClosingPrice"}] * 7
    assert movers == sorted(movers, key=lambda mover: mover["Date"], reverse=True)
    status = visitor.get("/status.json").json()
    assert status["AsOf"] == movers[0]["Date"]
    assert status["Missing"] == []
    assert status["Source"]["Kind"] == "simulated"


@pytest.mark.parametrize("path", ["/movers", "/movers/{day}", "/history", "/tickers/TSLA", "/status"])
def test_a_resource_and_its_twin_are_the_same_bytes(visitor: Visitor, path: str) -> None:
    described = path.format(day="{date}").replace("TSLA", "{ticker}")
    path = path.format(day=newest(visitor))
    answer, twin = visitor.get(path), visitor.get(f"{path}.json")
    assert answer.status_code == twin.status_code == 200
    conform(described, "200", answer.content)
    assert answer.content == twin.content == visitor.twin(f"{path[1:]}.json") == visitor.api(path).content
    for header in ("Content-Type", "Cache-Control", "Access-Control-Allow-Origin"):
        assert answer.headers[header] == twin.headers[header]
    for each in (path, f"{path}.json"):
        tag = visitor.get(each, Accept_Encoding="identity").headers["ETag"]
        assert tag == documents.etag(answer.content)
        for encoding in ("identity", "gzip"):
            again = visitor.get(each, If_None_Match=tag, Accept_Encoding=encoding)
            assert (again.status_code, again.content) == (304, b"")


def test_what_is_published_beside_the_twins_is_there(visitor: Visitor) -> None:
    types = {
        "/": "text/html",
        "/movers.csv": "text/csv",
        "/feed.xml": "application/xml",
        "/openapi.json": "application/json",
        "/robots.txt": "text/plain",
    }
    for path, content_type in types.items():
        answer = visitor.get(path)
        assert answer.status_code == 200, path
        assert answer.headers["Content-Type"].startswith(content_type)
    assert visitor.get("/openapi.json").json() == SPEC
    assert "default-src 'none'" in visitor.get("/").headers["Content-Security-Policy"]
    feed = visitor.get("/feed.xml", Accept_Encoding="gzip")
    assert feed.headers["Content-Encoding"] == "gzip"
    assert f"{visitor.cloud.site_url}/days/{newest(visitor)}.html" in feed.text


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/movers?days=0", 400),
        ("/movers/2026-02-30", 400),
        ("/movers/1999-01-04.json", 404),
        ("/tickers/ZZZZ", 404),
    ],
)
def test_wrong_questions_get_a_clear_4xx(visitor: Visitor, path: str, status: int) -> None:
    for answer in (visitor.get(path), visitor.api(path)):
        assert answer.status_code == status, answer.text
        assert set(answer.json()) == {"error"}
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_a_missing_page_is_a_404_and_not_the_index(visitor: Visitor) -> None:
    answer = visitor.get("/no/such/page")
    assert answer.status_code == 404
    assert "<html" in answer.text
    assert answer.content != visitor.get("/").content


def test_head_and_options_are_answered(visitor: Visitor) -> None:
    for path in ("/movers", "/movers.json"):
        head, get = visitor.get(path, "HEAD"), visitor.get(path)
        assert head.status_code == 200
        assert head.content == b""
        assert head.headers["ETag"] == get.headers["ETag"]
    refused = visitor.api("/movers", "POST")
    assert (refused.status_code, refused.headers["Allow"]) == (405, "GET, HEAD, OPTIONS")
    preflight = visitor.get("/movers", "OPTIONS", Origin="https://example.org")
    assert preflight.status_code in (200, 204)
    assert "GET" in preflight.headers["Access-Control-Allow-Methods"]


def test_days_is_part_of_what_is_cached(visitor: Visitor) -> None:
    assert len(visitor.get("/movers?days=2").json()) == 2
    assert len(visitor.get("/movers?days=3&utm=x").json()) == 3
    assert len(visitor.get("/movers").json()) == 7


def test_a_second_run_calls_nothing_upstream_and_publishes_nothing(visitor: Visitor) -> None:
    before = visitor.calls()
    done = visitor.ingest()
    assert visitor.calls() == before
    assert done["UpstreamCalls"] == done["Published"] == 0
    assert done["Invalidation"] is None


def test_a_backfill_reaches_viewers_with_the_invalidation_and_not_before(visitor: Visitor) -> None:
    first, last = str(OLD[0]), str(OLD[9])
    files = ("/tickers/AAPL.json", "/history.json", "/movers.csv")
    paths = ("/movers?days=366", "/tickers/AAPL", "/history", *files)
    visitor.forget()
    before = {path: visitor.get(path).content for path in paths}
    done = visitor.ingest(**{"from": first, "to": last, "invalidate": False})
    assert len(done["Stored"]) == 10
    assert {path: visitor.get(path).content for path in paths} == before
    visitor.cloud.invalidate(*EVERYTHING)
    after = {path: visitor.get(path).content for path in paths}
    assert all(after[path] != before[path] for path in ("/movers?days=366", "/tickers/AAPL"))
    assert all(first in after[path].decode() for path in ("/history", "/movers.csv"))
    assert after["/history"] == after["/history.json"]
    assert after["/tickers/AAPL"] == after["/tickers/AAPL.json"]
    assert visitor.get(f"/movers/{first}.json").json()["Date"] == first


@pytest.mark.parametrize("key", ["movers.json", "tickers/TSLA.json"])
def test_a_lost_twin_is_served_by_the_api_and_mended_by_the_next_run(visitor: Visitor, key: str) -> None:
    whole = visitor.twin(key)
    visitor.remove_twin(key)
    visitor.forget()
    answer = visitor.get(f"/{key}")
    assert answer.status_code == 200
    assert answer.content == whole
    assert visitor.ingest()["Published"] == 1
    assert visitor.twin(key) == whole


def test_viewers_are_answered_by_the_cache(visitor: Visitor) -> None:
    visitor.forget()
    marks = [visitor.get("/movers.json").headers["X-Cache"] for _ in range(3)]
    assert [mark.split()[0] for mark in marks] == ["Miss", "Hit", "Hit"]


def test_of_two_ingests_at_once_one_works_and_the_other_leaves(visitor: Visitor) -> None:
    days = {"from": str(OLD[20]), "to": str(OLD[24])}
    with (
        visitor.faults({"delay": 18, "next": 1}),
        ThreadPoolExecutor(2) as pool,
    ):  # until the second has started
        runs = list(pool.map(lambda _: visitor.ingest(**days), range(2)))
    (worked,) = [done for done in runs if "Skipped" not in done]
    assert [done["Skipped"][:4] for done in runs if done is not worked] == ["run "]
    assert len(worked["Stored"]) == 5
    dates = [mover.date for mover in visitor.store.movers()]
    assert len(dates) == len(set(dates))
    for mover in visitor.store.movers():
        asked = Question(routes.SESSION, str(mover.date), {})
        assert visitor.twin(f"movers/{mover.date}.json") == answers.answer(asked, visitor.store, US)
    assert visitor.lease() == {}


def test_a_failed_run_fails_loudly_and_the_queue_hears_of_it(visitor: Visitor) -> None:
    name = visitor.cloud.outputs.ingest_function_name
    event = json.dumps({"from": str(OLD[30]), "to": str(OLD[30])})
    with visitor.faults({"status": 401, "body": '{"status":"ERROR","error":"Unknown API Key"}'}):
        with pytest.raises(IngestError, match="Unknown API Key"):
            visitor.ingest(**json.loads(event))
        visitor.cloud.client("lambda").invoke(FunctionName=name, InvocationType="Event", Payload=event)
        message = received(visitor)
    assert "Unknown API Key" in message
    assert visitor.store.session(OLD[30]) is None


def received(visitor: Visitor, seconds: float = 30) -> str:
    """The next message in the failure queue."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        answer = visitor.cloud.client("sqs").receive_message(
            QueueUrl=visitor.cloud.outputs.failure_queue_url, WaitTimeSeconds=1
        )
        if messages := answer.get("Messages"):
            body: str = messages[0]["Body"]
            return body
    return ""


def test_the_items_are_there_for_the_aws_cli(visitor: Visitor) -> None:
    found = visitor.cloud.client("dynamodb").query(
        TableName=visitor.cloud.outputs.table_name,
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": "MOVERS"}},
        ScanIndexForward=False,
    )["Items"]
    assert len(found) >= 7
    assert set(found[0]) >= {
        "pk",
        "sk",
        "Date",
        "Ticker",
        "PercentChange",
        "ClosingPrice",
        "Open",
        "RunnerUp",
    }
    assert found[0]["Ticker"]["S"] in WATCHLIST
