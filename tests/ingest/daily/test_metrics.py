"""What a run prints for CloudWatch, which reads it out of the log."""

import json
from datetime import date
from typing import Any

import pytest

from ingest.daily.metrics import emit
from ingest.daily.run import Report

DAYS = [date(2026, 11, day) for day in (18, 19, 20)]


def printed(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    line: dict[str, Any] = json.loads(capsys.readouterr().out)
    return line


def test_every_number_of_a_run_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    report = Report(stored=DAYS[:2], behind=DAYS[2:], failed={DAYS[2]: "TSLA is missing"}, upstream_calls=6)
    report.published, report.on_record, report.kept = 11, 52, 8
    emit(report, "prod", edge_failed=1, key_days_left=13)
    line = printed(capsys)
    (told,) = line["_aws"]["CloudWatchMetrics"]
    names = {metric["Name"] for metric in told["Metrics"]}
    assert {name: line[name] for name in names} == {
        "SessionsBehind": [1],
        "SessionsStored": [2],
        "SessionsFailed": [1],
        "UpstreamCalls": [6],
        "TwinsPublished": [11],
        "TwinsKept": [8],
        "SessionsOnRecord": [52],
        "EdgeFailed": [1],
        "KeyDaysLeft": [13],
    }
    assert {metric["Unit"] for metric in told["Metrics"]} == {"Count"}


@pytest.mark.parametrize("days", [None, 0, -3])
def test_the_days_of_a_key_are_told_where_its_end_is_known(
    capsys: pytest.CaptureFixture[str], days: int | None
) -> None:
    emit(Report(), "prod", key_days_left=days)
    assert printed(capsys).get("KeyDaysLeft") == (None if days is None else [days])


def test_the_stage_is_the_one_dimension(capsys: pytest.CaptureFixture[str]) -> None:
    emit(Report(), "prod")
    line = printed(capsys)
    (told,) = line["_aws"]["CloudWatchMetrics"]
    assert (told["Namespace"], told["Dimensions"], line["Stage"]) == ("Movers", [["Stage"]], "prod")
    assert "service" not in line


def test_the_numbers_of_one_run_are_not_told_again_by_the_next(capsys: pytest.CaptureFixture[str]) -> None:
    emit(Report(upstream_calls=6), "prod")
    printed(capsys)
    emit(Report(), "prod")
    assert printed(capsys)["UpstreamCalls"] == [0]
