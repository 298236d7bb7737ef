"""`movers invalidate`: drops cached files from the CDN."""

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
        typer.Argument(metavar="[PATH]...", help="Paths to drop; a final * matches anything."),
    ] = None,
    stage: Stage = LOCAL_STAGE,
) -> None:
    """Invalidate CDN paths (default: everything published) and wait. Prints the invalidation's ID.

    Without a path, it also reads the lists until viewers get the new ones, so these are in the cache again.

    Examples:
      movers invalidate
      movers invalidate /movers.json '/tickers/*'
    """
    target = find(stage)
    with shown_step("Invalidation"):
        identity = drop(target, paths or EVERYTHING)
        if not paths:
            wait_until_visible(target)
    typer.echo(identity)
