"""The options that several commands take."""

from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Literal

import typer

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
        help="Calls a minute. Without it: 5 to Massive itself, any number to a stand-in.",
    ),
]
Vendor = Literal["massive"]
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

StageName = Annotated[
    str,
    typer.Option("--stage", help="The stage: any name, such as prod, or local for the running local cloud."),
]
Context = Annotated[
    list[str] | None,
    typer.Option("-c", "--context", metavar="NAME=VALUE", help="A setting other than infra/cdk.json has it."),
]


def day(moment: datetime | None) -> date | None:
    """What Typer reads as midnight of a day."""
    return moment.date() if moment else None
