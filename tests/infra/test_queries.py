"""A saved query names only fields that its lines really have: with a misspelt one it would silently find nothing."""

import ast
import io
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from aws_lambda_powertools import Logger

from api import handler as http
from infra.operations.queries import QUESTIONS, Question
from ingest.daily.handler import document
from ingest.daily.run import Report

# What CloudWatch Logs Insights has for every line.
OF_EVERY_LINE = {"@timestamp", "@log", "@message"}
WORDS = {
    "as",
    "by",
    "desc",
    "display",
    "fields",
    "filter",
    "in",
    "like",
    "limit",
    "or",
    "parse",
    "sort",
    "stats",
}
LITERALS = r'"[^"\n]*"|/(?:\\.|[^/\n])*/'


def named(question: Question) -> set[str]:
    """The fields that a query takes from the lines: its words but for literals, functions and names it gives itself."""
    query = "\n".join(question.lines)
    given = set(re.findall(r"\bas (\w+)|\(\?<(\w+)>", query))
    parsed = set(re.findall(r'/"(\w+)":', query))
    words = re.findall(r"(?<![\w.@])@?[A-Za-z_][\w.]*\b(?!\()", re.sub(LITERALS, "", query))
    return parsed | set(words) - WORDS - {name for pair in given for name in pair}


def messages(question: Question) -> set[str]:
    return set(re.findall(r'"([a-z]+ [a-z ]+)"', "\n".join(question.lines)))


def written(function: str, question: Question) -> set[str]:
    """The fields of a function's lines, among them those of the messages that the question asks for."""
    if function == "api":
        return request_line()
    logged = run_lines()
    return own_fields_of_powertools().union(*(logged[message] for message in messages(question)))


def request_line() -> set[str]:
    """The fields of the api function's line for a twin that was missed."""
    event = {"path": "/movers.json", "headers": {"User-Agent": "Amazon CloudFront"}}
    with pytest.MonkeyPatch.context() as patch:
        lines = io.StringIO()
        patch.setenv("STAGE", "prod")
        patch.setenv("MARKET", "us")
        patch.setattr("sys.stdout", lines)
        patch.setattr(http, "store", lambda: None)
        patch.setattr(http, "respond", lambda *_: {"statusCode": 200})
        http.handler(event, None)
    return set(json.loads(lines.getvalue()))


@cache  # a logger of the same name keeps its first stream
def own_fields_of_powertools() -> set[str]:
    """What the ingest function's lines all have, with the run that every handler adds."""
    lines = io.StringIO()
    log = Logger(service="fields", stream=lines)
    log.structure_logs(append=True, run="any")
    log.info("any")
    return set(json.loads(lines.getvalue()))


def run_lines() -> dict[str, set[str]]:
    """The fields of the ingest function's lines by message, as its calls of `log` name them."""
    found: dict[str, set[str]] = {"run ended": set(document(Report()))}
    for file in Path("ingest").rglob("*.py"):
        for call in filter(is_log, ast.walk(ast.parse(file.read_text()))):
            match call:
                case ast.Call(args=[ast.Constant(value=str(message))], keywords=keywords):
                    found.setdefault(message, set()).update(*map(keys, keywords))
    return found


def is_log(node: ast.AST) -> bool:
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Name(id="log"))):
            return True
    return False


def keys(keyword: ast.keyword) -> Iterator[str]:
    """A field of a line, and those within it as a query writes them: `winner`, `winner.old`."""
    if keyword.arg:
        yield keyword.arg
    if isinstance(keyword.value, ast.Dict):
        inner = [ast.literal_eval(key) for key in keyword.value.keys if isinstance(key, ast.Constant)]
        yield from (f"{keyword.arg}.{name}" for name in inner)


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.words)
def test_a_saved_query_names_fields_that_the_lines_have(question: Question) -> None:
    fields = named(question) - OF_EVERY_LINE

    assert fields
    for function in question.of:
        assert fields <= written(function, question)
