"""Servers on loopback: their ports, and how to tell a local program from a web page.

A browser sends requests to loopback for any page, and a page can resolve its own name to 127.0.0.1, so that the browser
takes the server for part of the page's site (DNS rebinding). Both show in headers that pages can't change.
"""

import errno
import re
import socket
from collections.abc import Mapping
from email.message import Message

from scripts.errors import CommandError

NAMES = re.compile(r"(([\w-]+\.)*localhost|127\.0\.0\.1|\[::1\])(:\d+)?", re.ASCII | re.IGNORECASE)
ADDRESSES = ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1"))
REFUSED = {errno.EADDRINUSE: "is in use", errno.EACCES: "is reserved for root"}

Headers = Mapping[str, str] | Message  # by names in lower case, or in any


def names_loopback(headers: Headers) -> bool:
    """Whether `Host` always means this machine (RFC 6761 reserves `localhost`)."""
    return NAMES.fullmatch(headers.get("host", "")) is not None


def comes_from_a_page(headers: Headers) -> bool:
    """Whether a browser sent this for a page, not for a URL that its user typed or opened."""
    return "origin" in headers or headers.get("sec-fetch-site", "none") != "none"


def refuse_taken(port: int, *, option: str) -> None:
    """Raise CommandError naming the option if a port can't be opened at either loopback address."""
    for family, address in ADDRESSES:
        try:
            with socket.socket(family) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind((address, port))
        except OSError as error:
            if reason := REFUSED.get(error.errno or 0):  # otherwise the machine lacks this address
                words = f"Port {port} {reason}. Choose another with {option}."
                raise CommandError(words) from error


def free_port() -> int:
    """A port where nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
