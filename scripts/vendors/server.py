"""A vendor's stand-in on loopback, over HTTP/1.1.

It serves programs on this machine but refuses web pages, which could otherwise set faults or read the data.
Besides the data there are control paths, which need no key, are never counted and never get a fault:

    GET    /-/stats         requests by endpoint and by status (`dropped` for a dropped connection)
    POST   /-/stats/reset   count from zero again
    GET, POST, DELETE  /-/faults   see `scripts.vendors.faults`
"""

import gzip
import logging
import os
import re
import socket
import struct
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from time import perf_counter
from types import TracebackType
from typing import Any, Self

from scripts.loopback import comes_from_a_page, names_loopback
from scripts.vendors import Vendor
from scripts.vendors.connections import LoopbackServer
from scripts.vendors.faults import Fault
from scripts.vendors.service import CONTROL, Reply, Service
from scripts.vendors.tape import Tape
from scripts.vendors.traffic import RateLimit

BODY_LENGTH = re.compile(r"[0-9]{1,8}")
PIECES_WHEN_SLOW = 8
NOT_FOR_PAGES = (
    b"Only programs on this machine may call this server, at http://127.0.0.1 and its port, not web pages.\n"
)

logger = logging.getLogger(__name__)


class VendorServer:
    """Serves a vendor in its own thread while the context lasts.

    `clock` determines which sessions have closed. `rate` limits the requests in any 60 seconds of real time, or of the
    clock of the `RateLimit` given. `keys` are the accepted keys; `None` accepts any.
    """

    def __init__(
        self,
        vendor: Vendor,
        *,
        clock: Callable[[], datetime],
        port: int = 0,
        rate: int | RateLimit | None = None,
        keys: frozenset[str] | None = None,
    ) -> None:
        limit = rate if isinstance(rate, RateLimit) else RateLimit(rate)
        self._service = Service(vendor, clock=clock, rate=limit, keys=keys)
        self._server = _Server(port, self._service)

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.stop()

    @property
    def url(self) -> str:
        return self._server.url

    @property
    def tape(self) -> Tape:
        """The prices that the vendor serves."""
        return self._service.vendor.tape

    def wait(self) -> None:
        """Wait until the server stops, as a foreground command does until Ctrl-C."""
        self._server.join()

    def stats(self) -> dict[str, Any]:
        return self._service.stats.listed()

    def set_faults(self, faults: Iterable[Mapping[str, object]]) -> None:
        """Replace all active faults by these. Raises `ValueError`."""
        self._service.faults.replace(map(dict, faults))


class _Server(LoopbackServer):
    def __init__(self, port: int, service: Service) -> None:
        self.service = service
        super().__init__(port, _Handler)


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    error_content_type = "application/json"
    error_message_format = '{"status":"ERROR","error":"%(message)s"}'
    wbufsize = -1  # buffered, so that head and body are sent together
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        started = perf_counter()
        path, body = self.path.partition("?")[0], self._body()
        if comes_from_a_page(self.headers) or not names_loopback(self.headers):
            sent = self._send(Reply(HTTPStatus.FORBIDDEN, NOT_FOR_PAGES))
        elif path.startswith(CONTROL):
            sent = self._send(self.server.service.control(self.command, path, body))
        else:
            sent = self._data(path)
        # Without the query, which may contain a key.
        logger.info("%s %s %s %.0f ms", self.command, path, sent, (perf_counter() - started) * 1000)

    # The names are the base class's.
    do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_GET  # noqa: N815

    def version_string(self) -> str:
        return "movers-vendor"

    def log_message(self, format: str, *args: Any) -> None:
        logger.debug(format, *args)

    def _data(self, path: str) -> str:
        service = self.server.service
        fault = service.faults.take(self.path)
        self.server.stopping.wait(fault.delay if fault and fault.delay else 0)
        if fault and (fault.drop or (fault.reset and fault.truncate is None)):
            self._end(reset=fault.reset)
            service.count(path, "dropped")
            return "dropped"
        return self._send(service.reply(self.command, self.path, self.headers, fault))

    def _send(self, reply: Reply) -> str:
        fault = reply.fault or Fault()
        compress = fault.body is None and _accepts_gzip(self.headers.get("Accept-Encoding", ""))
        body = reply.body + b" " * (fault.pad or 0)
        body = gzip.compress(body, compresslevel=1, mtime=0) if compress else body
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if compress:
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Vary", "Accept-Encoding")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD" and reply.status not in (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED):
            self._send_body(body, fault)
        return f"{reply.status} {len(body)} bytes"

    def _send_body(self, body: bytes, fault: Fault) -> None:
        if fault.truncate is not None and fault.truncate < len(body):
            body = body[: fault.truncate]
            self.close_connection = True
        step = max(1, -(-len(body) // PIECES_WHEN_SLOW)) if fault.slow else max(1, len(body))
        for start in range(0, len(body), step):
            if fault.slow:
                self.wfile.flush()
                self.server.stopping.wait(fault.slow)
            self.wfile.write(body[start : start + step])
        if fault.reset:
            self.wfile.flush()
            self._end(reset=True)

    def _end(self, *, reset: bool | None) -> None:
        """Close the connection after this response; with `reset`, at once by a TCP reset (SO_LINGER 0)."""
        self.close_connection = True
        if reset:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            os.close(self.connection.detach())

    def _body(self) -> bytes:
        """The request's body. It is always read, so that the next request on the connection can be."""
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers or not BODY_LENGTH.fullmatch(length):
            self.close_connection = True
            return b""
        return self.rfile.read(int(length))


def _accepts_gzip(header: str) -> bool:
    """Whether `Accept-Encoding` has gzip, other than with `q=0`."""
    return re.search(r"\bgzip\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))", header, re.IGNORECASE) is not None
