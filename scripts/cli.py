"""The `movers` command. Data goes to standard output, progress and errors to standard error."""

import subprocess
import sys

import typer
from rich.markup import escape

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

COMMANDS = (up, vendor, ingest, backfill, rebuild, invalidate, status, deploy, diff, destroy)
MENDABLE = (
    CommandError,
    SynthesisError,
    CompiledLibraryError,
    LibrariesError,
    RequestError,
    *AWS_ERRORS,
    subprocess.CalledProcessError,
    OSError,  # such as a full disk, or a file of another user
)

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in COMMANDS:
    app.command()(command)


@app.callback()
def movers() -> None:
    """The top mover of a watchlist, every trading day."""


def main() -> None:
    """Run the command; 1 is its exit code for an error that its user can mend, 2 for a wrong option."""
    try:
        app()
    except MENDABLE as error:
        console.print(f"[red]Error:[/] {escape(str(error))}")
        sys.exit(1)


if __name__ == "__main__":
    main()
