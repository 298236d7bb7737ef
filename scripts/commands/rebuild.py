"""`movers rebuild`: sessions judged anew from the raw zone, through the deployed function."""

import json
import time
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Annotated, Any

import typer

from api.names import LOCAL_STAGE
from scripts.commands.options import First, Last, Stage, day
from scripts.inspection.viewers import wait_until_dropped, wait_until_visible
from scripts.invocation import BUSY_SECONDS, IngestError
from scripts.progress import console, shown_step
from scripts.target import Target, find


def rebuild(
    first: First = None,
    last: Last = None,
    watchlist: Annotated[
        str | None,
        typer.Option(metavar="TICKERS", help="Judge all by these, also what was recorded with others."),
    ] = None,
    in_force: Annotated[
        bool,
        typer.Option("--in-force", help="Judge each by the watchlist that the settings have for its day."),
    ] = False,
    apply: Annotated[
        bool, typer.Option("--apply", help="Write what is found, and publish the sessions judged.")
    ] = False,
    stage: Stage = LOCAL_STAGE,
) -> None:
    """Judge the sessions anew from the archived answers, without an upstream call; print, as JSON, what that changes.

    Each is judged by the watchlist it was recorded with, one that is not stored yet by the one in force on its day.
    Nothing is written without --apply. Without --from and --to, every session is judged that is stored or archived.
    Exit code 1 tells that some could not be judged; they stay as they are.

    [bold]Examples[/]

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
    event = asked(day(first), day(last), tickers, in_force=in_force, apply=apply)
    unjudged = 0
    with shown_step("Rebuild" if apply else "Rebuild, changing nothing"):
        for found in runs(target, event):
            typer.echo(json.dumps(found, indent=2))
            show(target, found)
            unjudged += len(found["Unjudged"])
    _tell_rebuilt(target.watchlist, tickers, apply=apply)
    if unjudged:
        console.print(f"{unjudged} sessions could not be judged and are as they were; Unjudged says why.")
        raise typer.Exit(1)


def asked(
    first: date | None, last: date | None, watchlist: list[str] | None, *, in_force: bool = False, apply: bool
) -> dict[str, Any]:
    """What the function is asked, without what is left to its own choice."""
    event = {
        "from": first and str(first),
        "to": last and str(last),
        "watchlist": watchlist,
        "in_force": in_force or None,
        "apply": apply,
    }
    return {name: value for name, value in event.items() if value is not None}


def runs(target: Target, event: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Run the function over the raw zone, again while something is left; yields what each run found.

    Raises `IngestError` when a run gets nowhere.
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
            raise IngestError(f"a whole run was too short to judge {event['from']}; give fewer days")
        event = event | {"from": found["Left"][0]}


def show(target: Target, found: dict[str, Any]) -> None:
    """Wait until viewers get what a run has published."""
    if identity := found["Invalidation"]:
        wait_until_dropped(target.site(), identity)
        wait_until_visible(target)


def _tell_rebuilt(deployed: Sequence[str], asked: Sequence[str] | None, *, apply: bool) -> None:
    """What a rebuild means for now and for the sessions to come."""
    if not apply:
        console.print("Nothing was changed. The same command with --apply does what is printed.")
    if apply and asked and list(asked) != list(deployed):
        console.print(
            "The sessions to come are judged by the deployed watchlist; to judge these by it as well:"
            f" --watchlist {','.join(deployed)}"
        )
