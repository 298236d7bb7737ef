"""`movers up`: the local cloud, until Ctrl-C."""

import os
import time
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from scripts.cloud.options import Options
from scripts.cloud.signals import stopped_once
from scripts.cloud.state import movers_home
from scripts.cloud.up import LocalCloud, local_cloud
from scripts.commands.options import AsOf, Context, Plan, Rate, Recorded, day
from scripts.invocation import IngestError
from scripts.progress import console, shown_step
from scripts.target import settings


def up(
    recorded: Recorded = None,
    as_of: AsOf = None,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Where the page is served.")] = 8443,
    aws_port: Annotated[int, typer.Option(min=1, max=65535, help="Where AWS is served.")] = 4566,
    rate: Rate = None,
    plan: Plan = None,
    context: Context = None,
) -> None:
    """Run the whole system on this machine until Ctrl-C: the deployed templates on a local AWS, data included.

    The bars come from Massive if MASSIVE_API_KEY is set, else from a stand-in with simulated ones.
    The URLs are printed when everything is up.

    [bold]Examples[/]

      movers up
      MASSIVE_API_KEY=… movers up
      movers up --recorded daily.csv --as-of 2025-06-30
      movers up --port 9443 --aws-port 4600 --rate 5 --plan basic
      movers up -c watchlist=SPY,QQQ
      movers up -c 'watchlist={"2020-01-01": ["AAPL", "FB"], "2022-06-09": ["AAPL", "META"]}'
    """
    options = Options(
        home=movers_home(),
        port=port,
        aws_port=aws_port,
        recorded=recorded,
        as_of=day(as_of),
        rate=rate,
        plan=plan,
        api_key=os.environ.get("MASSIVE_API_KEY") or None,
        settings=settings(context),
    )
    with stopped_once(), local_cloud(options, shown_step) as cloud:
        with suppress(KeyboardInterrupt):
            _tell(cloud)
            while True:
                time.sleep(1)
                cloud.check()
        console.print("Stopping")


def _tell(cloud: LocalCloud) -> None:
    """What a person should know, then the URLs for whoever reads standard output."""
    match cloud.first_ingest:
        case IngestError() as failure:
            console.print(f"[red]The first ingest failed:[/] {escape(str(failure))}")
            console.print("The cloud is up all the same; `movers ingest` tries again.")
        case {"Stored": stored}:
            console.print(f"Stored: {', '.join(stored)}, {cloud.ingest.source_kind}.")
        case other:
            console.print(f"The first ingest says: {other}")
    console.print(
        f"The certificate to trust is {_near(cloud.ca)}, as in curl --cacert. Ctrl-C stops everything."
    )
    typer.echo(f"page         {cloud.site_url}/")
    typer.echo(f"movers.json  {cloud.site_url}/movers.json")
    typer.echo(f"movers       {cloud.site_url}/movers")
    typer.echo(f"aws          {cloud.aws_endpoint}")
    typer.echo(f"api          {cloud.api_url}/movers")
    if cloud.vendor:
        typer.echo(f"vendor       {cloud.vendor.url}/-/stats")
    for name, value in cloud.credentials.items():
        typer.echo(f"{name}={value}")


def _near(path: Path) -> Path:
    """The path as seen from the working folder, where it lies below it."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
