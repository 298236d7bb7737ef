"""The published description of the API, and whether an answer keeps to it."""

import json
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

SPEC: dict[str, Any] = json.loads(Path("api/openapi.json").read_text())


def conform(path: str, status: str, body: bytes) -> None:
    """Raise unless the body conforms to what is described for the path and status."""
    media = SPEC["paths"][path]["get"]["responses"][status]["content"]["application/json"]
    schema = {**media["schema"], "components": SPEC["components"]}
    Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(
        json.loads(body)
    )
