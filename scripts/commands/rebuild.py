"""`movers rebuild`: winners recomputed from the raw zone, through the deployed function."""

import time
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Annotated, Any

import typer
from rich.table import Table

from api.names import LOCAL_STAGE
from scripts.commands.options import First, Json, Last, Stage
from scripts.commands.report import show_not_done
from scripts.inspection.viewers import wait_until_dropped, wait_until_visible
from scripts.invocation import BUSY_SECONDS, IngestError
from scripts.progress import console, out, print_json, shown_step, wants_json
from scripts.target import Target, find
from scripts.words import change, count

ROWS = 30  # the rest is in the JSON


def rebuild(
    first: First = None,
    last: Last = None,
    watchlist: Annotated[
        str | None,
        typer.Option(metavar="TICKERS", help="Use this watchlist for every session."),
    ] = None,
    in_force: Annotated[
        bool,
        typer.Option("--in-force", help="Use the watchlist that the settings have for each day."),
    ] = False,
    apply: Annotated[bool, typer.Option("--apply", help="Save and publish the changes.")] = False,
    json: Json = False,
    stage: Stage = LOCAL_STAGE,
) -> None:
    """Recompute winners from archived responses (no API calls) and show what would change.

    Without --apply, nothing is changed. Each session keeps the watchlist it was recorded with; a missing one gets the
    list in force on its day. Without --from and --to, every stored or archived session is recomputed. Exits 1 if some
    sessions couldn't be recomputed; they are left as they are.

    Examples:
      movers rebuild
      movers rebuild --from 2026-01-02 --to 2026-02-10 --apply
      movers rebuild --watchlist AAPL,MSFT,BRK.B
      movers rebuild --in-force
    """
    if watchlist is not None and in_force:
        raise typer.BadParameter("Give either --watchlist or --in-force.")
    if bool(first) != bool(last):
        raise typer.BadParameter("Give both --from and --to, or neither.")
    target = find(stage)
    tickers = [ticker.strip() for ticker in watchlist.split(",")] if watchlist is not None else None
    event = asked(first, last, tickers, in_force=in_force, apply=apply)
    found = []
    with shown_step("Rebuild", quiet=True):
        for each in runs(target, event):
            found.append(each)
            show(target, each)
    show_changes(found, json=json, apply=apply)
    _tell_rebuilt(target.watchlist, tickers, apply=apply)
    if unjudged := sum(len(each["Unjudged"]) for each in found):
        left = "were left" if apply else "would stay"
        console.print(f"[red]{count(unjudged, 'session')} can't be recomputed and {left} as they are.[/]")
        raise typer.Exit(1)


def show_changes(found: Sequence[dict[str, Any]], *, json: bool, apply: bool) -> None:
    """Print each run's report as JSON; in a terminal a verdict and a short table."""
    if wants_json(json):
        for each in found:
            print_json(each)
        return
    changes = [row for each in found for row in _rows(each)]
    unchanged = sum(each["Unchanged"] for each in found)
    winners = sum(before.split()[0] != after.split()[0] for _, before, after, _ in changes)
    mark = "[red]✗[/]" if any(each["Unjudged"] for each in found) else "[green]✓[/]"
    out.print(
        f"{mark} {count(len(changes), 'session')} {'changed' if apply else 'would change'},"
        f" {winners} with a new winner; {unchanged} unchanged"
    )
    table = Table("Session", "Before", "After", "Difference", box=None, header_style="dim", pad_edge=False)
    for row in changes[:ROWS]:
        table.add_row(*row)
    if changes:
        out.print(table)
    if len(changes) > ROWS:
        out.print(f"[dim]and {len(changes) - ROWS} more; --json lists all[/]")
    show_not_done([{"Unjudged": each["Unjudged"]} for each in found])


def _rows(found: dict[str, Any]) -> Iterator[tuple[str, str, str, str]]:
    for day, each in found["Changed"].items():
        yield day, _winner(each["Old"]), _winner(each["New"]), each["Difference"]
    for day, each in found["Added"].items():
        yield day, "–", _winner(each), "new"


def _winner(outcome: dict[str, Any]) -> str:
    return f"{outcome['Ticker']} {change(outcome['PercentChange'])}"


def asked(
    first: date | None, last: date | None, watchlist: list[str] | None, *, in_force: bool = False, apply: bool
) -> dict[str, Any]:
    """The function's event, without what is left to its defaults."""
    event = {
        "from": first and str(first),
        "to": last and str(last),
        "watchlist": watchlist,
        "in_force": in_force or None,
        "apply": apply,
    }
    return {name: value for name, value in event.items() if value is not None}


def runs(target: Target, event: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Run the function over the raw zone, again while something is left; yields each run's report.

    Raises `IngestError` when a run makes no progress.
    """
    while True:
        found = target.ingest({"rebuild": event})
        if "Skipped" in found:
            time.sleep(BUSY_SECONDS)
            continue
        yield found
        if not found["Left"]:
            return
        if found["Left"][0] == event.get("from"):
            raise IngestError(f"one run wasn't long enough for {event['from']}; try fewer days")
        event = event | {"from": found["Left"][0]}


def show(target: Target, found: dict[str, Any]) -> None:
    """Wait until viewers get what a run published."""
    if identity := found["Invalidation"]:
        wait_until_dropped(target.site(), identity)
        wait_until_visible(target)


def _tell_rebuilt(deployed: Sequence[str], asked: Sequence[str] | None, *, apply: bool) -> None:
    """What the rebuild did, and which watchlist future sessions use."""
    if not apply:
        console.print("Dry run: nothing changed. Add --apply to make these changes.")
    if apply and asked and list(asked) != list(deployed):
        console.print(
            "Future sessions use the deployed watchlist; to use it for these as well:"
            f" --watchlist {','.join(deployed)}"
        )
