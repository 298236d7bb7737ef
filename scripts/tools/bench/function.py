"""Measures the api function: cold starts compared with the usual implementation, and warm responses."""

import json
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from scripts.tools.bench.bench import Bench
from scripts.tools.bench.child import child, surroundings
from scripts.tools.bench.measure import REPETITIONS, Finding, in_turn, ratio
from scripts.tools.bench.replay import replayed
from scripts.tools.lambda_runtime import serve

USUAL = Path(__file__).with_name("usual")
STARTS = 9
ANSWERS = 100


def event(path: str = "/movers", **query: str) -> dict[str, Any]:
    return {"path": path, "httpMethod": "GET", "headers": {}, "queryStringParameters": query or None}


def first_answer(bench: Bench) -> Finding:
    """Import and first response in a fresh process."""
    surroundings(bench)  # fills the table before the first turn

    def start(bundle: Path, module: str) -> float:
        found = child(bench, "first_answer", bundle, module, json.dumps(event()))
        return float(found["milliseconds"])

    ours, usual = bench.bundles / "api", USUAL
    return ratio(in_turn(lambda: start(ours, "api.handler"), lambda: start(usual, "handler"), STARTS), "ms")


def first_answer_at_lambda(bench: Bench) -> Finding:
    """Start and first invocation under Lambda's own runtime."""
    return ratio(in_turn(*_starts(bench, "milliseconds"), REPETITIONS), "ms")


def memory_at_lambda(bench: Bench) -> Finding:
    """The memory of the function's process after its first response."""
    return ratio(in_turn(*_starts(bench, "megabytes"), REPETITIONS), "MB")


def _starts(bench: Bench, name: str) -> tuple[Callable[[], float], Callable[[], float]]:
    bundle = bench.bundles / "api"
    return (
        lambda: _start(bench, bundle, "api.handler.handler")[name],
        lambda: _start(bench, USUAL, "handler.handler")[name],
    )


def _start(bench: Bench, bundle: Path, handler: str) -> dict[str, float]:
    environment = {"PATH": os.defpath, **surroundings(bench)}
    started = time.perf_counter()
    with serve(bench.runtime, bundle, handler, environment, folder=bench.folder) as function:
        answer = function.invoke(event())
        milliseconds = (time.perf_counter() - started) * 1000
        assert answer.get("statusCode") == 200, answer  # noqa: S101 - otherwise something else was measured
        return {"milliseconds": milliseconds, "megabytes": _resident(bundle)}


def _resident(folder: Path) -> float:
    """The resident memory, in MB, of the runtime's client whose working directory is the folder."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if b"awslambdaric" in (process / "cmdline").read_bytes() and _works_in(process, folder):
                lines = (process / "status").read_text().splitlines()
                return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1000
        except OSError:
            continue  # it has just ended
    raise RuntimeError(f"no function runs in {folder}")


def _works_in(process: Path, folder: Path) -> bool:
    interpreter = (process / "exe").resolve().name.startswith("python")
    return interpreter and (process / "cwd").resolve() == folder and not _is_leash(process)


def _is_leash(process: Path) -> bool:
    return b"leash.py" in (process / "cmdline").read_bytes()


def warm_answer(bench: Bench) -> Finding:
    """A warm `/movers`, from call to return, without the table's time."""
    with replayed(bench.emulator.url) as table:

        def ours() -> float:
            return float(median(_warm(bench, event(), AWS_ENDPOINT_URL=table)[0]))

        def usual() -> float:
            found = child(
                bench,
                "warm_answers",
                USUAL,
                "handler",
                str(ANSWERS),
                json.dumps(event()),
                AWS_ENDPOINT_URL=table,
            )
            return float(median(found[0]))

        return ratio(in_turn(ours, usual, 3), "ms")


def a_year_against_a_week(bench: Bench) -> Finding:
    """Warm responses with the emulator's table, which is slower than AWS's."""
    return _year_against_week(_warm(bench, event(), event(days="366")))


def a_year_against_a_week_alone(bench: Bench) -> Finding:
    """Warm responses without the table's time: the higher of the two ratios, and closer to that with a fast table."""
    return _year_against_week(_warm_alone(bench, event(), event(days="366")))


def _year_against_week(found: Sequence[Sequence[float]]) -> Finding:
    week, year = found
    whole = ratio(list(zip(year, week, strict=True)), "ms")
    return Finding(whole.value, whole.repetitions, {"median_ms": whole.detail["median_ms"]})


def _warm_alone(bench: Bench, *events: dict[str, Any]) -> Any:
    with replayed(bench.emulator.url) as table:
        return _warm(bench, *events, AWS_ENDPOINT_URL=table)


def _warm(bench: Bench, *events: dict[str, Any], **environment: str) -> Any:
    bundle = bench.bundles / "api"
    return child(
        bench, "warm_answers", bundle, "api.handler", str(ANSWERS), *map(json.dumps, events), **environment
    )
