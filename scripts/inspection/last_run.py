"""Whether an ingest run is at work or ended badly, or whether a lease that no run can have taken keeps out all."""

import json
import shlex
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from api.records import instant
from ingest import lease
from scripts.target import Target

# Lambda ends a run after 15 minutes, and the end of a lease is rounded up to the second.
LONGEST_LEASE = timedelta(minutes=15, seconds=1) + lease.MARGIN


def last_run(target: Target, held: Mapping[str, Any], now: datetime) -> tuple[str, bool]:
    """What is to be said of the latest run, and whether it is fine. `held` is the lease, `now` the time of the data."""
    return _lease(held, now, _removal(target)) if held else (_logged(target), True)


def _lease(held: Mapping[str, Any], now: datetime, removal: str) -> tuple[str, bool]:
    try:
        until = datetime.fromisoformat(held["ExpiresAt"]["S"])
        ahead = until - now
    except (LookupError, TypeError, ValueError):  # TypeError: without a time zone
        return f"the lease has no readable end and can keep out every run ({removal})", False
    lasts = f"{held.get('Owner', {}).get('S', 'unknown')}, lease until {instant(until)}"
    if ahead > LONGEST_LEASE:
        return f"no run can begin: {lasts}, longer than any run lasts ({removal})", False
    running = ahead > timedelta()
    return f"{'at work' if running else 'ended badly'}: {lasts}", running


def _removal(target: Target) -> str:
    """The command that removes the lease, ready to copy."""
    endpoint = target.account.endpoint
    command = [
        "aws",
        *(["--endpoint-url", endpoint.url] if endpoint else []),
        "--region",
        target.account.region,
    ]
    item = ["dynamodb", "delete-item", "--table-name", target.store.table, "--key", json.dumps(lease.KEY)]
    return f"`{shlex.join([*command, *item])}` removes it"


def _logged(target: Target) -> str:
    """About when the latest run was, from the function's log."""
    name = target.outputs.ingest_function_name
    group = target.client("lambda").get_function_configuration(FunctionName=name)["LoggingConfig"]["LogGroup"]
    streams = target.client("logs").describe_log_streams(
        logGroupName=group, orderBy="LastEventTime", descending=True, limit=1
    )["logStreams"]
    if not streams or "lastEventTimestamp" not in streams[0]:
        return "none in the log yet"
    seen = datetime.fromtimestamp(streams[0]["lastEventTimestamp"] / 1000, UTC)
    return f"the last about {instant(seen)}, real time"
