"""The edge in front of the project's own distribution, as it is synthesized."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, Stack
from aws_cdk import aws_apigateway as apigateway

from infra.settings import Settings
from infra.site_stack import SiteStack
from scripts.cloud.distribution import read_distribution
from scripts.cloud.edge import Edge
from tests.scripts.edge.conftest import FakeCloudFront, FakeOrigin, Reply, Viewer, make_edge


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("synth")
    app = App(outdir=str(folder), analytics_reporting=False)
    settings = Settings.from_context({})
    stack = Stack(app, "api", env={"region": settings.region})
    api = apigateway.RestApi(stack, "Api", cloud_watch_role=False)
    api.root.add_method("GET", apigateway.MockIntegration())
    site = SiteStack(app, settings=settings, api=api)
    app.synth()
    read: dict[str, Any] = json.loads((folder / f"{site.stack_name}.template.json").read_text())
    return read


@pytest.fixture(scope="module")
def edge(
    template: dict[str, Any],
    files: FakeOrigin,
    api: FakeOrigin,
    cloudfront: FakeCloudFront,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Edge]:
    folder: Path = tmp_path_factory.mktemp("edge")
    with make_edge(files.url, api.url, folder, cloudfront, template) as running:
        yield running


def test_every_resource_goes_to_the_api_and_every_file_to_the_bucket(template: dict[str, Any]) -> None:
    is_file = {each.pattern: each.origin.is_bucket for each in read_distribution(template).behaviours}
    assert is_file == {
        "/assets/*": True,
        "/*.json": True,
        "/movers": False,
        "/movers/*": False,
        "/history": False,
        "/tickers/*": False,
        "/status": False,
        "/movers.csv": True,
        "/feed.xml": True,
        "/*": True,
    }


def test_a_missing_twin_is_the_resource(viewer: Viewer, api: FakeOrigin) -> None:
    api.replies["/tickers/AAPL.json"] = Reply(body=b"{}", headers={"ETag": '"1"'})
    answer = viewer.get("/tickers/AAPL.json")
    assert (answer.status, answer.headers["ETag"]) == (200, '"1"')
    assert answer.headers.get_all("Access-Control-Allow-Origin") == ["*"]


def test_the_page_comes_with_its_policy_and_a_missing_one_is_404(viewer: Viewer, files: FakeOrigin) -> None:
    files.replies |= {"/index.html": Reply(body=b"page"), "/404.html": Reply(body=b"not here")}
    answers = [viewer.get(path) for path in ("/", "/missing")]
    assert [(answer.status, answer.body) for answer in answers] == [(200, b"page"), (404, b"not here")]
    for answer in answers:
        assert "require-trusted-types-for 'script'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert "camera=()" in answer.headers["Permissions-Policy"]


def test_an_asset_comes_without_what_only_documents_need(viewer: Viewer, files: FakeOrigin) -> None:
    files.replies["/assets/1/app.js"] = Reply(body=b"go()")
    headers = viewer.get("/assets/1/app.js").headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert not headers["Cross-Origin-Resource-Policy"]
    assert not headers["Strict-Transport-Security"]
    assert not headers["Content-Security-Policy"]
    assert not headers["Permissions-Policy"]
