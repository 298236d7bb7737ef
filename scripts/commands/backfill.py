"""`movers backfill`: a longer window, run after run, until it is stored and visible."""

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
from scripts.commands.options import First, Json, Last, Stage, whole
from scripts.commands.report import show_report
from scripts.inspection.viewers import drop, wait_until_visible
from scripts.invocation import BUSY_SECONDS, IngestError
from scripts.progress import console, print_json, shown_progress, shown_step, wants_json
from scripts.target import Target, find
from scripts.words import span

POLL_SECONDS = 1.0

Tell = Callable[[str, int, int], None]
"""Takes how far a run is: words, sessions done, sessions requested."""


def backfill(
    days: Annotated[
        int | None, typer.Option(metavar="N", parser=whole(5000), help="The latest N sessions.")
    ] = None,
    first: First = None,
    last: Last = None,
    again: Annotated[
        bool,
        typer.Option("--again", help="Read stored sessions again too; a changed one gets a new revision."),
    ] = False,
    no_invalidate: Annotated[
        bool, typer.Option("--no-invalidate", help="Don't drop cached files from the CDN.")
    ] = False,
    json: Json = False,
    stage: Stage = LOCAL_STAGE,
) -> None:
    """Load and publish a longer window of sessions.

    Stored sessions are skipped, so an interrupted backfill can simply be rerun. With --again they are read again, each
    with the watchlist it was recorded with: use it when the vendor has corrected an old session.

    Examples:
      movers backfill --days 250
      movers backfill --from 2025-06-05 --to 2026-05-29
      movers backfill --from 2026-02-10 --to 2026-02-10 --no-invalidate
      movers backfill --again --from 2026-02-10 --to 2026-02-10
    """
    if bool(days) == bool(first or last) or bool(first) != bool(last):
        raise typer.BadParameter("Give either --days, or both --from and --to.")
    target = find(stage)
    sessions = days_to_fill(target, days, first, last)
    started, done, failure = time.monotonic(), list[dict[str, Any]](), None
    with shown_progress(span(sessions)) as tell:
        try:
            for each in runs(target, sessions, tell, again=again):
                done.append(each)  # one by one: a failure comes late
        except IngestError as error:
            failure = error  # what was stored is still to be shown
    if not no_invalidate:
        with shown_step("Invalidation", quiet=True):
            invalidation = drop(target)
            wait_until_visible(target)
        for each in done[-1:]:
            each["Invalidation"] = invalidation
    if wants_json(json):
        for each in done:
            print_json(each)
    elif done:
        show_report(done, time.monotonic() - started, "" if no_invalidate else ", visible")
    if no_invalidate:
        console.print("Viewers see it when cached files expire, or after `movers invalidate`.")
    if failure:
        console.print("Stored sessions are kept; rerun the same command to continue.")
        raise failure


def days_to_fill(target: Target, count: int | None, first: date | None, last: date | None) -> list[date]:
    """The latest `count` sessions, or those from `first` to `last`.

    Raises `plan.RequestError` for days that aren't ready or that the plan doesn't serve.
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
    """Run the ingest function over the days, again over what is left; yields each run's report.

    Raises `IngestError` when a session fails, or when a run makes no progress.
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
            raise IngestError(f"nothing more is available now: {next(iter(done['Left'].values()))}")
        event |= {"from": min(done["Left"]), "to": max(done["Left"])}


def _watched_run(target: Target, event: dict[str, Any], days: Sequence[date], tell: Tell) -> dict[str, Any]:
    """One run, with its progress. An interrupt doesn't wait for its end."""
    run = Future[dict[str, Any]]()
    threading.Thread(target=_fulfil, args=(run, target, event), daemon=True).start()
    while not run.done():
        tell(_progress(target), _stored(target, days), len(days))
        wait([run], POLL_SECONDS)
    tell("done", _stored(target, days), len(days))
    return run.result()


def _fulfil(run: Future[dict[str, Any]], target: Target, event: dict[str, Any]) -> None:
    try:
        run.set_result(target.ingest(event))
    except Exception as error:  # noqa: BLE001 - raised again where the result is awaited
        run.set_exception(error)


def _progress(target: Target) -> str:
    """What the current run reports in its lease."""
    item = target.leases.read()
    if "Planned" not in item:
        return "starting"
    done, planned, waiting = (int(item[name]["N"]) for name in ("Done", "Planned", "Waiting"))
    words = f"API call {min(done + 1, planned)} of {planned}"
    return f"{words}, waiting {waiting} s for the rate limit" if waiting else words


def _stored(target: Target, days: Sequence[date]) -> int:
    return len(set(days) & {mover.date for mover in target.store.movers()})
