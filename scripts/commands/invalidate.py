"""`movers invalidate`: paths dropped from the CDN's caches."""

from typing import Annotated

import typer

from api.names import LOCAL_STAGE
from ingest.site import EVERYTHING
from scripts.commands.options import Stage
from scripts.inspection.viewers import drop, wait_until_visible
from scripts.progress import shown_step
from scripts.target import find


def invalidate(
    paths: Annotated[
        list[str] | None,
        typer.Argument(metavar="[PATH]...", help="What to drop; a final * stands for anything."),
    ] = None,
    stage: Stage = LOCAL_STAGE,
) -> None:
    """Drop paths from the CDN's caches (all that is published, if none is given) and wait until that is done.

    [bold]Examples[/]

      movers invalidate
      movers invalidate /movers.json '/tickers/*'
    """
    target = find(stage)
    with shown_step("Invalidation"):
        identity = drop(target, paths or EVERYTHING)
        if not paths:
            wait_until_visible(target)
    typer.echo(identity)
