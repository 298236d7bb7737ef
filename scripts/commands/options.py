"""Options shared by several commands."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

import typer

from api.records import strict_date


def _day(text: str) -> date:
    if day := strict_date(text):
        return day
    raise typer.BadParameter(f"{text!r} isn't a date; use YYYY-MM-DD")


def whole(most: int | None = None) -> Callable[[str], int]:
    """Reads a whole number from 1 to `most`."""

    def read(text: str) -> int:
        number = int(text) if str(text).isdecimal() else 0
        if 1 <= number <= (most or number):
            return number
        raise typer.BadParameter(f"must be 1 {f'to {most}' if most else 'or more'}")

    return read


PORT = whole(65535)

Recorded = Annotated[
    Path | None,
    typer.Option(
        metavar="CSV",
        exists=True,
        dir_okay=False,
        help="Replay the bars in this CSV (date, ticker, open, high, low, close, volume), plain or gzipped.",
    ),
]
AsOf = Annotated[
    date | None,
    typer.Option(
        metavar="DATE",
        parser=_day,
        help="Set the clock to noon, New York time, on this day. Default with --recorded: the day after its last"
        " session.",
    ),
]
Rate = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        parser=whole(),
        help="API calls per minute. Default: 5 to Massive, unlimited to the local market.",
    ),
]
Vendor = Literal["massive"]
Plan = Annotated[
    Literal["basic"] | None,
    typer.Option(metavar="PLAN", help="Enforce the limits of this Massive plan: basic."),
]
First = Annotated[
    date | None, typer.Option("--from", metavar="DATE", parser=_day, help="First day, YYYY-MM-DD.")
]
Last = Annotated[date | None, typer.Option("--to", metavar="DATE", parser=_day, help="Last day, YYYY-MM-DD.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, the default when piped.")]
Stage = Annotated[
    str,
    typer.Option(
        metavar="STAGE", help="A stage on AWS, or local: the running `movers up` (found by MOVERS_HOME)."
    ),
]
StageName = Annotated[
    str,
    typer.Option(
        "--stage", metavar="STAGE", help="Any name, such as prod, or local for the running local cloud."
    ),
]
Context = Annotated[
    list[str] | None,
    typer.Option("-c", "--context", metavar="NAME=VALUE", help="Override a setting of infra/cdk.json."),
]
