"""A threaded TCP server on loopback that stops at once, even while requests are running."""

import logging
import socket
import sys
from contextlib import suppress
from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import Event, Lock, Thread
from typing import Any

LOOPBACK = "127.0.0.1"
POLL_SECONDS = 0.01  # how late it may notice that it is to end

logger = logging.getLogger(__name__)


class LoopbackServer(ThreadingTCPServer):
    """Serves one request handler on 127.0.0.1. `stopping` is set when it stops: wait for it instead of sleeping."""

    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, port: int, handler: type[BaseRequestHandler]) -> None:
        self.stopping = Event()
        self._lock = Lock()
        self._open: set[Any] = set()
        self._thread = Thread(target=self.serve_forever, args=(POLL_SECONDS,), name="loopback", daemon=True)
        try:
            super().__init__((LOOPBACK, port), handler)
        except OSError as error:
            reason = f"cannot listen on {LOOPBACK}:{port} ({error.strerror}); choose another port"
            raise OSError(error.errno, reason) from error

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.socket.getsockname()[1]}"

    def start(self) -> None:
        self._thread.start()

    def join(self) -> None:
        """Wait until the server stops."""
        self._thread.join()

    def stop(self) -> None:
        """Close every connection and wait for its thread."""
        self.shutdown()
        self.stopping.set()
        with self._lock:
            for connection in self._open:
                with suppress(OSError):  # the caller may have disconnected
                    connection.shutdown(socket.SHUT_RDWR)
        self.server_close()

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that disconnects is normal; anything else is a bug and is logged as an error."""
        error = sys.exc_info()[1]
        if isinstance(error, ConnectionError):
            logger.debug("a caller disconnected: %s", error)
        else:
            logger.error("a request could not be answered", exc_info=error)
