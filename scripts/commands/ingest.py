"""`movers ingest`: one run of the deployed function."""

import json

import typer

from api.names import LOCAL_STAGE
from scripts.commands.options import Stage
from scripts.progress import shown_step
from scripts.target import find

BUSY = 3


def ingest(stage: Stage = LOCAL_STAGE) -> None:
    """Run the deployed ingest function now and print, as JSON, what it did.

    Exit code 3 tells that another run was at work.

    [bold]Examples[/]

      movers ingest
      movers ingest --stage prod
    """
    with shown_step("Ingest"):
        done = find(stage).ingest()
    typer.echo(json.dumps(done, indent=2))
    if "Skipped" in done:
        raise typer.Exit(BUSY)
