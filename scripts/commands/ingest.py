"""`movers ingest`: one run of the deployed function."""

import time

import typer
from rich.markup import escape

from api.names import LOCAL_STAGE
from scripts.commands.options import Json, Stage
from scripts.commands.report import show_report
from scripts.progress import out, print_json, shown_step, wants_json
from scripts.target import find

BUSY = 3


def ingest(json: Json = False, stage: Stage = LOCAL_STAGE) -> None:
    """Run the deployed ingest function now: fetch, store, and publish what is due.

    Exits 3 if another run is in progress.

    Examples:
      movers ingest
      movers ingest --stage prod
    """
    started = time.monotonic()
    with shown_step("Ingest", quiet=True):
        done = find(stage).ingest()
    if wants_json(json):
        print_json(done)
    elif "Skipped" not in done:
        show_report([done], time.monotonic() - started)
    else:
        out.print(
            f"[yellow]![/] Another run is in progress; try again later. [dim]{escape(done['Skipped'])}[/]"
        )
    if "Skipped" in done:
        raise typer.Exit(BUSY)
