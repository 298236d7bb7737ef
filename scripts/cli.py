"""The `movers` command. Results go to standard output, progress and errors to standard error."""

import inspect
import subprocess
import sys
from importlib.metadata import version
from typing import Annotated, Any

import typer
from rich.markup import escape
from typer.core import TyperCommand, TyperGroup

from ingest.daily.plan import RequestError
from scripts.bundle.build import CompiledLibraryError, LibrariesError
from scripts.commands.backfill import backfill
from scripts.commands.deploy import deploy
from scripts.commands.destroy import destroy
from scripts.commands.diff import diff
from scripts.commands.ingest import ingest
from scripts.commands.invalidate import invalidate
from scripts.commands.rebuild import rebuild
from scripts.commands.status import status
from scripts.commands.up import up
from scripts.commands.vendor import vendor
from scripts.deployment.account import AWS_ERRORS
from scripts.deployment.synth import SynthesisError
from scripts.errors import CommandError
from scripts.progress import console

# Each with its line in the list of commands.
GROUPS: dict[str, dict[Any, str]] = {
    "Try it": {
        up: "Run everything on this machine",
        vendor: "Run only the mock market-data server",
    },
    "Data": {
        status: "Check that everything is fresh and consistent",
        ingest: "Fetch what is due now",
        backfill: "Load a longer window of sessions",
        rebuild: "Recompute winners from archived responses",
        invalidate: "Drop cached files from the CDN",
    },
    "AWS": {
        deploy: "Deploy or update a stage",
        diff: "Show what deploy would change",
        destroy: "Delete a stage",
    },
}
FIXABLE = (
    CommandError,
    SynthesisError,
    CompiledLibraryError,
    LibrariesError,
    RequestError,
    *AWS_ERRORS,
    subprocess.CalledProcessError,
    OSError,  # such as a full disk, or another user's file
)


class _WithoutBool:
    """Leaves `<bool>` out of the help of flags."""

    def get_params(self, ctx: Any) -> list[Any]:
        params: list[Any] = super().get_params(ctx)  # type: ignore[misc]
        for param in params:
            if getattr(param, "is_flag", False):
                param.metavar = ""
        return params


class _Command(_WithoutBool, TyperCommand):
    pass


class _Group(_WithoutBool, TyperGroup):
    pass


def _help(command: Any) -> str:
    """The docstring for any width: a paragraph is one line, and examples keep theirs."""
    text, _, examples = inspect.cleandoc(command.__doc__).partition("Examples:\n")
    paragraphs = [" ".join(paragraph.split()) for paragraph in text.strip().split("\n\n")]
    gap = "\n\n" if len(paragraphs) > 1 else "\n\n\n"  # a third newline keeps the examples' indent
    return "\n\n".join(paragraphs) + f"{gap}[bold]Examples[/]\n{examples}"


app = typer.Typer(
    cls=_Group,
    no_args_is_help=True,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)
for group, commands in GROUPS.items():
    for command, line in commands.items():
        app.command(cls=_Command, rich_help_panel=group, help=_help(command), short_help=line)(command)


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(f"movers {version('daily-mover')}")
        raise typer.Exit


@app.callback()
def movers(
    _version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_print_version, help="Show the version.")
    ] = False,
) -> None:
    """The top mover of a stock watchlist, every trading day."""


def main() -> None:
    """Run the command. Exits 1 for an error the user can fix, 2 for a wrong option."""
    try:
        app()
    except FIXABLE as error:
        console.print(f"[red]Error:[/] {escape(str(error))}")
        sys.exit(1)


if __name__ == "__main__":
    main()
