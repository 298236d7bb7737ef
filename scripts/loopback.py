"""Tells a program of this machine from a web page, for servers on loopback.

A browser sends requests to loopback on behalf of any page, and a page can have its own name resolve to 127.0.0.1, so
that the browser takes the server for a part of the page's site (DNS rebinding). Both show in headers that no page can
change.
"""

import re
from collections.abc import Mapping
from email.message import Message

NAMES = re.compile(r"(([\w-]+\.)*localhost|127\.0\.0\.1|\[::1\])(:\d+)?", re.ASCII | re.IGNORECASE)

Headers = Mapping[str, str] | Message  # by names in lower case, or in any


def names_loopback(headers: Headers) -> bool:
    """Whether `Host` is a name that leads nowhere but to this machine (RFC 6761 reserves `localhost`)."""
    return NAMES.fullmatch(headers.get("host", "")) is not None


def comes_from_a_page(headers: Headers) -> bool:
    """Whether a browser sent this for a page; what its user typed or opened from elsewhere is not."""
    return "origin" in headers or headers.get("sec-fetch-site", "none") != "none"
