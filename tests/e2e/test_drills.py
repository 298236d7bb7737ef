"""What breaks is heard of: each fault, brought about on a local cloud of its own, rings the alarms meant for it.

An alarm is taken as the template deploys it, looked at by the emulator, and heard at the topic's other end. How many
hours in a row it waits for at AWS, the emulator does not know; `tests/infra` holds that in the template.
"""

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import requests

from api import routes
from api.markets import US
from ingest.calendar import Ready, load_calendar
from ingest.daily.record import Record
from ingest.lease import KEY as LEASE
from scripts.cloud.up import LocalCloud
from scripts.invocation import run_ingest
from scripts.vendors.clock import shifted_clock
from scripts.vendors.massive import massive_server
from tests.conftest import change_schedule, quiet_cloud
from tests.e2e.telemetry import Telemetry

pytestmark = pytest.mark.xdist_group("drills")

FAILED_RUN = {"ingest-errors", "failure-queue"}
NOWHERE = "http://127.0.0.1:9"
PATIENCE_SECONDS = 90


class Drill:
    """One fault and its end: everything that was changed is put back, and a good run follows."""

    def __init__(self, cloud: LocalCloud, undo: ExitStack) -> None:
        self.cloud = cloud
        self.undo = undo
        self.name = cloud.outputs.ingest_function_name
        self.store = Record(cloud.client("dynamodb"), cloud.outputs.table_name)
        self.telemetry = Telemetry(cloud)

    @property
    def newest(self) -> date:
        return self.store.movers(1)[0].date

    def run(self) -> dict[str, Any]:
        return run_ingest(self.cloud.client("lambda"), self.name)

    def run_as_scheduled(self) -> None:
        """Start a run that nobody waits for: what becomes of it, only queue and alarms tell."""
        self.cloud.client("lambda").invoke(FunctionName=self.name, InvocationType="Event", Payload=b"{}")

    def failure(self) -> str:
        """What lies in the failure queue, which it does not leave by being looked at."""
        sqs, queue = self.cloud.client("sqs"), self.cloud.outputs.failure_queue_url
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            found = sqs.receive_message(QueueUrl=queue, VisibilityTimeout=0, WaitTimeSeconds=1)
            if messages := found.get("Messages"):
                return json.dumps(json.loads(messages[0]["Body"])["responsePayload"])
        return "nothing came"

    def forget(self, day: date) -> None:
        """Lose a session and its file, so that the next run takes it for one that was never stored."""
        for pk in ("MOVERS", "SESSIONS"):
            key = {"pk": {"S": pk}, "sk": {"S": str(day)}}
            self.store.client.delete_item(TableName=self.store.table, Key=key)
        bucket = self.cloud.outputs.site_bucket_name
        self.cloud.client("s3").delete_object(Bucket=bucket, Key=routes.SESSION.key(day))

    def configure(self, variables: Mapping[str, object], timeout: int = 900) -> None:
        """Deploy the function with another time to live or with other words in its environment, for this drill."""
        functions = self.cloud.client("lambda")
        deployed = functions.get_function_configuration(FunctionName=self.name)
        before = deployed["Environment"]["Variables"]
        texts = {name: str(value) for name, value in variables.items()}
        put = functions.update_function_configuration
        put(FunctionName=self.name, Timeout=timeout, Environment={"Variables": before | texts})
        self.undo.callback(
            put, FunctionName=self.name, Timeout=deployed["Timeout"], Environment={"Variables": before}
        )

    def move_clock(self, instant: datetime, **variables: str) -> None:
        """Let the function take `instant` for now, and the vendor, which it is told of unless another is given."""
        assert self.cloud.vendor
        offset = round((instant - datetime.now(UTC)).total_seconds())
        vendor = massive_server(
            self.cloud.vendor.tape, clock=shifted_clock(offset), calendar=load_calendar(US)
        )
        url = self.undo.enter_context(vendor).url
        self.configure({"VENDOR_URL": url, "CLOCK_OFFSET_SECONDS": offset} | variables)

    def empty_queue(self) -> None:
        self.cloud.client("sqs").purge_queue(QueueUrl=self.cloud.outputs.failure_queue_url)

    def refuse_writes(self, bucket: str) -> None:
        s3 = self.cloud.client("s3")
        before = s3.get_bucket_policy(Bucket=bucket)["Policy"]
        policy = json.loads(before)
        refusal = {"Effect": "Deny", "Principal": "*", "Action": "s3:PutObject"}
        policy["Statement"] = [*policy["Statement"], {**refusal, "Resource": f"arn:aws:s3:::{bucket}/*"}]
        s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))
        self.undo.callback(s3.put_bucket_policy, Bucket=bucket, Policy=before)

    def raised(self, *awaited: str) -> set[str]:
        """The alarms that ring, once all that are awaited do; log lines and notices arrive a moment later."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            self.telemetry.relay()
            raised = self.telemetry.raised()
            if raised >= set(awaited) or time.monotonic() > deadline:
                return raised
            time.sleep(0.5)

    def behind(self) -> list[float]:
        """What the runs of this drill have told of sessions behind; nothing, if none has told anything."""
        return self.telemetry.values(self.telemetry.alarms()["sessions-behind"])


@pytest.fixture(scope="module")
def stricken(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    with quiet_cloud(tmp_path_factory.mktemp("drills")) as running:
        yield running


@pytest.fixture
def drill(stricken: LocalCloud) -> Iterator[Drill]:
    with ExitStack() as undo:
        drill = Drill(stricken, undo)
        yield drill
    drill.empty_queue()
    drill.store.client.delete_item(TableName=drill.store.table, Key=LEASE)  # of a run that was killed
    healed = drill.run()
    assert (healed["Failed"], healed["Behind"]) == ({}, [])


def test_when_all_is_well_no_alarm_rings(drill: Drill) -> None:
    drill.forget(drill.newest)
    assert len(drill.run()["Stored"]) == 1
    assert drill.raised() == set()
    assert drill.behind() == [0]


def test_a_wrong_key_fails_the_run_and_leaves_sessions_behind(drill: Drill) -> None:
    ssm, name = drill.cloud.client("ssm"), drill.cloud.outputs.key_parameter_name
    right = ssm.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"]
    drill.undo.callback(ssm.put_parameter, Name=name, Value=right, Type="SecureString", Overwrite=True)
    ssm.put_parameter(Name=name, Value="no-key-of-anybody", Type="SecureString", Overwrite=True)
    drill.forget(load_calendar(US).previous_session(drill.newest))
    drill.run_as_scheduled()
    assert "Massive refuses the key" in drill.failure()
    assert drill.raised(*FAILED_RUN, "sessions-behind") == FAILED_RUN | {"sessions-behind"}


def test_an_upstream_that_is_down_for_a_day_leaves_sessions_behind_after_ten_hours(drill: Drill) -> None:
    """The clock is moved on, past the next session, whose bars the provider cannot give while it is down."""
    missed = load_calendar(US).next_session(drill.newest)
    ready = load_calendar(US).ready_at(missed, Ready.parse("T+1 00:05", US))
    drill.move_clock(ready - timedelta(hours=1))
    assert drill.run()["Failed"] == {}
    for hours, raised in (
        (9.9, FAILED_RUN),
        (10.1, FAILED_RUN | {"sessions-behind"}),
    ):
        drill.move_clock(ready + timedelta(hours=hours), VENDOR_URL=NOWHERE)
        drill.run_as_scheduled()
        assert f"{missed}: Massive could not be read" in drill.failure()
        assert drill.raised(*raised) == raised
        drill.empty_queue()
    drill.move_clock(ready + timedelta(hours=23.9))
    assert drill.run()["Stored"] == [str(missed)]
    drill.forget(missed)


def test_a_schedule_that_is_disabled_is_silent_and_silence_counts_as_failure(drill: Drill) -> None:
    """The emulator looks at no alarm because nothing came, so shown is that nothing comes, and what that counts as."""
    drill.undo.callback(change_schedule, drill.cloud, State="DISABLED")
    change_schedule(drill.cloud, ScheduleExpression="rate(1 minute)", State="DISABLED")
    assert heard(drill, seconds=3) == []
    change_schedule(drill.cloud, State="ENABLED")
    assert heard(drill, seconds=PATIENCE_SECONDS) == [0]
    alarm = drill.telemetry.alarms()["sessions-behind"]
    assert alarm["TreatMissingData"] == "breaching"
    assert alarm["ActionsEnabled"]


def heard(drill: Drill, seconds: float) -> list[float]:
    """What runs tell within some seconds, at the first word of any."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and not drill.behind():
        time.sleep(0.5)
        drill.telemetry.relay()
    return drill.behind()


def test_a_raw_bucket_that_takes_nothing_fails_the_run_before_anything_is_stored(drill: Drill) -> None:
    lost = drill.newest
    drill.refuse_writes(drill.cloud.outputs.raw_bucket_name)
    drill.forget(lost)
    drill.run_as_scheduled()
    assert "AccessDenied" in drill.failure()
    assert drill.raised(*FAILED_RUN) == FAILED_RUN
    assert drill.store.session(lost) is None


def test_a_site_bucket_that_takes_nothing_fails_the_run_with_the_session_stored(drill: Drill) -> None:
    """The twin is mended by the next run, which finds that this one ended badly."""
    site, lost = drill.cloud.outputs.site_bucket_name, drill.newest
    drill.refuse_writes(site)
    drill.forget(lost)
    drill.cloud.client("s3").delete_object(Bucket=site, Key=routes.SESSION.key(lost))
    drill.run_as_scheduled()
    assert "AccessDenied" in drill.failure()
    assert drill.raised(*FAILED_RUN) == FAILED_RUN
    assert drill.store.session(lost)


def test_a_file_that_is_gone_is_heard_of_whether_the_cdn_asks_for_it_or_holds_a_copy(drill: Drill) -> None:
    """Once through the CDN; then as it asks again for a copy grown old, for which nobody here can wait."""
    cloud, path = drill.cloud, "/movers.json"
    cloud.client("s3").delete_object(Bucket=cloud.outputs.site_bucket_name, Key="movers.json")
    cloud.invalidate("/*")
    found = requests.get(f"{cloud.site_url}{path}?days=1", verify=str(cloud.ca), timeout=20)
    copy = {"If-None-Match": found.headers["ETag"]}
    answers = [
        requests.get(f"{cloud.api_url}{path}", headers=copy | {"User-Agent": whose}, timeout=20).status_code
        for whose in ("Amazon CloudFront", "Amazon CloudFront", "somebody's own")
    ]
    assert (found.status_code, answers) == (200, [304] * 3)
    assert drill.raised("twin-miss") == {"twin-miss"}
    assert sum(drill.telemetry.values(drill.telemetry.alarms()["twin-miss"])) == 3


def test_a_page_that_is_gone_comes_back_with_the_next_run(drill: Drill) -> None:
    s3, bucket = drill.cloud.client("s3"), drill.cloud.outputs.site_bucket_name
    page = s3.get_object(Bucket=bucket, Key="index.html")["ETag"]
    s3.delete_object(Bucket=bucket, Key="index.html")
    drill.cloud.invalidate("/*")
    drill.run()
    assert s3.get_object(Bucket=bucket, Key="index.html")["ETag"] == page
    assert drill.raised("edge-failed") == set()


def test_a_cdn_that_is_down_is_heard_of(drill: Drill) -> None:
    drill.configure({"SITE_URL": NOWHERE})
    drill.run()
    assert drill.raised("edge-failed") == {"edge-failed"}


def test_a_function_out_of_time_is_heard_of_and_blocks_the_next_run_no_longer_than_its_lease(
    drill: Drill,
) -> None:
    assert drill.cloud.vendor
    drill.configure({}, timeout=15)  # a run that has no time to ask at all ends well: the next one goes on
    drill.cloud.vendor.set_faults([{"delay": 45}])
    drill.undo.callback(drill.cloud.vendor.set_faults, [])
    lost = drill.newest
    drill.forget(lost)
    drill.run_as_scheduled()
    assert "imed" in drill.failure()
    lease = drill.store.client.get_item(TableName=drill.store.table, Key=LEASE)["Item"]
    left = datetime.fromisoformat(lease["ExpiresAt"]["S"]) - datetime.now(UTC)
    assert timedelta(0) < left < timedelta(seconds=15 + 60 + 1)  # stamps are rounded up
    assert drill.raised(*FAILED_RUN) == FAILED_RUN
    assert drill.behind() == []
    drill.cloud.vendor.set_faults([])
    assert "is in progress" in drill.run()["Skipped"]
    over = {"S": (datetime.now(UTC) - timedelta(seconds=1)).strftime("%Y-%m-%dT%H:%M:%SZ")}
    drill.store.client.put_item(TableName=drill.store.table, Item=lease | {"ExpiresAt": over})
    assert drill.run()["Stored"] == [str(lost)]
