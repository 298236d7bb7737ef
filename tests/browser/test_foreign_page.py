"""A page of another site, opened while the local cloud runs, reads, makes and calls nothing in it."""

import json
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from scripts.cloud.up import LocalCloud
from scripts.vendors.connections import LoopbackServer

FORGED = "AWS4-HMAC-SHA256 Credential=test/20261128/us-east-1/lambda/aws4_request, SignedHeaders=host, Signature=00"
FETCH = """([url, options]) => fetch(url, options).then(
    async (answer) => `${answer.type} ${answer.status} ${await answer.text()}`, () => "blocked")"""
FORM = """<form method=post enctype=multipart/form-data action="{}"><input name=key value=planted><input name=file>
    <input name=x-amz-credential value=test/20261128/us-east-1/s3/aws4_request></form>"""
LEARNT_NOTHING = ("blocked", "opaque 0 ")


class Site(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"Hello")

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A page of another site. It comes from loopback, so that the browser itself does not keep it from going there."""
    site = LoopbackServer(0, Site)
    site.start()
    with closing(chromium.new_context(base_url=site.url.replace("127.0.0.1", "page.example"))) as context:
        page = context.new_page()
        page.goto("/")
        yield page
    site.stop()


def attempts(cloud: LocalCloud) -> Iterator[tuple[str, dict[str, Any]]]:
    """What such a page can send: with credentials, which a browser first asks for leave to, and without."""
    assert cloud.vendor
    function, control = cloud.outputs.ingest_function_name, cloud.vendor.url + "/-"
    key = {"Name": cloud.outputs.key_parameter_name, "WithDecryption": True}
    asked_first = {"Authorization": FORGED, "X-Amz-Target": "AmazonSSM.GetParameter"}
    fault = json.dumps({"status": 500})
    for headers, mode in [(asked_first, "cors"), ({}, "cors"), ({}, "no-cors")]:
        sent = {"method": "POST", "headers": headers, "mode": mode}
        yield cloud.aws_endpoint + "/", {**sent, "body": json.dumps(key)}
        yield f"{cloud.aws_endpoint}/2015-03-31/functions", {**sent, "body": '{"FunctionName": "planted"}'}
        yield f"{cloud.aws_endpoint}/2015-03-31/functions/{function}/invocations", sent
        yield f"{cloud.aws_endpoint}/_ministack/reset", sent
        yield (
            f"{cloud.aws_endpoint}/{cloud.outputs.raw_bucket_name}/planted",
            {**sent, "method": "PUT", "mode": "cors"},
        )
        yield f"{cloud.aws_endpoint}/_ministack/health", {"mode": mode}
        yield f"{control}/faults", {**sent, "body": fault}
        yield f"{control}/stats/reset", sent
        yield f"{control}/stats", {"mode": mode}


def planted(cloud: LocalCloud) -> tuple[Any, ...]:
    """What the attempts would have changed."""
    assert cloud.vendor
    functions = [each["FunctionName"] for each in cloud.client("lambda").list_functions()["Functions"]]
    objects = cloud.client("s3").list_objects_v2(Bucket=cloud.outputs.raw_bucket_name).get("Contents", [])
    return sorted(functions), [each["Key"] for each in objects], cloud.vendor.stats()


def test_it_reads_makes_and_calls_nothing(page: Page, cloud: LocalCloud) -> None:
    before = planted(cloud)
    outcome = {(url, str(options)): page.evaluate(FETCH, [url, options]) for url, options in attempts(cloud)}
    assert {case: got for case, got in outcome.items() if got not in LEARNT_NOTHING} == {}
    assert planted(cloud) == before


def test_its_forms_are_refused(page: Page, cloud: LocalCloud) -> None:
    assert cloud.vendor
    bucket = f"{cloud.aws_endpoint}/{cloud.outputs.raw_bucket_name}"
    before = planted(cloud)
    for action in (
        bucket,
        f"{cloud.aws_endpoint}/?Action=CreateUser&UserName=planted",
        f"{cloud.vendor.url}/-/faults",
    ):
        page.goto("/")
        page.set_content(FORM.format(action))
        with page.expect_response(action) as answer, page.expect_navigation():
            page.evaluate("document.forms[0].submit()")
        assert answer.value.status == 403
    assert planted(cloud) == before


def test_its_own_name_does_not_lead_into_the_cloud(page: Page, cloud: LocalCloud) -> None:
    assert cloud.vendor
    for url in (
        cloud.aws_endpoint + "/_ministack/health",
        cloud.api_url + "/movers",
        cloud.vendor.url + "/-/stats",
    ):
        answer = page.goto(url.replace("127.0.0.1", "page.example"))
        assert answer
        assert answer.status == 403, url


def test_the_public_api_answers_it(page: Page, cloud: LocalCloud) -> None:
    """As at AWS, where the API allows every origin."""
    assert page.evaluate(FETCH, [f"{cloud.api_url}/movers", {}]).startswith("cors 200 [{")
    assert page.evaluate(FETCH, [f"{cloud.api_url}/movers", {"method": "POST", "body": ""}]).startswith(
        "cors 4"
    )
