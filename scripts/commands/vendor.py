"""`movers vendor`: the mock server of one vendor, alone."""

from contextlib import suppress
from datetime import UTC, datetime
from typing import Annotated

import typer

from scripts.cloud.signals import stopped_once
from scripts.commands.options import PORT, AsOf, Plan, Rate, Recorded, Vendor
from scripts.loopback import refuse_taken
from scripts.progress import console
from scripts.vendors.stand_in import stand_in


def vendor(
    name: Annotated[
        Vendor, typer.Argument(metavar="NAME", help="The vendor to mock: massive.", show_default=False)
    ],
    port: Annotated[int, typer.Option(metavar="PORT", parser=PORT, help="Port of the server.")] = 8100,
    recorded: Recorded = None,
    as_of: AsOf = None,
    rate: Rate = None,
    plan: Plan = None,
) -> None:
    """Run only the mock server of a market-data vendor, until Ctrl-C, and print its address.

    It listens on loopback only; any API key is accepted.

    Examples:
      movers vendor massive
      movers vendor massive --port 9000 --rate 5 --plan basic
      movers vendor massive --recorded daily.csv --as-of 2025-06-30
    """
    refuse_taken(port, option="--port")
    chosen = stand_in(name, recorded, as_of, now=datetime.now(UTC))
    with (
        stopped_once(),
        suppress(KeyboardInterrupt),
        chosen.server(port=port, rate=rate, plan=plan) as server,
    ):
        typer.echo(server.url)
        if console.is_terminal:
            console.print("[dim]Ctrl-C stops it.[/]")
        server.wait()
