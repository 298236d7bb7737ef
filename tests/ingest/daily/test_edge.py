"""What a run finds when it looks at the site as viewers do."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from ingest.daily.edge import PATHS, unreadable
from scripts.vendors.connections import LoopbackServer


class Viewed(BaseHTTPRequestHandler):
    """Answers each path with the status that a test has set; 0 hangs up without a word."""

    server: "Site"

    def do_GET(self) -> None:
        status = self.server.answers.get(self.path, 404)
        if status:
            self.send_response(status)
            self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Be silent."""


class Site(LoopbackServer):
    def __init__(self) -> None:
        self.answers = dict.fromkeys(PATHS, 200)
        super().__init__(0, Viewed)


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()
    site.start()
    yield site
    site.stop()


def test_what_viewers_need_is_there(site: Site) -> None:
    assert unreadable(site.url) == []


@pytest.mark.parametrize("status", [404, 403, 500, 504, 301, 204, 0])
@pytest.mark.parametrize("path", PATHS)
def test_only_an_answer_with_the_file_counts(site: Site, path: str, status: int) -> None:
    site.answers |= {path: status, "/elsewhere": 200}
    assert unreadable(site.url) == [path]


@pytest.mark.parametrize("ca", [None, "/no/such/certificate.pem"])
@pytest.mark.parametrize("address", ["http://127.0.0.1:9", "https://127.0.0.1:9"])
def test_a_cdn_that_does_not_answer_has_failed_for_all(address: str, ca: str | None) -> None:
    assert unreadable(address, ca) == list(PATHS)


def test_a_certificate_that_is_not_trusted_is_a_failure(site: Site, tmp_path: Path) -> None:
    """The server does not even speak TLS, which is refused like a certificate of somebody else."""
    assert unreadable(site.url.replace("http:", "https:")) == list(PATHS)
