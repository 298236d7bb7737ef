"""A stage of five stacks, as versions before this one deployed it, is taken over with its data, or taken down."""

import gzip
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from api.markets import US
from api.names import LOCAL_STAGE as STAGE
from infra.settings import full_name
from ingest.calendar import load_calendar
from ingest.daily.record import Record
from scripts.cloud.transforms import localized
from scripts.cloud.up import local_stage
from scripts.commands import diff as diffing
from scripts.deployment.assembly import assemble
from scripts.deployment.deploy import Deployed, Stage, deploy
from scripts.deployment.destroy import destroy
from scripts.deployment.earlier import NOTICE
from scripts.deployment.outputs import EARLIER_PARTS, PARTS, outputs_of
from scripts.deployment.page import page_files
from scripts.deployment.stacks import Tell, describe, unseen
from scripts.folders import ROOT
from tests.e2e.test_deployment import STEPS, Place, empty_place
from tests.profiles import LONG
from tests.samples import mover, session

pytestmark = [
    pytest.mark.xdist_group("deployment"),
    pytest.mark.skipif(not LONG, reason="six deployments, which `make chaos` makes"),
]

FIXTURES = Path(__file__).parents[1] / "fixtures" / "old_stage"
CONTEXT = {"stage": STAGE, "calls_per_minute": 0}
BEFORE = (datetime.now(UTC) - timedelta(days=21)).date()


class Killed(BaseException):
    """The deployment dies."""


class OldStage:
    """The five stacks, a page in the bucket and a session in the table; `steps` are those of its deployments."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.steps: list[str] = []
        cloudformation = place.client("cloudformation")
        for part in ("data", "api", "site", "ingest", "operations"):
            template = json.loads(gzip.decompress((FIXTURES / f"{part}.template.json.gz").read_bytes()))
            body = json.dumps(localized(template, place.ingest))
            cloudformation.create_stack(
                StackName=full_name(STAGE, part), TemplateBody=body, Capabilities=["CAPABILITY_IAM"]
            )
            cloudformation.get_waiter("stack_create_complete").wait(
                StackName=full_name(STAGE, part), WaiterConfig={"Delay": 1}
            )
        self.names = {key: value for part in ("data", "site") for key, value in self.outputs(part).items()}
        self.put_page("old")
        self.stored = session(load_calendar(US).next_session(BEFORE))
        self.store.join(mover(self.stored, datetime.now(UTC)), self.stored, (None, None))

    @property
    def store(self) -> Record:
        return Record(self.place.client("dynamodb"), self.names["TableName"])

    @property
    def stage(self) -> Stage:
        folder = self.place.folder / "assembly"
        return local_stage(self.place.emulator.account, CONTEXT, self.place.ingest, folder)

    def outputs(self, part: str) -> dict[str, str]:
        return outputs_of(self.place.client("cloudformation"), full_name(STAGE, part))

    def put_page(self, text: str) -> None:
        self.place.client("s3").put_object(
            Bucket=self.names["SiteBucketName"], Key="index.html", Body=text.encode()
        )

    def name(self, *names: str) -> None:
        """Give the old distribution these names, and no others."""
        cloudfront, distribution = self.place.client("cloudfront"), self.names["DistributionId"]
        found = cloudfront.get_distribution_config(Id=distribution)
        config = found["DistributionConfig"] | {"Aliases": {"Quantity": len(names), "Items": list(names)}}
        for origin in config["Origins"]["Items"]:
            if "CustomOriginConfig" in origin:  # the emulator leaves out what AWS fills in
                origin["CustomOriginConfig"] |= {"HTTPPort": 80, "HTTPSPort": 443}
        cloudfront.update_distribution(Id=distribution, IfMatch=found["ETag"], DistributionConfig=config)

    def served(self, part: str, path: str = "/index.html") -> str:
        """What the distribution of a stack answers; nothing where there is none."""
        host = self.outputs(part).get("DistributionDomainName", "")
        headers = {"Host": host, "X-Forwarded-Proto": "https"} | self.place.emulator.edge_headers
        answer = requests.get(self.place.emulator.url + path, headers=headers, timeout=20) if host else None
        return answer.text if answer is not None and answer.status_code == 200 else ""

    def deploy(self, killed_at: str = "never") -> Deployed:
        """Deploy; the page is there whenever a step begins, and one of them may be the last thing that happens."""
        self.steps.clear()

        @contextmanager
        def step(text: str) -> Iterator[Tell]:
            self.steps.append(text)
            assert self.served("site") == "old" or "<html" in self.served("services")
            if text.startswith(killed_at):
                raise Killed
            yield lambda _: None

        return deploy(self.stage, assemble(ROOT, CONTEXT), "the-key", step)

    def state(self) -> list[Any]:
        """The stacks, each with its state and when it was last touched."""
        found = [
            describe(self.place.client("cloudformation"), full_name(STAGE, part))
            for part in (*PARTS, *EARLIER_PARTS)
        ]
        return [
            (each["StackName"], each["StackStatus"], each.get("LastUpdatedTime")) for each in found if each
        ]


@pytest.fixture
def old(tmp_path: Path) -> Iterator[OldStage]:
    with empty_place(tmp_path) as place:
        yield OldStage(place)


def test_an_old_stage_is_shown_as_such_and_taken_over_with_its_data_and_never_without_a_page(
    old: OldStage, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(diffing, "find_stage", lambda *_: old.stage)
    diffing.diff(STAGE)
    shown = capsys.readouterr().out
    assert NOTICE in shown
    assert ", ".join(full_name(STAGE, part) for part in EARLIER_PARTS) in shown
    assert f"Page: {len(page_files(ROOT))} files to upload" in shown
    with pytest.raises(Killed):
        old.deploy(killed_at=f"Stack {full_name(STAGE, 'site')}")
    assert old.steps[0] == NOTICE
    done = old.deploy()

    assert (done.earlier, old.state()[2:]) == ([], [])
    assert (done.outputs.table_name, done.outputs.raw_bucket_name) == (
        old.names["TableName"],
        old.names["RawBucketName"],
    )
    assert done.outputs.distribution_id != old.names["DistributionId"]
    found = old.store.session(old.stored.date)
    assert found
    assert found[1] == old.stored
    assert str(old.stored.date) in old.served("services", "/history.json")

    before = old.state()
    old.deploy()
    assert (tuple(old.steps), old.state()) == (STEPS[1:], before)
    assert destroy(old.place.emulator.account, STAGE, unseen, data=True) == []
    assert old.state() == []


def test_a_name_moves_before_what_it_leads_to_is_taken_down(
    old: OldStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    old.name("movers.example.org")
    moved: list[tuple[str, ...]] = []
    monkeypatch.setattr("scripts.deployment.deploy.move_name", lambda _, *names: moved.append(names))
    done = old.deploy()
    assert moved == [
        ("movers.example.org", done.outputs.distribution_id, done.outputs.distribution_domain_name)
    ]
    assert done.earlier == [full_name(STAGE, part) for part in EARLIER_PARTS[1:]]
    old.name()
    assert old.deploy().earlier == []


def test_an_old_stage_is_taken_down_but_for_its_data(old: OldStage) -> None:
    account = old.place.emulator.account
    assert destroy(account, STAGE, unseen, data=False) == [
        f"table {old.names['TableName']}",
        f"raw bucket {old.names['RawBucketName']}",
    ]
    assert [name for name, *_ in old.state()] == [full_name(STAGE, "data")]
    assert destroy(account, STAGE, unseen, data=True) == []
    assert old.state() == []
