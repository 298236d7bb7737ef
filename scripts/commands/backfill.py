"""`movers backfill`: a longer window, run after run, until it is stored and seen."""

import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, wait
from datetime import date
from typing import Annotated, Any

import typer

from api.names import LOCAL_STAGE
from ingest.calendar import load_calendar
from ingest.daily import plan
from scripts.commands.options import First, Last, Stage, day
from scripts.inspection.viewers import drop, wait_until_visible
from scripts.invocation import BUSY_SECONDS, IngestError
from scripts.progress import console, shown_progress, shown_step
from scripts.target import Target, find

POLL_SECONDS = 1.0

Tell = Callable[[str, int, int], None]
"""Hears how far a run is: words, sessions done, sessions asked for."""


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
    sessions = days_to_fill(target, days, day(first), day(last))
    failure = None
    with shown_progress(f"{sessions[0]} to {sessions[-1]}") as tell:
        try:
            for done in runs(target, sessions, tell, again=again):
                typer.echo(json.dumps(done, indent=2))
        except IngestError as error:
            failure = error  # what was stored all the same is for viewers to see
    if no_invalidate:
        console.print("Viewers see it when the caches expire, or after `movers invalidate`.")
    else:
        with shown_step("Invalidation"):
            drop(target)
            wait_until_visible(target)
    if failure:
        raise failure


def days_to_fill(target: Target, count: int | None, first: date | None, last: date | None) -> list[date]:
    """The sessions of a backfill: the latest `count`, or those from `first` to `last`.

    Raises `plan.RequestError` for days that are not ready or that the plan does not serve.
    """
    settings = target.settings
    calendar = load_calendar(settings.market)
    within = plan.horizon(calendar, settings.ready, settings.history_days, settings.now())
    if count:
        first, last = calendar.latest(count, within.newest)[0], within.newest
    if not first or not last:
        raise plan.RequestError("a backfill needs a number of days, or both a first and a last day")
    return plan.requested(calendar, within, first, last)


def runs(
    target: Target, days: Sequence[date], tell: Tell, *, again: bool = False
) -> Iterator[dict[str, Any]]:
    """Run the ingest function over the days, once more over what was left; yields what each run did.

    `again` reads stored sessions again.

    Raises `IngestError` when a session fails, or when a run leaves something without having got anywhere.
    """
    event = {"from": str(days[0]), "to": str(days[-1]), "again": again, "invalidate": False}
    while True:
        done = _watched_run(target, event, days, tell)
        if reason := done.get("Skipped"):
            tell(f"waiting, {reason}", _stored(target, days), len(days))
            time.sleep(BUSY_SECONDS)
            continue
        yield done
        if not done["Left"]:
            return
        if not (done["Stored"] or done["Corrected"] or done["Checked"]):
            raise IngestError(f"nothing more can be had now: {next(iter(done['Left'].values()))}")
        event |= {"from": min(done["Left"]), "to": max(done["Left"])}


def _watched_run(target: Target, event: dict[str, Any], days: Sequence[date], tell: Tell) -> dict[str, Any]:
    """One run, with its progress told while it lasts. Whoever interrupts it does not wait for its end."""
    run = Future[dict[str, Any]]()
    threading.Thread(target=_fulfil, args=(run, target, event), daemon=True).start()
    while not run.done():
        tell(_progress(target), _stored(target, days), len(days))
        wait([run], POLL_SECONDS)
    tell("the run has ended", _stored(target, days), len(days))
    return run.result()


def _fulfil(run: Future[dict[str, Any]], target: Target, event: dict[str, Any]) -> None:
    try:
        run.set_result(target.ingest(event))
    except Exception as error:  # noqa: BLE001 - whatever it was, it is raised where the result is awaited
        run.set_exception(error)


def _progress(target: Target) -> str:
    """What the run at work says of itself in its lease."""
    item = target.leases.read()
    if "Planned" not in item:
        return "starting"
    done, planned, waiting = (int(item[name]["N"]) for name in ("Done", "Planned", "Waiting"))
    words = f"upstream call {min(done + 1, planned)} of {planned}"
    return f"{words}, waiting {waiting} s for the rate limit" if waiting else words


def _stored(target: Target, days: Sequence[date]) -> int:
    return len(set(days) & {mover.date for mover in target.store.movers()})
