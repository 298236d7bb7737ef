import io
import json
from typing import Any

import pytest

from scripts.invocation import IngestError, run_ingest


class Functions:
    """A Lambda client that knows one function and its answer."""

    def __init__(self, payload: object, **answer: object) -> None:
        self.answer = {"Payload": io.BytesIO(json.dumps(payload).encode()), **answer}

    def invoke(self, *, FunctionName: str, Payload: str) -> dict[str, Any]:  # noqa: N803 - the names are AWS's
        assert (FunctionName, Payload) == ("ingest", "{}")
        return self.answer


def test_an_ingest_gives_what_the_function_says_it_did() -> None:
    assert run_ingest(Functions({"Stored": ["2026-02-10"]}), "ingest") == {"Stored": ["2026-02-10"]}


def test_an_ingest_that_fails_gives_the_functions_own_words() -> None:
    payload = {"errorMessage": "2026-02-10 not stored: no bar of TSLA", "errorType": "Runtime.HandlerError"}
    with pytest.raises(IngestError, match=r"^2026-02-10 not stored: no bar of TSLA$"):
        run_ingest(Functions(payload, FunctionError="Unhandled"), "ingest")
