"""The operator's commands against the running cloud, as a shell would call them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from api.store import Store
from scripts.cloud.up import LocalCloud

Result = subprocess.CompletedProcess[str]


def movers(cloud: LocalCloud, *arguments: str) -> Result:
    home: Path = cloud.ca.parents[1]
    return subprocess.run(  # noqa: S603 - our own words
        [sys.executable, "-m", "scripts.cli", *arguments],
        env=os.environ | {"MOVERS_HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_status_is_fine_after_a_run_and_says_so(cloud: LocalCloud) -> None:
    assert movers(cloud, "ingest").returncode == 0
    told = movers(cloud, "status")
    assert told.returncode == 0, told.stdout
    names = {line.split()[1] for line in told.stdout.splitlines()}
    assert names == {"newest", "stored", "gaps", "missing", "twins", "edge", "api", "run"}
    assert "simulated" in told.stdout


def test_status_finds_a_twin_that_is_behind_the_table(cloud: LocalCloud) -> None:
    bucket = cloud.outputs.site_bucket_name
    cloud.client("s3").put_object(Bucket=bucket, Key="tickers/NVDA.json", Body=b"{}")
    told = movers(cloud, "status")
    assert told.returncode == 1
    assert "NOT  twins    not so: tickers/NVDA.json" in told.stdout
    assert json.loads(movers(cloud, "ingest").stdout)["Published"] == 1
    assert movers(cloud, "status").returncode == 0


def test_a_backfill_stores_publishes_and_shows(cloud: LocalCloud) -> None:
    told = movers(cloud, "backfill", "--from", "2026-07-01", "--to", "2026-07-10")
    assert told.returncode == 0, told.stderr
    assert len(json.loads(told.stdout)["Stored"]) == 7  # the 3rd is a holiday
    assert "7/7 sessions stored" in told.stderr
    assert "Invalidation" in told.stderr
    store = Store(cloud.client("dynamodb"), cloud.outputs.table_name)
    assert "2026-07-10" in {str(mover.date) for mover in store.movers()}
    again = movers(cloud, "backfill", "--from", "2026-07-01", "--to", "2026-07-10", "--no-invalidate")
    assert json.loads(again.stdout)["UpstreamCalls"] == 0
    assert "movers invalidate" in again.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["backfill"], 2, "--days"),
        (["backfill", "--days", "3", "--from", "2026-01-02"], 2, "--days"),
        (["backfill", "--from", "2026-01-02"], 1, "both --from and --to"),
        (["backfill", "--from", "2026-01-02", "--to", "2027-01-04"], 1, "not ready yet"),
        (["backfill", "--from", "soon", "--to", "2027-01-04"], 2, "--from"),
        (["invalidate", "movers.json"], 1, "begin with a slash"),
        (["status", "--stage", "nowhere"], 1, "'nowhere' cannot be read"),
    ],
)
def test_a_wrong_call_says_what_is_allowed(
    cloud: LocalCloud, arguments: list[str], code: int, words: str
) -> None:
    told = movers(cloud, *arguments)
    assert told.returncode == code, told.stderr
    assert words in told.stderr
    assert "Traceback" not in told.stderr
    assert told.stdout == ""


def test_an_invalidation_prints_its_id(cloud: LocalCloud) -> None:
    told = movers(cloud, "invalidate")
    assert told.returncode == 0
    listed = cloud.client("cloudfront").list_invalidations(DistributionId=cloud.outputs.distribution_id)
    assert told.stdout.strip() in {item["Id"] for item in listed["InvalidationList"]["Items"]}


def test_a_refused_key_is_told_in_the_functions_own_words(cloud: LocalCloud) -> None:
    assert cloud.market
    cloud.market.set_faults([{"status": 401, "body": '{"status":"ERROR","error":"Unknown API Key"}'}])
    try:
        told = movers(cloud, "backfill", "--from", "2026-08-03", "--to", "2026-08-04")
    finally:
        cloud.market.set_faults([])
    assert told.returncode == 1
    assert "2026-08-03, 2026-08-04: Massive refuses the key" in told.stderr


def test_without_a_cloud_the_commands_say_how_to_start_one(cloud: LocalCloud, tmp_path: Path) -> None:
    told = subprocess.run(
        [sys.executable, "-m", "scripts.cli", "status"],
        env=os.environ | {"MOVERS_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 1
    assert "movers up" in told.stderr
