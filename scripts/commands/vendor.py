"""`movers vendor`: the stand-in of one vendor, alone."""

from contextlib import suppress
from datetime import UTC, datetime
from typing import Annotated

import typer

from scripts.cloud.signals import stopped_once
from scripts.commands.options import AsOf, Plan, Rate, Recorded, Vendor, day
from scripts.loopback import refuse_taken
from scripts.vendors.stand_in import stand_in


def vendor(
    name: Annotated[
        Vendor, typer.Argument(metavar="NAME", help="Whose wire format is spoken.", show_default=False)
    ],
    port: Annotated[int, typer.Option(min=1, max=65535, help="Where it listens.")] = 8100,
    recorded: Recorded = None,
    as_of: AsOf = None,
    rate: Rate = None,
    plan: Plan = None,
) -> None:
    """Run the stand-in of a vendor alone, until Ctrl-C: a server that speaks the vendor's wire format.

    It listens on loopback only and any API key opens it. Its address is printed when it is up.

    [bold]Examples[/]

      movers vendor massive
      movers vendor massive --port 9000 --rate 5 --plan basic
      movers vendor massive --recorded daily.csv --as-of 2025-06-30
    """
    refuse_taken(port, option="--port")
    chosen = stand_in(name, recorded, day(as_of), now=datetime.now(UTC))
    with (
        stopped_once(),
        suppress(KeyboardInterrupt),
        chosen.server(port=port, rate=rate, plan=plan) as server,
    ):
        typer.echo(server.url)
        server.wait()
