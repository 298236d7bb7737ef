"""`movers up`: the local cloud, until Ctrl-C."""

import os
import shlex
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from api.records import Mover
from api.store import Store
from scripts.cloud.options import Options
from scripts.cloud.signals import stopped_once
from scripts.cloud.state import movers_home
from scripts.cloud.up import LocalCloud, local_cloud
from scripts.commands.options import PORT, AsOf, Context, Plan, Rate, Recorded
from scripts.invocation import IngestError
from scripts.progress import console, out, shown_step
from scripts.target import settings
from scripts.words import change, count, span


def up(
    recorded: Recorded = None,
    as_of: AsOf = None,
    port: Annotated[int, typer.Option(metavar="PORT", parser=PORT, help="Port of the page.")] = 8443,
    aws_port: Annotated[
        int, typer.Option(metavar="PORT", parser=PORT, help="Port of the AWS emulator.")
    ] = 4566,
    rate: Rate = None,
    plan: Plan = None,
    context: Context = None,
) -> None:
    """Run everything locally (page, API, emulated AWS, data) until Ctrl-C.

    Prices come from Massive if MASSIVE_API_KEY is set, otherwise from a local market with simulated data. State is kept
    in .local; to run a second local cloud, set MOVERS_HOME to another folder, and other ports. Other commands find it
    by the same MOVERS_HOME.

    Examples:
      movers up
      MASSIVE_API_KEY=… movers up
      movers up --recorded daily.csv --as-of 2025-06-30
      movers up --port 9443 --aws-port 4600 --rate 5 --plan basic
      movers up -c watchlist=SPY,QQQ
      MOVERS_HOME=/tmp/second movers up --port 9444 --aws-port 4577
    """
    options = Options(
        home=movers_home(),
        port=port,
        aws_port=aws_port,
        recorded=recorded,
        as_of=as_of,
        rate=rate,
        plan=plan,
        api_key=os.environ.get("MASSIVE_API_KEY") or None,
        settings=settings(context),
    )
    with stopped_once(), local_cloud(options, shown_step) as cloud:
        with suppress(KeyboardInterrupt):
            _tell(cloud, Store(cloud.client("dynamodb"), cloud.outputs.table_name).movers())
            while True:
                time.sleep(1)
                cloud.check()
        console.print("Stopping")


def _tell(cloud: LocalCloud, movers: Sequence[Mover]) -> None:
    """What a person wants to know first, the addresses and keys that programs read, then the rest."""
    url = f"{cloud.site_url}/"
    console.print(f"\nReady: [bold green link={url}]{url}[/]")
    _tell_data(cloud, movers)
    for line in _addresses(cloud):
        out.print(line, style="dim" if out.is_terminal else None, markup=False)
    console.print(f"[dim]Certificate to trust: {escape(str(_near(cloud.ca)))} (curl --cacert)[/]")
    if home := os.environ.get("MOVERS_HOME"):
        console.print(f"[dim]In other terminals: export MOVERS_HOME={escape(shlex.quote(home))}[/]")
    console.print("[dim]Ctrl-C stops everything.[/]")


def _tell_data(cloud: LocalCloud, movers: Sequence[Mover]) -> None:
    match cloud.first_ingest:
        case IngestError() as failure:
            console.print(f"[red]The first ingest failed:[/] {escape(str(failure))}")
            console.print("The local cloud is running anyway. Retry with `movers ingest`.")
        case {"Skipped": reason}:
            console.print(f"[yellow]Another run kept the first ingest out:[/] {escape(str(reason))}")
    if not movers:
        return
    newest, kind = movers[0], cloud.ingest.source_kind
    data = "" if kind == "live" else f" ({kind} data)"
    console.print(
        f"Top mover of {newest.date:%b} {newest.date.day}: [bold]{newest.ticker}"
        f" {change(newest.percent_change)}[/]{data}"
    )
    days = [mover.date for mover in movers]
    console.print(f"[dim]Stored: {count(len(days), 'session')}, {span(days)}[/]")


def _addresses(cloud: LocalCloud) -> list[str]:
    """The lines that programs read. Their form is a contract."""
    return [
        f"page         {cloud.site_url}/",
        f"movers.json  {cloud.site_url}/movers.json",
        f"movers       {cloud.site_url}/movers",
        f"aws          {cloud.aws_endpoint}",
        f"api          {cloud.api_url}/movers",
        *([f"vendor       {cloud.vendor.url}/-/stats"] if cloud.vendor else []),
        *(f"{name}={value}" for name, value in cloud.credentials.items()),
    ]


def _near(path: Path) -> Path:
    """The path relative to the working folder, if it is below it."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
