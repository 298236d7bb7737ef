"""Runs the deployed ingest function."""

import json
from collections.abc import Mapping
from typing import Any

from scripts.errors import CommandError

BUSY_SECONDS = 5.0
"""How long to wait for another run before trying again."""


class IngestError(CommandError):
    """The ingest function failed; the message is its own."""


def run_ingest(functions: Any, name: str, event: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Run the function as its schedule does, and return its report.

    Raises `IngestError` with the function's own message.
    """
    answer = functions.invoke(FunctionName=name, Payload=json.dumps(event or {}))
    result: dict[str, Any] = json.loads(answer["Payload"].read())
    if "FunctionError" in answer:
        raise IngestError(str(result.get("errorMessage", result)))
    return result
