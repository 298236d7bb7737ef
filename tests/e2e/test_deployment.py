"""A stage from nothing to its URLs and back, on emulators of its own: again, changed, killed half-way, taken down."""

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from api.names import LOCAL_STAGE
from infra.settings import full_name
from ingest.lease import Leases
from scripts.cloud.emulator import Emulator
from scripts.cloud.localized import bootstrap
from scripts.cloud.transforms import LocalIngest
from scripts.cloud.up import LocalCloud, local_stage
from scripts.deployment.account import Account, check
from scripts.deployment.assembly import assemble
from scripts.deployment.deploy import deploy
from scripts.deployment.destroy import destroy
from scripts.deployment.key import key_parameter, stored_key
from scripts.deployment.outputs import PARTS, found_outputs
from scripts.deployment.stacks import describe, unseen
from scripts.errors import CommandError
from scripts.folders import ROOT
from scripts.vendors.server import VendorServer
from scripts.vendors.stand_in import stand_in
from tests.conftest import free_port, quiet_cloud, running
from tests.profiles import LONG

pytestmark = pytest.mark.xdist_group("deployment")

# What `movers deploy` does, each step told when it begins, and within it how far it is.
DEPLOYMENT = """
import json, sys
from contextlib import contextmanager
from pathlib import Path
from scripts.cloud.transforms import LocalIngest
from scripts.cloud.up import local_stage
from scripts.deployment.account import Account, Endpoint
from scripts.deployment.assembly import assemble
from scripts.folders import ROOT
from scripts.deployment.deploy import deploy

@contextmanager
def told(text):
    print("begin", text, flush=True)
    yield lambda words: print(words, flush=True)

url, key, secret, vendor, folder = sys.argv[1:]
ingest = LocalIngest(vendor, "simulated", 0, "https://localhost:8443")
context = {"stage": "local", "calls_per_minute": 0}
stage = local_stage(Account("us-east-1", Endpoint(url, key, secret)), context, ingest, Path(folder))
with told("Functions and templates"):
    templates = assemble(ROOT, context)
deploy(stage, templates, "the-key", told)
"""
STEPS = ("Functions and templates", "API key", "Stacks", "Page", "First ingest")
# Within the step of the stacks: when the first word of these is heard.
WITHIN = tuple(full_name(LOCAL_STAGE, part) for part in PARTS)
POINTS = (*(f"begin {step}" for step in STEPS), *WITHIN) if LONG else WITHIN[1:2]


@dataclass(frozen=True, slots=True)
class Place:
    """An emulator with nothing in it but the bootstrap, and a vendor for the function that will come."""

    emulator: Emulator
    vendor: VendorServer
    folder: Path

    @property
    def ingest(self) -> LocalIngest:
        return LocalIngest(self.vendor.url, "simulated", 0, "https://localhost:8443")

    def deploy(self, *, killed_at: str | None = None) -> list[str]:
        """Deploy, and return the steps; kill the process when it says a line that begins with `killed_at`."""
        keys = self.emulator.endpoint.credentials.values()
        arguments = [self.emulator.url, *keys, self.vendor.url, str(self.folder / "assembly")]
        command = [sys.executable, "-c", DEPLOYMENT, *arguments]
        lines: list[str] = []
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
            for line in process.stdout or ():
                lines.append(line.rstrip())
                if killed_at and line.startswith(killed_at):
                    process.kill()
                    break
        assert bool(process.returncode) is bool(killed_at), lines
        return [line.removeprefix("begin ") for line in lines if line.startswith("begin ")]

    def client(self, service: str) -> Any:
        return self.emulator.client(service)

    def state(self) -> dict[str, Any]:
        """All that a deployment leaves behind, but for instants and made-up names."""
        names = found_outputs(self.client("cloudformation"), LOCAL_STAGE)
        wait_for_the_run(self.client("dynamodb"), names["TableName"])
        stacks = [describe(self.client("cloudformation"), full_name(LOCAL_STAGE, part)) for part in PARTS]
        listed = self.client("s3").list_objects_v2(Bucket=names["SiteBucketName"])["Contents"]
        objects = {each["Key"]: each["ETag"] for each in listed}
        items = self.client("dynamodb").scan(TableName=names["TableName"])["Items"]
        return {
            "stacks": [stack and sorted(each["OutputKey"] for each in stack["Outputs"]) for stack in stacks],
            "objects": {key: etag for key, etag in objects.items() if not with_an_instant(key)},
            "keys": sorted(objects),
            "key": stored_key(self.client("ssm"), key_parameter(LOCAL_STAGE)),
            "items": sorted((item["pk"]["S"], item["sk"]["S"], item.get("Ticker")) for item in items),
        }


def with_an_instant(key: str) -> bool:
    """Whether the published file says when it was made."""
    return key in ("status.json", "feed.xml") or key.startswith(("movers/", "days/")) or key == "index.html"


def wait_for_the_run(dynamodb: Any, table: str) -> None:
    """A run outlives its caller; return when its lease is gone."""
    deadline = time.monotonic() + 60
    while Leases(dynamodb, table).read() and time.monotonic() < deadline:
        time.sleep(0.2)


@contextmanager
def empty_place(folder: Path) -> Iterator[Place]:
    now = datetime.now(UTC)
    vendor = stand_in("massive", None, None, now=now).server(rate=None, plan=None, key="the-key")
    with Emulator(port=free_port(), folder=folder) as emulator, vendor:
        bootstrap(emulator.account)
        yield Place(emulator, vendor, folder)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with empty_place(tmp_path) as place:
        yield place


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What an undisturbed deployment leaves behind."""
    with empty_place(tmp_path_factory.mktemp("reference")) as place:
        assert tuple(place.deploy()) == STEPS
        return place.state()


@pytest.mark.parametrize("point", POINTS)
def test_a_first_deployment_killed_anywhere_ends_the_same_when_it_is_given_again(
    place: Place, reference: dict[str, Any], point: str
) -> None:
    place.deploy(killed_at=point)
    place.deploy()
    assert place.state() == reference


@pytest.mark.skipif(not LONG, reason="a deployment more, which `make chaos` makes")
def test_in_another_region_the_cdns_alarm_goes_to_the_cdns_and_both_are_taken_down(place: Place) -> None:
    there = Account("eu-west-1", place.emulator.endpoint)
    with pytest.raises(CommandError, match=r"region eu-west-1\. Once, do: .* aws://123456789012/eu-west-1"):
        check(there)
    bootstrap(there)
    check(there)
    context = {"stage": LOCAL_STAGE, "region": "eu-west-1", "calls_per_minute": 0}
    stage = local_stage(there, context, place.ingest, place.folder / "assembly")
    done = deploy(stage, assemble(ROOT, context), "the-key", unseen)
    assert isinstance(done.first_ingest, dict)
    alarms = place.client("cloudwatch").describe_alarms()["MetricAlarms"]
    assert [each["AlarmName"] for each in alarms] == [
        f"movers-{LOCAL_STAGE}-cdn-4xx",
        f"movers-{LOCAL_STAGE}-cdn-5xx",
    ]
    alarm = alarms[1]
    dimensions = {each["Name"]: each["Value"] for each in alarm["Dimensions"]}
    assert dimensions == {"DistributionId": done.outputs.distribution_id, "Region": "Global"}
    names = {each["AlarmName"] for each in there.client("cloudwatch").describe_alarms()["MetricAlarms"]}
    assert f"movers-{LOCAL_STAGE}-sessions-behind" in names
    assert destroy(there, LOCAL_STAGE, unseen, data=True) == []
    assert not describe(place.client("cloudformation"), full_name(LOCAL_STAGE, "cdn-alarms"))


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    """A local cloud that the tests of this module change and take down."""
    with quiet_cloud(tmp_path_factory.mktemp("own")) as running:
        yield running


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project whose page may be changed; what was built and installed is shared."""
    copy = tmp_path_factory.mktemp("checkout")
    for folder in ("api", "infra", "ingest", "scripts", "site"):
        shutil.copytree(
            ROOT / folder, copy / folder, ignore=shutil.ignore_patterns("node_modules", "__pycache__")
        )
    shutil.copy(ROOT / "requirements.lock", copy)
    for shared in ("build", "scripts/deployment/node_modules"):
        (copy / shared).symlink_to(ROOT / shared)
    return copy


def movers(cloud: LocalCloud, *arguments: str, cwd: Path = ROOT, typed: str = "") -> tuple[int, str, str]:
    """Exit code, output and progress of a command on the cloud."""
    environment = os.environ | {"MOVERS_HOME": str(cloud.ca.parents[1])}
    pipes = {"stdin": subprocess.PIPE, "stderr": subprocess.PIPE}
    with running(*arguments, "--stage", LOCAL_STAGE, cwd=cwd, env=environment, **pipes) as process:
        out, err = process.communicate(typed, timeout=180)
    return process.returncode, out, err


def versions(cloud: LocalCloud) -> dict[str, Any]:
    """When everything that was deployed was last touched."""
    names = cloud.outputs
    stacks = [describe(cloud.client("cloudformation"), full_name(LOCAL_STAGE, part)) or {} for part in PARTS]
    listed = cloud.client("s3").list_objects_v2(Bucket=names.site_bucket_name)["Contents"]
    key = cloud.client("ssm").get_parameter(Name=names.key_parameter_name)["Parameter"]
    return {
        **{stack["StackName"]: (stack["StackStatus"], stack.get("LastUpdatedTime")) for stack in stacks},
        **{each["Key"]: each["LastModified"] for each in listed},
        "key": key["Version"],
        "items": cloud.client("dynamodb").scan(TableName=names.table_name)["Items"],
    }


def test_deploying_again_changes_nothing_and_prints_the_urls(own: LocalCloud) -> None:
    before = versions(own)
    code, out, err = movers(own, "deploy")
    assert code == 0, err
    assert versions(own) == before
    assert out.splitlines()[1].split() == ["movers.json", f"{own.site_url}/movers.json"]
    assert "Page: up to date." in err
    assert re.search(r"Function api: +0\.\d\d MB in .* zipped, with(out)? bytecode, sha256", err)
    assert "0 new sessions" in err
    assert "Alarms go to nobody in us-east-1: no address is subscribed (infra/RUNBOOK.md#make" in err
    assert movers(own, "diff")[:2] == (0, "No differences.\n")


def test_what_changed_is_deployed_and_nothing_else_is_touched(own: LocalCloud, checkout: Path) -> None:
    page = checkout / "site" / "robots.txt"
    page.write_text(page.read_text() + "# changed\n")
    setting = ("-c", "throttle_rate=50")
    _, out, _ = movers(own, "diff", *setting, cwd=checkout)
    assert out.count("Stack movers-local-") == 1
    assert "50" in out
    assert out.endswith("Page: 1 file to upload\n  robots.txt\n")
    before = versions(own)
    code, _, err = movers(own, "deploy", *setting, cwd=checkout)
    assert code == 0, err
    assert "Page: 1 file uploaded." in err
    after = versions(own)
    changed = {name for name in after if after[name] != before[name]}
    assert changed == {"robots.txt", full_name(LOCAL_STAGE, "services")}
    shown = own.client("s3").get_object(Bucket=own.outputs.site_bucket_name, Key="robots.txt")
    assert shown["Body"].read().endswith(b"# changed\n")


def test_a_stage_is_taken_down_but_for_its_data_and_can_come_back(own: LocalCloud) -> None:
    names = own.outputs
    movers_before = own.client("dynamodb").scan(TableName=names.table_name)["Items"]
    code, out, err = movers(own, "destroy", typed="no\n")
    assert (code, out) == (1, "")
    assert "Nothing was deleted" in err
    assert describe(own.client("cloudformation"), full_name(LOCAL_STAGE, "services"))
    code, out, err = movers(own, "destroy", "--yes")
    assert code == 0, err
    assert out.splitlines() == [
        f"left: table {names.table_name}",
        f"left: raw bucket {names.raw_bucket_name}",
        f"left: API key {names.key_parameter_name}",
    ]
    assert [
        part for part in PARTS if describe(own.client("cloudformation"), full_name(LOCAL_STAGE, part))
    ] == ["data"]
    buckets = {each["Name"] for each in own.client("s3").list_buckets()["Buckets"]}
    assert names.raw_bucket_name in buckets
    assert names.site_bucket_name not in buckets
    code, _, err = movers(own, "deploy")
    assert code == 0, err
    assert own.client("dynamodb").scan(TableName=names.table_name)["Items"] == movers_before
    assert describe(own.client("cloudformation"), full_name(LOCAL_STAGE, "services"))


def test_the_data_goes_only_for_the_stages_typed_name_and_then_nothing_is_left(own: LocalCloud) -> None:
    names = own.outputs
    code, out, err = movers(own, "destroy", "--data", typed="prod\n")
    assert (code, out) == (1, "")
    assert f"Permanently deleted: table {names.table_name}" in err
    assert names.table_name in own.client("dynamodb").list_tables()["TableNames"]
    code, out, err = movers(own, "destroy", "--data", typed=f"{LOCAL_STAGE}\n")
    assert code == 0, err
    assert out == "Nothing remains.\n"
    assert own.client("dynamodb").list_tables()["TableNames"] == []
    assert names.raw_bucket_name not in {each["Name"] for each in own.client("s3").list_buckets()["Buckets"]}
    assert not stored_key(own.client("ssm"), names.key_parameter_name)
    code, out, err = movers(own, "destroy", "--data", "--yes")
    assert (code, out) == (1, "")
    assert f"no stage '{LOCAL_STAGE}' in account 123456789012, region us-east-1" in err
