"""Runs a measurement in a separate process, with Lambda's Python and only a bundle's modules."""

import json
import subprocess
from pathlib import Path
from typing import Any

from scripts.cloud.emulator import REGION
from scripts.tools.bench.bench import Bench

CHILDREN = Path(__file__).with_name("children")
SECONDS = 300


def child(bench: Bench, name: str, bundle: Path, *arguments: str, **environment: str) -> Any:
    """The last line of the output of `children/<name>.py`, read as JSON. Raises RuntimeError if it fails."""
    command = [str(bench.runtime.python), "-s", str(CHILDREN / f"{name}.py"), *arguments]
    own = surroundings(bench) | {"PYTHONPATH": str(bundle), "PYTHONDONTWRITEBYTECODE": "1"} | environment
    done = subprocess.run(  # noqa: S603 - all our own words
        command, env=own, capture_output=True, text=True, check=False, timeout=SECONDS
    )
    if done.returncode:
        raise RuntimeError(f"{name} failed: {done.stderr[-2000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def surroundings(bench: Bench) -> dict[str, str]:
    """A function's environment: the bench's own AWS, and the table with a year of sessions."""
    return {
        "AWS_ENDPOINT_URL": bench.emulator.url,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        **bench.emulator.endpoint.credentials,
        "TABLE_NAME": bench.year.names.table,
        "STAGE": "bench",
        "MARKET": "us",
    }
