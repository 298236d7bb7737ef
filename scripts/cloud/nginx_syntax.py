"""Blocks, strings, and CloudFront's path patterns in the syntax of nginx."""

import re
from textwrap import indent


def block(head: str, *parts: str) -> str:
    """A directive that contains others."""
    body = indent("\n".join(parts), "    ")
    return f"{head} {{\n{body}\n}}"


def quoted(value: str) -> str:
    """The value as a string literal; only `$` keeps its special meaning."""
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def path_regex(pattern: str) -> str:
    """A regular expression for a path pattern, in which only `*` and `?` are wildcards."""
    wild = {"*": ".*", "?": "."}
    return "".join(wild.get(sign) or re.escape(sign) for sign in pattern)
