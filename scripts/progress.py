"""What a person sees while a command works: each step with its time, on standard error."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

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

console = Console(stderr=True, highlight=False, soft_wrap=True)


@contextmanager
def shown_step(text: str) -> Iterator[Callable[[str], None]]:
    """Show that a step is under way, how far it says it is, and afterwards how long it took or that it failed."""
    started = time.monotonic()
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    try:
        with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
            task = progress.add_task(text)
            yield lambda words: progress.update(task, description=f"{text} [dim]{escape(words)}[/]")
    except BaseException:
        console.print(f"[red]✗[/] {text}")
        raise
    console.print(f"[green]✓[/] {text} [dim]{time.monotonic() - started:.1f} s[/]")


@contextmanager
def shown_progress(text: str) -> Iterator[Callable[[str, int, int], None]]:
    """Show how far a long work is: yields what to tell the words, the number done and the number in all.

    Without a terminal, each change of the words or the number is a line.
    """
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("sessions stored, {task.fields[words]}"),
        TimeElapsedColumn(),
    )
    told = ("", -1)
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task(text, total=None, words="starting")

        def tell(words: str, done: int, total: int) -> None:
            nonlocal told
            progress.update(task, completed=done, total=total, words=words)
            if not console.is_terminal and told != (words, done):
                told = (words, done)
                console.print(f"{text}: {done}/{total} sessions stored, {words}")

        yield tell
