"""The latest ingest run: running, crashed, or finished; and leases that block every run."""

import json
import shlex
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from api.records import instant
from ingest import lease
from scripts.target import Target
from scripts.words import ago

# Lambda stops a run after 15 minutes, and a lease's end is rounded up to the second.
LONGEST_LEASE = timedelta(minutes=15, seconds=1) + lease.MARGIN


def last_run(target: Target, held: Mapping[str, Any], now: datetime, offset: int = 0) -> tuple[str, bool]:
    """The latest run in words, and whether it is fine. `held` is the lease; leases use the data's clock."""
    if held:
        return _lease(held, now + timedelta(seconds=offset), _removal(target))
    return _logged(target, now), True


def _lease(held: Mapping[str, Any], now: datetime, removal: str) -> tuple[str, bool]:
    try:
        until = datetime.fromisoformat(held["ExpiresAt"]["S"])
        ahead = until - now
    except (LookupError, TypeError, ValueError):  # TypeError: without a time zone
        return f"the lease has no readable end and can block every run ({removal})", False
    lasts = f"{held.get('Owner', {}).get('S', 'unknown')}, lease until {instant(until)}"
    if ahead > LONGEST_LEASE:
        return f"no run can start: {lasts}, longer than any run takes ({removal})", False
    running = ahead > timedelta()
    return f"{'in progress' if running else 'crashed'}: {lasts}", running


def _removal(target: Target) -> str:
    """The command that removes the lease."""
    endpoint = target.account.endpoint
    command = [
        "aws",
        *(["--endpoint-url", endpoint.url] if endpoint else []),
        "--region",
        target.account.region,
    ]
    item = ["dynamodb", "delete-item", "--table-name", target.store.table, "--key", json.dumps(lease.KEY)]
    return f"`{shlex.join([*command, *item])}` removes it"


def _logged(target: Target, now: datetime) -> str:
    """When the latest run was, from the function's log."""
    name = target.outputs.ingest_function_name
    group = target.client("lambda").get_function_configuration(FunctionName=name)["LoggingConfig"]["LogGroup"]
    streams = target.client("logs").describe_log_streams(
        logGroupName=group, orderBy="LastEventTime", descending=True, limit=1
    )["logStreams"]
    if not streams or "lastEventTimestamp" not in streams[0]:
        return "none yet"
    return ago(now.timestamp() - streams[0]["lastEventTimestamp"] / 1000)
