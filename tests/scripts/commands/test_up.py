from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from scripts.commands.up import _tell
from scripts.invocation import IngestError
from tests.samples import mover, session


def cloud(first_ingest: object) -> Any:
    return SimpleNamespace(
        first_ingest=first_ingest,
        site_url="https://localhost:8443",
        aws_endpoint="http://127.0.0.1:4566",
        api_url="http://127.0.0.1:4566/api",
        vendor=SimpleNamespace(url="http://127.0.0.1:8100"),
        credentials={"AWS_ACCESS_KEY_ID": "LOCAL", "AWS_SECRET_ACCESS_KEY": "secret"},
        ca=Path("/ca.pem"),
        ingest=SimpleNamespace(source_kind="simulated"),
    )


def test_the_urls_and_keys_go_to_standard_output_alone(capsys: pytest.CaptureFixture[str]) -> None:
    _tell(cloud({"Stored": ["2026-02-10"]}), [mover(session())])
    said = capsys.readouterr()
    assert [line.split()[-1] for line in said.out.splitlines()] == [
        "https://localhost:8443/",
        "https://localhost:8443/movers.json",
        "https://localhost:8443/movers",
        "http://127.0.0.1:4566",
        "http://127.0.0.1:4566/api/movers",
        "http://127.0.0.1:8100/-/stats",
        "AWS_ACCESS_KEY_ID=LOCAL",
        "AWS_SECRET_ACCESS_KEY=secret",
    ]
    assert "Ready: https://localhost:8443/\nTop mover of Feb 10: TSLA -3.46% (simulated data)\n" in said.err
    assert "Stored: 1 session, Feb 10\n" in said.err


def test_a_first_ingest_that_failed_is_told_while_the_cloud_stays_up(
    capsys: pytest.CaptureFixture[str],
) -> None:
    _tell(cloud(IngestError("2026-02-10 not stored: [TSLA] has no bar")), [])
    said = capsys.readouterr()
    assert "2026-02-10 not stored: [TSLA] has no bar" in said.err
    assert "movers ingest" in said.err
    assert "https://localhost:8443/movers.json" in said.out


def test_a_first_ingest_that_another_run_has_kept_out_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    _tell(cloud({"Skipped": "held by another run"}), [])
    assert "held by another run" in capsys.readouterr().err
