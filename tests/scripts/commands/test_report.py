"""What ingest and backfill print in a terminal."""

from typing import Any

import pytest

from scripts.commands.report import show_report


def run(**done: Any) -> dict[str, Any]:
    return {"UpstreamCalls": 3, "Published": 0, "AlreadyStored": 7} | done


@pytest.mark.parametrize(
    ("runs", "words"),
    [
        ([run()], "✓ Nothing new in 5 s (3 API calls); 7 sessions already stored\n"),
        (
            [run(Stored=["2026-02-09"], Published=2), run(Stored=["2026-02-10"])],
            "✓ 2 sessions stored in 5 s (6 API calls), published, visible\n",
        ),
        (
            [run(Corrected=["2026-02-10"], Left={"2026-01-30": "no time", "2026-02-02": "no time"})],
            "✓ 1 session corrected in 5 s (3 API calls), visible\n"
            "! 2 sessions left for the next run, Jan 30 – Feb 2: no time\n",
        ),
    ],
)
def test_the_verdict_counts_what_all_runs_did(
    runs: list[dict[str, Any]], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    show_report(runs, 5.2, ", visible")
    assert capsys.readouterr().out == words
