"""The `movers` command. Data goes to standard output, progress and errors to standard error."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.markup import escape

from ingest.daily.plan import RequestError
from ingest.daily.twins import INVALIDATED
from ingest.settings import LOCAL_STAGE
from scripts import inspection, operations, stages
from scripts import rebuild as rebuilding
from scripts.bundle import CompiledLibraryError, LibrariesError
from scripts.cloud.emulator import refuse_taken
from scripts.cloud.options import Options
from scripts.cloud.signals import stopped_once
from scripts.cloud.source import local_source
from scripts.cloud.state import movers_home
from scripts.cloud.up import LocalCloud, local_cloud
from scripts.deployment.account import AWS_ERRORS
from scripts.errors import CloudError
from scripts.invocation import IngestError
from scripts.progress import console, shown_progress, shown_step
from scripts.synth import SynthesisError
from scripts.target import find

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)

Recorded = Annotated[
    Path | None,
    typer.Option(
        metavar="CSV",
        exists=True,
        dir_okay=False,
        help="Serve the bars of this file: date,ticker,open,high,low,close,volume, plain or gzipped.",
    ),
]
AsOf = Annotated[
    datetime | None,
    typer.Option(
        metavar="DATE",
        formats=["%Y-%m-%d"],
        help="Set the clock to noon of this day in New York. With --recorded: the day after its last session.",
    ),
]
Rate = Annotated[
    int | None,
    typer.Option(
        min=1,
        metavar="N",
        help="Calls a minute. Without it: 5 to Massive itself, any number to a local market.",
    ),
]
Plan = Annotated[
    Literal["basic"] | None,
    typer.Option(help="Refuse what this Massive plan does not serve, as Massive does."),
]


First = Annotated[
    datetime | None, typer.Option("--from", metavar="DATE", formats=["%Y-%m-%d"], help="The first day.")
]
Last = Annotated[
    datetime | None, typer.Option("--to", metavar="DATE", formats=["%Y-%m-%d"], help="The last day.")
]
Stage = Annotated[str, typer.Option(help="The stage to work on: local, or one deployed at AWS.")]
BUSY = 3
MENDABLE = (
    CloudError,
    SynthesisError,
    CompiledLibraryError,
    LibrariesError,
    RequestError,
    *AWS_ERRORS,
    subprocess.CalledProcessError,
    OSError,  # such as a full disk, or a file of another user
)


@app.callback()
def movers() -> None:
    """The top mover of a watchlist, every trading day."""


@app.command()
def up(
    recorded: Recorded = None,
    as_of: AsOf = None,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Where the page is served.")] = 8443,
    aws_port: Annotated[int, typer.Option(min=1, max=65535, help="Where AWS is served.")] = 4566,
    rate: Rate = None,
    plan: Plan = None,
    context: stages.Context = None,
) -> None:
    """Run the whole system on this machine until Ctrl-C: the deployed templates on a local AWS, data included.

    The bars come from Massive if MASSIVE_API_KEY is set, else from a simulated market.
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
        as_of=_day(as_of),
        rate=rate,
        plan=plan,
        api_key=os.environ.get("MASSIVE_API_KEY") or None,
        settings=stages.settings(context or []),
    )
    with stopped_once(), local_cloud(options, shown_step) as cloud:
        with suppress(KeyboardInterrupt):
            _tell(cloud)
            while True:
                time.sleep(1)
                cloud.check()
        console.print("Stopping")


@app.command()
def market(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Where it listens.")] = 8100,
    recorded: Recorded = None,
    as_of: AsOf = None,
    rate: Rate = None,
    plan: Plan = None,
) -> None:
    """Run the server that speaks Massive's wire format alone, until Ctrl-C.

    It listens on loopback only and any API key opens it. Its address is printed when it is up.

    [bold]Examples[/]

      movers market
      movers market --port 9000 --rate 5 --plan basic
      movers market --recorded daily.csv --as-of 2025-06-30
    """
    refuse_taken(port, option="--port")
    source = local_source(recorded, _day(as_of), now=datetime.now(UTC))
    with (
        stopped_once(),
        suppress(KeyboardInterrupt),
        source.server(port=port, rate=rate, plan=plan) as server,
    ):
        typer.echo(server.url)
        server.wait()


@app.command()
def ingest(stage: Stage = LOCAL_STAGE) -> None:
    """Run the deployed ingest function now and print, as JSON, what it did.

    Exit code 3 tells that another run was at work.

    [bold]Examples[/]

      movers ingest
      movers ingest --stage prod
    """
    with shown_step("Ingest"):
        done = operations.ingest(find(stage))
    typer.echo(json.dumps(done, indent=2))
    if "Skipped" in done:
        raise typer.Exit(BUSY)


@app.command()
def backfill(
    days: Annotated[
        int | None, typer.Option(min=1, max=5000, metavar="N", help="The latest N sessions.")
    ] = None,
    first: First = None,
    last: Last = None,
    again: Annotated[
        bool,
        typer.Option("--again", help="Read stored sessions again too; what has changed gets a new revision."),
    ] = False,
    no_invalidate: Annotated[
        bool, typer.Option("--no-invalidate", help="Leave the CDN's caches as they are.")
    ] = False,
    stage: Stage = LOCAL_STAGE,
) -> None:
    """Store the sessions of a longer window, through the deployed function, and show them to viewers.

    Sessions that are stored already cost nothing, so an interrupted backfill can simply be given again. With --again
    they are read again, each by the watchlist it was recorded with: this is how a session is corrected that the vendor
    has corrected later than on its first day.

    [bold]Examples[/]

      movers backfill --days 250
      movers backfill --from 2025-06-05 --to 2026-05-29
      movers backfill --from 2026-02-10 --to 2026-02-10 --no-invalidate
      movers backfill --again --from 2026-02-10 --to 2026-02-10
    """
    if bool(days) == bool(first or last) or bool(first) != bool(last):
        raise typer.BadParameter("Give either --days, or both --from and --to.")
    target = find(stage)
    sessions = operations.days_to_fill(target, days, _day(first), _day(last))
    failure = None
    with shown_progress(f"{sessions[0]} to {sessions[-1]}") as tell:
        try:
            for done in operations.backfill(target, sessions, tell, again=again):
                typer.echo(json.dumps(done, indent=2))
        except IngestError as error:
            failure = error  # what was stored all the same is for viewers to see
    if no_invalidate:
        console.print("Viewers see it when the caches expire, or after `movers invalidate`.")
    else:
        with shown_step("Invalidation"):
            operations.invalidate(target)
            operations.wait_until_visible(target)
    if failure:
        raise failure


@app.command()
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
    event = rebuilding.asked(_day(first), _day(last), tickers, in_force=in_force, apply=apply)
    unjudged = 0
    with shown_step("Rebuild" if apply else "Rebuild, changing nothing"):
        for found in rebuilding.rebuild(target, event):
            typer.echo(json.dumps(found, indent=2))
            rebuilding.show(target, found)
            unjudged += len(found["Unjudged"])
    _tell_rebuilt(target.watchlist, tickers, apply=apply)
    if unjudged:
        console.print(f"{unjudged} sessions could not be judged and are as they were; Unjudged says why.")
        raise typer.Exit(1)


@app.command()
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
        identity = operations.invalidate(target, paths or INVALIDATED)
        if not paths:
            operations.wait_until_visible(target)
    typer.echo(identity)


@app.command()
def status(stage: Stage = LOCAL_STAGE) -> None:
    """Compare table, twins, page and what viewers get; show freshness and gaps. Exit code 1 if anything is wrong.

    [bold]Examples[/]

      movers status
      movers status --stage prod && echo all is well
    """
    fine = True
    for finding in inspection.look(find(stage), datetime.now(UTC)):
        typer.echo(f"{'ok ' if finding.fine else 'BAD'}  {finding.name:<8} {finding.value}")
        fine &= finding.fine
    if not fine:
        raise typer.Exit(1)


for command in (stages.deploy, stages.diff, stages.destroy):
    app.command()(command)


def main() -> None:
    """Run the command; 1 is its exit code for an error that its user can mend, 2 for a wrong option."""
    try:
        app()
    except MENDABLE as error:
        console.print(f"[red]Error:[/] {escape(str(error))}")
        sys.exit(1)


def _tell(cloud: LocalCloud) -> None:
    """What a person should know, then the URLs for whoever reads standard output."""
    match cloud.first_ingest:
        case IngestError() as failure:
            console.print(f"[red]The first ingest failed:[/] {escape(str(failure))}")
            console.print("The cloud is up all the same; `movers ingest` tries again.")
        case {"Stored": stored}:
            console.print(f"Stored: {', '.join(stored)}, {cloud.told.source_kind}.")
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
    if cloud.market:
        typer.echo(f"market       {cloud.market.url}/-/stats")
    for name, value in cloud.credentials.items():
        typer.echo(f"{name}={value}")


def _tell_rebuilt(deployed: Sequence[str], asked: Sequence[str] | None, *, apply: bool) -> None:
    """What a rebuild means for now and for the sessions to come."""
    if not apply:
        console.print("Nothing was changed. The same command with --apply does what is printed.")
    if apply and asked and list(asked) != list(deployed):
        console.print(
            "The sessions to come are judged by the deployed watchlist; to judge these by it as well:"
            f" --watchlist {','.join(deployed)}"
        )


def _near(path: Path) -> Path:
    """The path as seen from the working folder, where it lies below it."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def _day(moment: datetime | None) -> date | None:
    return moment.date() if moment else None


if __name__ == "__main__":
    main()
