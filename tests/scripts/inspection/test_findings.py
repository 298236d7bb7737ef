"""What `movers status` finds: each fault is a line of its own, and the lines about everything else stay."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from api.items import DamagedItemError
from api.markets import US
from api.records import Hole, Status
from api.vendors import MASSIVE
from ingest.calendar import Ready, load_calendar
from ingest.daily.feed import Channel
from ingest.daily.record import Record
from ingest.daily.stored import gather
from ingest.daily.twins import Compare, publish
from ingest.lease import KEY as LEASE
from ingest.lease import Leases
from ingest.site import Site
from scripts.commands.status import verdict
from scripts.deployment.account import Account
from scripts.deployment.listeners import Hearing
from scripts.deployment.page import page_files, upload_page
from scripts.errors import CommandError
from scripts.folders import ROOT
from scripts.inspection.findings import HOLES, look
from scripts.target import EDGE_SECONDS, Target
from tests.conftest import TABLE
from tests.empty import create_table
from tests.fakes import FakeDynamoDB, FakeS3
from tests.samples import DAY, NIGHT, bar, record, session, status

BUCKET, URL = "site-bucket", "https://movers.example"
NAMES = ["Freshness", "Database", "Sessions", "Published files", "CDN", "API", "Page", "Last run", "Alarms"]
ASSETS = [file.key for file in page_files(ROOT) if file.key.startswith("assets/")]
SCRIPT = next(key for key in ASSETS if key.endswith("/page.js"))


SETTINGS = SimpleNamespace(
    stage="prod",
    site_url=URL,
    market=US,
    vendor=MASSIVE,
    ready=Ready.parse(MASSIVE.ready, US),
    clock_offset_seconds=0,
    key_days_left=None,
)
CHANNEL = Channel("prod", URL, US, load_calendar(US).close_at, {"TSLA": "Tesla"}, MASSIVE.title)


@dataclass
class Stage:
    """A stage in this process. Viewers get what is in the bucket, unless a test says what they get."""

    store: Record
    s3: Any
    stage: str = "prod"
    local_url: None = None
    account: Any = field(default_factory=lambda: SimpleNamespace(endpoint=None, region="us-east-1"))
    outputs: Any = field(default_factory=lambda: SimpleNamespace(ingest_function_name="ingest"))
    settings: Any = field(default_factory=lambda: SETTINGS)
    viewed_instead: dict[str, bytes | None] = field(default_factory=dict)
    silent: bool = False

    @property
    def leases(self) -> Leases:
        return Leases(self.store.client, TABLE)

    seen = Target.seen
    viewed = Target.viewed

    @property
    def brief(self) -> "Stage":
        return self

    def client(self, service: str) -> Any:
        """The function and its log, in which nothing is yet."""
        return SimpleNamespace(
            get_function_configuration=lambda **_: {"LoggingConfig": {"LogGroup": "log"}},
            describe_log_streams=lambda **_: {"logStreams": []},
        )

    def site(self) -> Site:
        return Site(self.s3, BUCKET, cast(Any, None), "E1")

    def fetch(self, path: str, seconds: float = EDGE_SECONDS) -> Any:
        if self.silent:
            raise CommandError(f"{URL}{path} doesn't respond within {seconds} seconds.")
        key = path[1:] or "index.html"
        stored = self.stored(f"{key}.json" if path in ("/history", "/movers", "/status") else key)
        body = self.viewed_instead.get(path, stored)
        return SimpleNamespace(status_code=404 if body is None else 200, content=body)

    def stored(self, key: str) -> bytes | None:
        try:
            return cast(bytes, self.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read())
        except self.s3.exceptions.NoSuchKey:
            return None

    def lose(self, key: str) -> None:
        self.s3.delete_object(Bucket=BUCKET, Key=key)

    def findings(self) -> dict[str, tuple[str, bool]]:
        found = list(look(cast(Target, self), NIGHT))
        return {finding.name: (finding.value, finding.fine) for finding in found}

    def bad(self) -> dict[str, str]:
        """What is wrong, by name; every other line is there and fine."""
        found = self.findings()
        assert [name for name in found if name != "Gaps"] == NAMES
        return {name: value for name, (value, fine) in found.items() if not fine}


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Stage:
    """One session, published, and the page of this checkout."""
    dynamodb: Any = FakeDynamoDB()
    s3 = FakeS3()
    create_table(dynamodb, TABLE)
    s3.create_bucket(Bucket=BUCKET)
    stage = Stage(Record(dynamodb, TABLE), s3)
    record(stage.store, session())
    publish_all(stage, replace(status(), missing=(), names=CHANNEL.names))
    upload_page(s3, BUCKET, ROOT)
    monkeypatch.setattr(
        "scripts.inspection.findings.hearing", lambda *_: Hearing("go to me@example.com", fine=True)
    )
    return stage


def publish_all(stage: Stage, status: Status) -> None:
    """What a run publishes of the table, and of this status."""
    site = stage.site()
    stored = gather(stage.store, site.listing)
    compare = Compare.of(stored, US, (), stored.by_day, NIGHT, thorough=True)
    parts: Any = SimpleNamespace(record=stage.store, site=site, width=1)
    rules: Any = SimpleNamespace(calendar=load_calendar(US), channel=CHANNEL)
    publish(parts, rules, stored, compare, status)


def raises(error: Exception) -> Callable[..., Any]:
    def fail(*_: object, **__: object) -> None:
        raise error

    return fail


def test_when_all_agree_the_verdict_is_the_winner_and_what_comes_next(stage: Stage) -> None:
    assert stage.bad() == {}
    assert verdict(list(look(cast(Target, stage), NIGHT))) == (
        "All good: TSLA -3.46% on Tue, Feb 10; next result, Wed, Feb 11, on Thu about 12:10 AM ET"
    )


@pytest.mark.parametrize("key", ["robots.txt", "openapi.json", SCRIPT])
def test_a_lost_file_of_the_page_is_named_with_the_command_that_puts_it_back(stage: Stage, key: str) -> None:
    stage.lose(key)
    assert stage.bad() == {
        "Page": f"differs from this checkout: {key} (`movers deploy --stage prod` uploads them)"
    }
    assert upload_page(stage.s3, BUCKET, ROOT) == [key]
    assert stage.bad() == {}


def test_a_file_of_the_page_with_other_bytes_is_named(stage: Stage) -> None:
    stage.s3.put_object(Bucket=BUCKET, Key=SCRIPT, Body=b"")
    assert SCRIPT in stage.bad()["Page"]


@pytest.mark.parametrize(("key", "body"), [("robots.txt", b"old"), (SCRIPT, None)])
def test_a_file_of_the_page_that_viewers_do_not_get_as_stored_is_named(
    stage: Stage, key: str, body: bytes | None
) -> None:
    stage.viewed_instead[f"/{key}"] = body
    cure = "(`movers invalidate '/*' --stage prod` refreshes them)"
    assert stage.bad() == {"Page": f"missing or outdated: {key} {cure}"}


@pytest.mark.parametrize(
    ("path", "name", "words"),
    [
        ("/", "CDN", "index.html (`movers invalidate --stage prod`"),
        ("/movers.json", "CDN", "movers.json (`movers invalidate --stage prod`"),
        (f"/movers/{DAY}.json", "CDN", f"movers/{DAY}.json"),
        ("/history", "API", "/history"),
    ],
)
def test_a_twin_or_an_answer_of_the_api_that_is_not_as_stored_is_named(
    stage: Stage, path: str, name: str, words: str
) -> None:
    stage.viewed_instead[path] = b"[]"
    assert list(bad := stage.bad()) == [name]
    assert words in bad[name]


def test_a_lost_twin_is_told_to_the_table_and_to_viewers(stage: Stage) -> None:
    stage.lose("movers.json")
    assert list(bad := stage.bad()) == ["Published files", "CDN", "API"]
    assert "movers.json (`movers ingest --stage prod` repairs them)" in bad["Published files"]


def test_a_site_that_is_silent_is_told_once_and_asked_once(stage: Stage) -> None:
    stage.silent = True
    assert stage.bad() == {
        "CDN": f"{URL}/ doesn't respond within 15 seconds.",
        "API": "unknown, see CDN",
        "Page": "unknown, see CDN",
    }


TIMEOUT = ReadTimeoutError(endpoint_url="https://dynamodb")
GONE = ClientError({"Error": {"Code": "ResourceNotFoundException", "Message": "gone"}}, "Query")


@pytest.mark.parametrize(
    ("part", "error", "unknown"),
    [
        ("movers", TIMEOUT, ["Freshness", "Database", "Gaps", "Published files"]),
        (
            "movers",
            DamagedItemError("MOVERS", str(DAY), "garbled"),
            ["Freshness", "Database", "Gaps", "Published files"],
        ),
        ("status", GONE, ["Freshness", "Database", "Gaps", "Sessions", "Published files"]),
        ("sessions_between", ValueError("no date"), ["Database", "Published files"]),
        ("ticker", ValueError("no date"), ["Database", "Published files"]),
    ],
)
def test_what_cannot_be_read_is_told_once_and_the_other_lines_stay(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, part: str, error: Exception, unknown: list[str]
) -> None:
    monkeypatch.setattr(Record, part, raises(error))
    first, *others = stage.bad().items()
    assert [first[0], *(name for name, _ in others)] == unknown
    assert str(error) in first[1]
    assert {value for _, value in others} <= {f"unknown, see {first[0]}"}


def test_a_bucket_that_is_gone_leaves_the_lines_about_the_table(stage: Stage) -> None:
    stage.s3 = SimpleNamespace(get_paginator=raises(GONE))
    assert list(stage.bad()) == ["Database", "Published files", "CDN", "API", "Page"]


def test_a_garbled_lease_leaves_the_other_lines(stage: Stage) -> None:
    stage.store.client.put_item(TableName=TABLE, Item={**LEASE, "ExpiresAt": {"N": "1"}})
    assert list(stage.bad()) == ["Last run"]


def test_aws_that_cannot_be_reached_says_nothing_of_the_stage() -> None:
    with pytest.raises(CommandError, match="Can't read stage 'prod': Could not connect"):
        list(look(Target("prod", Account("us-east-1"), None, ca=True), NIGHT))


REJOIN = "rebuild --from 2026-02-10 --to 2026-02-10 --apply"
LOST = [
    (["MOVERS"], "session 2026-02-10: mover and bars don't match", REJOIN),
    (["SESSIONS"], "session 2026-02-10: mover and bars don't match", REJOIN),
    (["MOVERS", "SESSIONS"], "session 2026-02-10 (", "ingest"),
    (["TICKER#TSLA"], "TICKER#TSLA / 2026-02-10", "ingest"),
    (["STATUS"], "STATUS / LATEST", "ingest"),
]


@pytest.mark.parametrize(("lost", "words", "cure"), LOST)
def test_whatever_is_lost_from_the_table_is_bad_and_named_with_the_cure(
    stage: Stage, lost: list[str], words: str, cure: str
) -> None:
    record(stage.store, session(DAY - timedelta(days=1), AAPL=bar("100", "150")))
    publish_all(stage, replace(status(), missing=(), names=CHANNEL.names))
    assert stage.bad() == {}
    for pk in lost:
        sk = "LATEST" if pk == "STATUS" else str(DAY)
        stage.store.client.delete_item(TableName=TABLE, Key={"pk": {"S": pk}, "sk": {"S": sk}})
    value, fine = stage.findings()["Database"]
    assert not fine
    assert words in value
    assert f"`movers {cure} --stage prod` repairs it" in value


def test_a_hole_that_no_answer_fills_is_told_with_its_reason_and_no_backfill_is_recommended(
    stage: Stage,
) -> None:
    """Two sessions before the newest one nothing is stored; of one of them, the provider's answer lacks a ticker."""
    record(stage.store, session(date(2026, 2, 5)))
    holes = {date(2026, 2, 9): Hole("META is missing", NIGHT, "terms")}
    publish_all(stage, replace(status(), holes=holes, names=CHANNEL.names))
    found = stage.findings()
    assert found["Sessions"] == (
        f"missing: 2026-02-09; no response fills 2026-02-09: META is missing ({HOLES})",
        False,
    )
    assert (
        "1 older session never loaded (optional: `movers backfill --from 2026-02-06 --to 2026-02-06"
        in found["Gaps"][0]
    )
