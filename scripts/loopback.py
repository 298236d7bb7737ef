"""Servers on loopback: ports for them, and telling a program of this machine from a web page.

A browser sends requests to loopback on behalf of any page, and a page can have its own name resolve to 127.0.0.1, so
that the browser takes the server for a part of the page's site (DNS rebinding). Both show in headers that no page can
change.
"""

import errno
import re
import socket
from collections.abc import Mapping
from email.message import Message

from scripts.errors import CommandError

NAMES = re.compile(r"(([\w-]+\.)*localhost|127\.0\.0\.1|\[::1\])(:\d+)?", re.ASCII | re.IGNORECASE)
ADDRESSES = ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1"))
REFUSED = {errno.EADDRINUSE: "is taken", errno.EACCES: "is kept for root"}

Headers = Mapping[str, str] | Message  # by names in lower case, or in any


def names_loopback(headers: Headers) -> bool:
    """Whether `Host` is a name that leads nowhere but to this machine (RFC 6761 reserves `localhost`)."""
    return NAMES.fullmatch(headers.get("host", "")) is not None


def comes_from_a_page(headers: Headers) -> bool:
    """Whether a browser sent this for a page; what its user typed or opened from elsewhere is not."""
    return "origin" in headers or headers.get("sec-fetch-site", "none") != "none"


def refuse_taken(port: int, *, option: str) -> None:
    """Raise CommandError naming the option to use if a port cannot be opened at either loopback address."""
    for family, address in ADDRESSES:
        try:
            with socket.socket(family) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind((address, port))
        except OSError as error:
            if reason := REFUSED.get(error.errno or 0):  # otherwise the machine has no such address
                words = f"Port {port} {reason} at {address}: choose another one with {option}."
                raise CommandError(words) from error


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
