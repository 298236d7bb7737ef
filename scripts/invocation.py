"""One run of the deployed ingest function."""

import json
from collections.abc import Mapping
from typing import Any

from scripts.errors import CommandError

BUSY_SECONDS = 5.0
"""How long to wait before asking again while another run is at work."""


class IngestError(CommandError):
    """The ingest function ran and failed; the message is its own."""


def run_ingest(functions: Any, name: str, event: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Run the function through a Lambda client, as its schedule does, and return what it says it did.

    Raises `IngestError` with the function's own words.
    """
    answer = functions.invoke(FunctionName=name, Payload=json.dumps(event or {}))
    result: dict[str, Any] = json.loads(answer["Payload"].read())
    if "FunctionError" in answer:
        raise IngestError(str(result.get("errorMessage", result)))
    return result
