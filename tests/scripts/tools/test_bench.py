"""`make bench` compares what it should, counts what it finds, and says so."""

import io
import json
import subprocess
import sys
from contextlib import ExitStack

import pytest
from rich.console import Console

from api.vendors import MASSIVE
from scripts.cloud.emulator import Emulator
from scripts.tools.bench import upstream
from scripts.tools.bench.__main__ import choose, document, measured, table
from scripts.tools.bench.bench import Bench
from scripts.tools.bench.measure import Finding, Measure, Result, in_turn, ratio
from scripts.tools.bench.measures import MEASURES
from scripts.tools.bench.world import World

LIMITED = Measure("m", "a measure", 2, "ms", lambda bench: Finding(1))


def result(value: float) -> Result:
    return Result(LIMITED, Finding(value, 7, {"all": [value]}))


@pytest.mark.parametrize(("value", "met"), [(1.9, True), (2, True), (2.1, False)])
def test_a_target_is_the_most_that_is_allowed(value: float, met: bool) -> None:
    assert result(value).met is met


def test_two_things_are_measured_by_turns_and_the_first_turn_does_not_count() -> None:
    order: list[str] = []

    def measure(name: str) -> float:
        order.append(name)
        return float(len(order))

    pairs = in_turn(lambda: measure("ours"), lambda: measure("theirs"), 2)

    assert order == ["ours", "theirs"] * 3
    assert pairs == [(3, 4), (5, 6)]


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


def test_the_document_says_on_what_it_was_measured() -> None:
    written = json.loads(json.dumps(document([result(1)])))
    assert written["results"] == [
        {"name": "m", "what": "a measure", "target": 2, "unit": "ms"}
        | {"value": 1, "repetitions": 7, "detail": {"all": [1]}, "met": True}
    ]
    assert written["machine"]["processors"]
    assert {"python", "runtime", "boto3", "ministack"} < set(written["versions"])


def test_names_are_different_and_only_known_ones_can_be_chosen() -> None:
    assert len({measure.name for measure in MEASURES}) == len(MEASURES)
    assert [measure.name for measure in choose(["fresh", "calls-day"])] == ["calls-day", "fresh"]
    assert choose([]) == list(MEASURES)
    with pytest.raises(SystemExit, match="no measure quick; there are answer-memory"):
        choose(["quick"])


def test_the_list_is_printed_without_measuring() -> None:
    command = [sys.executable, "-m", "scripts.tools.bench", "--list"]
    told = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 - ours
    assert [line.split()[0] for line in told.stdout.splitlines()] == [measure.name for measure in MEASURES]


@pytest.mark.parametrize("name", ["calls-day", "calls-week"])
def test_the_promised_number_of_upstream_calls_is_kept(emulator: Emulator, name: str) -> None:
    (measure,) = choose([name])
    with ExitStack() as running:
        bench = Bench(running)
        bench.__dict__["emulator"] = emulator
        assert measured(bench, measure).met


def test_a_world_counts_what_a_run_asks_of_aws(emulator: Emulator) -> None:
    with World.fresh(emulator, None, 0) as world:
        done = world.run()
    assert len(done.stored) == 7
    assert world.requests["dynamodb.TransactWriteItems"] == 7
    assert world.requests["s3.PutObject"] == done.published + done.upstream_calls


def test_the_limit_that_is_waited_for_is_the_one_of_the_free_plan() -> None:
    assert MASSIVE.calls_per_minute == upstream.FREE_RATE
