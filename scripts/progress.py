"""Terminal output: results go to standard output, progress and errors to standard error."""

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)


def _console(*, stderr: bool) -> Console:
    """A console that wraps at words in a terminal and nowhere else."""
    console = Console(stderr=stderr, highlight=False)
    console.soft_wrap = not console.is_terminal
    return console


console, out = _console(stderr=True), _console(stderr=False)


def wants_json(asked: bool) -> bool:
    """Whether to print JSON: for `--json`, or because a program reads the output."""
    return asked or not sys.stdout.isatty()


def print_json(value: Any) -> None:
    """Print a result as a program reads it."""
    typer.echo(json.dumps(value, indent=2, default=str))


@contextmanager
def shown_step(text: str, *, quiet: bool = False) -> Iterator[Callable[[str], None]]:
    """Show a running step and its state, then its time or failure. Success isn't shown if `quiet`."""
    started = time.monotonic()
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    try:
        with _shown(*columns) as progress:
            task = progress.add_task(text)
            yield lambda words: progress.update(task, description=f"{text} [dim]{escape(words)}[/]")
    except BaseException:
        console.print(f"[red]✗[/] {text}")
        raise
    if not quiet:
        console.print(f"[green]✓[/] {text} [dim]{time.monotonic() - started:.1f} s[/]")


@contextmanager
def shown_progress(text: str) -> Iterator[Callable[[str, int, int], None]]:
    """Show how far a long run is: yields a function that takes words, the number done, and the total.

    Without a terminal, each change is a line.
    """
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=20),
        MofNCompleteColumn(),
        TextColumn("[dim]{task.fields[words]}[/]"),
        TimeElapsedColumn(),
    )
    last = ("", -1)
    with _shown(*columns) as progress:
        task = progress.add_task(text, total=None, words="starting")

        def tell(words: str, done: int, total: int) -> None:
            nonlocal last
            progress.update(task, completed=done, total=total, words=words)
            if not console.is_terminal and last != (words, done):
                last = (words, done)
                console.print(f"{text}: {done}/{total} sessions stored, {words}")

        yield tell


def _shown(*columns: Any) -> Progress:
    """A display on standard error alone: rich would take over standard output too."""
    return Progress(
        *columns,
        console=console,
        transient=True,
        redirect_stdout=False,
        disable=not console.is_terminal,
    )
