"""`make bench` compares what it should, counts what it finds, and says so."""

import io
from contextlib import ExitStack

import pytest
from rich.console import Console

from scripts.tools.bench.__main__ import choose, measured, table
from scripts.tools.bench.bench import Bench
from scripts.tools.bench.measure import Finding, Measure, Result, ratio
from scripts.tools.bench.measures import MEASURES

LIMITED = Measure("m", "a measure", 2, "ms", lambda bench: Finding(1))


def result(value: float) -> Result:
    return Result(LIMITED, Finding(value, 7, {"all": [value]}))


@pytest.mark.parametrize(("value", "met"), [(1.9, True), (2, True), (2.1, False)])
def test_a_target_is_the_most_that_is_allowed(value: float, met: bool) -> None:
    assert result(value).met is met


def test_a_ratio_is_the_median_of_the_pairs_so_that_a_slow_moment_does_not_count() -> None:
    found = ratio([(1, 2), (300, 600), (9, 1), (1, 2), (1, 2)], "ms")
    assert (found.value, found.repetitions) == (0.5, 5)


def test_a_measure_that_fails_is_not_met_and_says_why() -> None:
    def fail(bench: Bench) -> Finding:
        raise RuntimeError("no such machine")

    with ExitStack() as running:
        failed = measured(Bench(running), Measure("m", "a measure", 2, "ms", fail))

    assert not failed.met
    assert failed.failure == "RuntimeError: no such machine"
    assert "no such machine" in shown(failed)


def shown(*results: Result) -> str:
    console = Console(file=io.StringIO(), width=200)
    console.print(table(results))
    return console.file.getvalue()  # type: ignore[attr-defined]


def test_names_are_different_and_only_known_ones_can_be_chosen() -> None:
    assert len({measure.name for measure in MEASURES}) == len(MEASURES)
    assert [measure.name for measure in choose(["fresh", "calls-day"])] == ["calls-day", "fresh"]
    assert choose([]) == list(MEASURES)
    with pytest.raises(SystemExit, match=r"Unknown measure quick\. Choose from answer-memory"):
        choose(["quick"])


def test_the_promised_number_of_upstream_calls_is_kept() -> None:
    (measure,) = choose(["calls-week"])
    with ExitStack() as running:
        assert measured(Bench(running), measure).met
