"""`movers status`: whether all is well, a line for each thing."""

from datetime import UTC, datetime

import typer

from api.names import LOCAL_STAGE
from scripts.commands.options import Stage
from scripts.inspection.findings import look
from scripts.target import find


def status(stage: Stage = LOCAL_STAGE) -> None:
    """Compare table, twins, page and what viewers get; show freshness and gaps. Exit code 1 if anything is wrong.

    [bold]Examples[/]

      movers status
      movers status --stage prod && echo all is well
    """
    fine = True
    for finding in look(find(stage), datetime.now(UTC)):
        typer.echo(f"{'ok ' if finding.fine else 'BAD'}  {finding.name:<8} {finding.value}")
        fine &= finding.fine
    if not fine:
        raise typer.Exit(1)
