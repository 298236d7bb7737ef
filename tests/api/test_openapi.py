"""The description against the documents: every answer conforms, and what is of another shape does not."""

import json
from typing import Any

import pytest
from openapi_spec_validator import validate

from api import documents
from api.markets import US
from api.records import Session, rows
from tests.contract import SPEC, conform
from tests.samples import DAY, NEXT, TOLD, bar, mover, session, status

HALTED = Session(DAY, 2, ("AAPL", "TSLA"), {"AAPL": bar("1", "2")}, {"TSLA": "halted"})


def test_the_description_is_valid_openapi() -> None:
    validate(SPEC)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/movers", documents.movers([])),
        ("/movers", documents.movers([mover(session()), mover(HALTED)])),
        ("/history", documents.movers([])),
        ("/history", documents.movers([mover(session())] * 367)),
        ("/movers/{date}", documents.session(mover(session()), session())),
        ("/movers/{date}", documents.session(mover(HALTED), HALTED)),
        ("/movers/{date}", documents.session(mover(NEXT), NEXT, session(), [mover(session())] * 251)),
        (
            "/tickers/{ticker}",
            documents.ticker("TSLA", [*rows(NEXT, "TSLA")[2:], *rows(session(), "TSLA")[2:]]),
        ),
        ("/status", documents.status(None, US)),
        ("/status", documents.status(status(), US)),
        ("/status", documents.status(status(as_of=None), US)),
        ("/status", documents.status(TOLD, US)),
    ],
)
def test_every_document_conforms(path: str, body: bytes) -> None:
    conform(path, "200", body)


@pytest.mark.parametrize("path", SPEC["paths"])
def test_the_examples_conform(path: str) -> None:
    media = SPEC["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]
    conform(path, "200", json.dumps(media["example"]).encode())


def test_errors_conform() -> None:
    for item in SPEC["paths"].values():
        assert {"429", "500"} <= set(item["get"]["responses"])
    conform("/movers", "400", documents.error("days must be …"))


@pytest.mark.parametrize("broken", [{"Date": "2026-02-10"}, {"Extra": 1}])
def test_a_document_of_another_shape_does_not_conform(broken: Any) -> None:
    document = json.loads(documents.movers([mover(session())]))
    document[0] = broken if "Date" in broken else document[0] | broken
    with pytest.raises(Exception, match=r"required|unexpected"):
        conform("/movers", "200", json.dumps(document).encode())
