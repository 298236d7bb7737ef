"""The operator's commands against the running cloud, as a shell would call them."""

import json
import os
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from api.markets import US
from api.store import Store
from ingest.calendar import load_calendar
from scripts.cloud.up import LocalCloud
from scripts.deployment.page import upload_page
from scripts.folders import ROOT

TODAY = datetime.now(US.clock).date()
NEXT = load_calendar(US).next_session(TODAY)
OLD = load_calendar(US).sessions(TODAY - timedelta(days=130), TODAY - timedelta(days=100))

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
    assert told.stdout.startswith("All good: ")
    assert {line[0] for line in told.stdout.splitlines()[1:]} == {"✓"}
    assert "simulated data from Massive" in told.stdout
    found = json.loads(movers(cloud, "status", "--json").stdout)
    assert (found["Ok"], found["Freshness"]["Kind"]) == (True, "simulated")
    assert {each["Name"] for each in found["Checks"]} >= {"Freshness", "Database", "CDN", "API", "Last run"}


def test_a_lost_page_is_found(cloud: LocalCloud) -> None:
    bucket = cloud.outputs.site_bucket_name
    cloud.client("s3").delete_object(Bucket=bucket, Key="robots.txt")
    told = movers(cloud, "status")
    assert told.returncode == 1
    assert (
        "differs from this checkout: robots.txt (`movers deploy --stage local` uploads them)" in told.stdout
    )
    assert upload_page(cloud.client("s3"), bucket, ROOT) == ["robots.txt"]
    assert movers(cloud, "status").returncode == 0


def test_a_backfill_stores_publishes_and_shows(cloud: LocalCloud) -> None:
    window = ("--from", str(OLD[0]), "--to", str(OLD[6]))
    told = movers(cloud, "backfill", *window)
    assert told.returncode == 0, told.stderr
    assert json.loads(told.stdout)["Stored"] == [str(day) for day in OLD[:7]]
    assert "7/7 sessions stored" in told.stderr
    store = Store(cloud.client("dynamodb"), cloud.outputs.table_name)
    assert OLD[6] in {mover.date for mover in store.movers()}
    again = movers(cloud, "backfill", *window, "--no-invalidate")
    assert json.loads(again.stdout)["UpstreamCalls"] == 0
    assert "movers invalidate" in again.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["backfill", "--from", str(OLD[0]), "--to", str(NEXT)], "not ready yet"),
        (["rebuild", "--from", str(OLD[1]), "--to", str(OLD[0])], "is after"),
        (["invalidate", "movers.json"], "start with /"),
    ],
)
def test_a_wrong_call_says_what_is_allowed(cloud: LocalCloud, arguments: list[str], words: str) -> None:
    told = movers(cloud, *arguments)
    assert (told.returncode, told.stdout) == (1, "")
    assert words in told.stderr
    assert "Traceback" not in told.stderr


def test_an_invalidation_prints_its_id(cloud: LocalCloud) -> None:
    told = movers(cloud, "invalidate")
    assert told.returncode == 0
    listed = cloud.client("cloudfront").list_invalidations(DistributionId=cloud.outputs.distribution_id)
    assert told.stdout.strip() in {item["Id"] for item in listed["InvalidationList"]["Items"]}


def test_a_refused_key_is_told_in_the_functions_own_words(cloud: LocalCloud) -> None:
    assert cloud.vendor
    cloud.vendor.set_faults([{"status": 401, "body": '{"status":"ERROR","error":"Unknown API Key"}'}])
    try:
        told = movers(cloud, "backfill", "--from", str(OLD[10]), "--to", str(OLD[11]))
    finally:
        cloud.vendor.set_faults([])
    assert told.returncode == 1
    assert f"{OLD[10]}, {OLD[11]}: Massive refuses the key" in told.stderr


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
