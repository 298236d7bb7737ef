"""How nginx's configuration language writes blocks, strings, and CloudFront's path patterns."""

import re
from textwrap import indent


def block(head: str, *parts: str) -> str:
    """A directive that holds others."""
    body = indent("\n".join(parts), "    ")
    return f"{head} {{\n{body}\n}}"


def quoted(value: str) -> str:
    """A value as it stands; only `$` keeps its meaning."""
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def path_regex(pattern: str) -> str:
    """What fits a path pattern; of its signs, only `*` and `?` are wild."""
    wild = {"*": ".*", "?": "."}
    return "".join(wild.get(sign) or re.escape(sign) for sign in pattern)
