"""A real edge between a viewer and two origins on loopback that say what a test tells them."""

import contextlib
import http.client
import json
import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, Stack
from aws_cdk import aws_apigateway as apigateway

from infra.settings import Deployment
from infra.site import Site
from scripts.cloud.edge import Edge
from scripts.cloud.nginx import Upstream
from tests.conftest import free_port

TEMPLATE = Path(__file__).parents[3] / "fixtures" / "edge" / "site.template.json"
SITE_HOST = "d111111abcdef8.cloudfront.net"
STAGE = "/_aws/execute-api/abc123/prod"


@dataclass(frozen=True)
class Reply:
    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict)
    delay_seconds: float = 0


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    headers: dict[str, str]


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128  # a crowd of viewers may come at once


class FakeOrigin:
    """Says what `replies` holds for a path below its stage, whatever the query, and else what it always says."""

    def __init__(self, otherwise: Reply, stage: str = "") -> None:
        self.otherwise = otherwise
        self.stage = stage
        self.replies: dict[str, Reply] = {}
        self.requests: list[Request] = []

    def reply(self, request: Request) -> Reply:
        return self.replies.get(request.path.partition("?")[0], self.otherwise)

    def asked_for(self, path: str) -> list[Request]:
        return [request for request in self.requests if request.path.partition("?")[0] == path]

    def __enter__(self) -> "FakeOrigin":
        self._server = Server(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_port}{self.stage}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        origin = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _answer(self) -> None:
                request = Request(self.command, self.path.removeprefix(origin.stage), dict(self.headers))
                origin.requests.append(request)
                reply = origin.reply(request)
                time.sleep(reply.delay_seconds)
                self.send_response(reply.status)
                for name, value in {"Content-Length": str(len(reply.body)), **reply.headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                if self.command != "HEAD":
                    with contextlib.suppress(ConnectionError):  # a slow reply finds the edge gone
                        self.wfile.write(reply.body)
                self.close_connection = True

            do_GET = do_HEAD = do_OPTIONS = _answer  # noqa: N815

            def log_message(self, *_: object) -> None: ...

        return Handler


class FakeCloudFront:
    """The invalidations of a distribution."""

    def __init__(self) -> None:
        self._invalidations: dict[str, list[str]] = {}

    def invalidate(self, *paths: str) -> str:
        invalidation_id = f"I{len(self._invalidations)}"
        self._invalidations[invalidation_id] = list(paths)
        return invalidation_id

    def list_invalidations(self, **_: str) -> dict[str, Any]:
        items = [{"Id": each} for each in list(self._invalidations)]
        return {"InvalidationList": {"Items": items} if items else {}}

    def get_invalidation(self, **request: str) -> dict[str, Any]:
        paths = self._invalidations[request["Id"]]
        return {"Invalidation": {"InvalidationBatch": {"Paths": {"Items": paths}}}}


@dataclass(frozen=True)
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def came(self) -> str:
        return self.headers["X-Cache"].removesuffix(" from cloudfront")


class Viewer:
    """Asks the edge over TLS, trusting its authority and nothing else."""

    def __init__(self, edge: Edge) -> None:
        self.port = int(edge.url.rpartition(":")[2])
        self.context = ssl.create_default_context(cafile=str(edge.ca))

    def get(self, path: str, method: str = "GET", **headers: str) -> Answer:
        connection = http.client.HTTPSConnection("localhost", self.port, context=self.context, timeout=20)
        try:
            wanted = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, headers=wanted)
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read())
        finally:
            connection.close()


def make_edge(
    files: str, api: str, folder: Path, cloudfront: FakeCloudFront, template: dict[str, Any] | None = None
) -> Edge:
    return Edge(
        template or read_template(),
        files=Upstream(files, {"Host": SITE_HOST, "X-Forwarded-Proto": "https"}),
        api=Upstream(api),
        folder=folder,
        cloudfront=cloudfront,
        distribution_id="E1",
        port=free_port(),
    )


def read_template() -> dict[str, Any]:
    template: dict[str, Any] = json.loads(TEMPLATE.read_text())
    return template


@pytest.fixture(scope="session")
def site_template(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The project's own distribution, as it is synthesized."""
    folder = tmp_path_factory.mktemp("synth")
    app = App(outdir=str(folder), analytics_reporting=False)
    stack = Stack(app, "services", env={"region": "us-east-1"})
    api = apigateway.RestApi(stack, "Api", cloud_watch_role=False)
    api.root.add_method("GET", apigateway.MockIntegration())
    Site(stack, deployment=Deployment.from_context({}), api=api)
    app.synth()
    template: dict[str, Any] = json.loads((folder / "services.template.json").read_text())
    return template


@pytest.fixture(scope="module")
def files() -> Iterator[FakeOrigin]:
    """The bucket's side: it says 403 where an object is missing."""
    with FakeOrigin(Reply(403, b"<Error><Code>AccessDenied</Code></Error>")) as origin:
        yield origin


@pytest.fixture(scope="module")
def api() -> Iterator[FakeOrigin]:
    missing = Reply(404, b'{"error": "There is no such resource."}', {"Cache-Control": "no-store"})
    with FakeOrigin(missing, STAGE) as origin:
        yield origin


@pytest.fixture(scope="module")
def cloudfront() -> FakeCloudFront:
    return FakeCloudFront()


@pytest.fixture(scope="module")
def edge(
    files: FakeOrigin, api: FakeOrigin, cloudfront: FakeCloudFront, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Edge]:
    with make_edge(files.url, api.url, tmp_path_factory.mktemp("edge"), cloudfront) as running:
        yield running


@pytest.fixture(scope="module")
def viewer(edge: Edge) -> Viewer:
    return Viewer(edge)


@pytest.fixture(scope="module")
def real_edge(
    site_template: dict[str, Any],
    files: FakeOrigin,
    api: FakeOrigin,
    cloudfront: FakeCloudFront,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Edge]:
    """An edge of the project's own distribution."""
    with make_edge(files.url, api.url, tmp_path_factory.mktemp("edge"), cloudfront, site_template) as running:
        yield running
