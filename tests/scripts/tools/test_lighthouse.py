"""The verdict on Lighthouse's reports; the reports here hold only what it reads."""

from collections.abc import Mapping
from typing import Any

import pytest

from scripts.tools.lighthouse.verdict import measured, median, misses

NUMBERS = {
    "first-contentful-paint": 900,
    "largest-contentful-paint": 1200,
    "total-blocking-time": 30,
    "cumulative-layout-shift": 0.01,
    "total-byte-weight": 16094,
}


def report(scores: Mapping[str, float | None] = {}, numbers: Mapping[str, float] = {}) -> dict[str, Any]:
    """A report of a page that is just good enough, but for what is given."""
    rated = {"performance": 1, "accessibility": 1, "best-practices": 1, "seo": 1, **scores}
    audits: dict[str, Any] = {
        name: {"id": name, "title": name, "score": 1, "numericValue": value}
        for name, value in {**NUMBERS, **numbers}.items()
    }
    audits["network-requests"] = {"id": "network-requests", "score": None, "details": {"items": [{}, {}, {}]}}
    return {
        "requestedUrl": "https://localhost/",
        "categories": {name: {"score": score} for name, score in rated.items()},
        "runWarnings": [],
        "audits": audits,
        "environment": {"benchmarkIndex": 1500},
    }


def test_a_page_at_the_limits_misses_none() -> None:
    assert misses(measured(report())) == []


@pytest.mark.parametrize(
    ("audit", "value", "words"),
    [
        ("largest-contentful-paint", 1201, "largest paint 1.201 s (at most 1.2 s)"),
        ("total-blocking-time", 31, "blocking time 31 ms (at most 30 ms)"),
        ("cumulative-layout-shift", 0.011, "layout shift 0.011 (at most 0.01)"),
    ],
)
def test_a_number_beyond_its_limit_is_named_with_the_limit(audit: str, value: float, words: str) -> None:
    assert misses(measured(report(numbers={audit: value}))) == [words]


def test_modules_may_delay_the_largest_paint_a_little_only() -> None:
    bare, whole = (measured(report(numbers={"largest-contentful-paint": paint})) for paint in (900, 931))
    assert misses(bare, bare) == []
    assert misses(whole, bare) == ["delay by modules 31 ms (at most 30 ms)"]


def test_the_median_is_one_whole_run() -> None:
    slow, usual, fast = (
        measured(report({"performance": score}, {"largest-contentful-paint": paint}))
        for score, paint in ((0.9, 2000), (1, 1300), (1, 900))
    )
    assert median([fast, slow, usual]) == usual
