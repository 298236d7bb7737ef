"""Judging sessions anew from the raw zone, through the deployed function."""

import time
from collections.abc import Iterator
from datetime import date
from typing import Any

from scripts.invocation import IngestError
from scripts.operations import BUSY_SECONDS, ingest, wait_until_dropped, wait_until_visible
from scripts.target import Target


def asked(
    first: date | None, last: date | None, watchlist: list[str] | None, *, in_force: bool = False, apply: bool
) -> dict[str, Any]:
    """What the function is asked, without what is left to its own choice."""
    event = {
        "from": first and str(first),
        "to": last and str(last),
        "watchlist": watchlist,
        "in_force": in_force or None,
        "apply": apply,
    }
    return {name: value for name, value in event.items() if value is not None}


def rebuild(target: Target, event: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Run the function over the raw zone, again while something is left; yields what each run found.

    Raises `IngestError` when a run gets nowhere.
    """
    while True:
        found = ingest(target, {"rebuild": event})
        if "Skipped" in found:
            time.sleep(BUSY_SECONDS)
            continue
        yield found
        if not found["Left"]:
            return
        if found["Left"][0] == event.get("from"):
            raise IngestError(f"a whole run was too short to judge {event['from']}; give fewer days")
        event = event | {"from": found["Left"][0]}


def show(target: Target, found: dict[str, Any]) -> None:
    """Wait until viewers get what a run has published."""
    if identity := found["Invalidation"]:
        wait_until_dropped(target.site(), identity)
        wait_until_visible(target)
