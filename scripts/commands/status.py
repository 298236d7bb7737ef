"""`movers status`: a verdict, then a line for each check."""

import textwrap
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.markup import escape

from api.names import LOCAL_STAGE
from scripts.commands.options import Stage
from scripts.inspection.findings import Finding, look
from scripts.progress import console, out, print_json
from scripts.target import find
from scripts.words import count


def status(
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    stage: Stage = LOCAL_STAGE,
) -> None:
    """Check that database, published files, and CDN agree; show freshness and gaps. Exits 1 on any problem.

    Examples:
      movers status
      movers status --stage prod && echo all is well
      movers status --json | jq .Verdict
    """
    with console.status("Checking"):
        found = list(look(find(stage), datetime.now(UTC)))
    fine = all(each.fine for each in found)
    if json:
        freshness = next((each.data for each in found if each.name == "Freshness"), {})
        checks = [{"Name": each.name, "Ok": each.fine, "Detail": each.value} for each in found]
        print_json({"Ok": fine, "Verdict": verdict(found), "Freshness": freshness, "Checks": checks})
    else:
        color = "green" if fine else "red"
        out.print(f"[bold {color}]{escape(verdict(found))}[/]")
        for each in sorted(found, key=lambda each: each.fine):
            if not each.fine or each.name != "Freshness":  # the verdict has it
                mark = "[green]✓[/]" if each.fine else "[red]✗[/]"
                out.print(f"{mark} {escape(_line(each))}")
    if not fine:
        raise typer.Exit(1)


def verdict(found: Sequence[Finding]) -> str:
    """All in one line."""
    if wrong := [each.name for each in found if not each.fine]:
        return f"{count(len(wrong), 'problem')}: {', '.join(wrong)}"
    return "All good: " + next(each.value for each in found if each.name == "Freshness")


def _line(finding: Finding) -> str:
    """Name and value; in a terminal, further lines begin below the value."""
    line = f"{finding.name:<15}  {finding.value}"
    indent = " " * 19
    return textwrap.fill(line, out.width - 2, subsequent_indent=indent) if out.is_terminal else line
