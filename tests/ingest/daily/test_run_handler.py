"""The function as Lambda calls it: environment, key from the parameter store, one log line, loud failures."""

import gzip
import json
import logging
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from ingest.daily import handler as function
from ingest.daily.plan import RequestError
from ingest.lease import Leases
from tests.conftest import TABLE
from tests.ingest.test_settings_of_ingest import ENVIRONMENT
from tests.samples import bar
from tests.world import KEY, LIFE, RAW, SATURDAY, SITE, WATCHLIST, World

PARAMETER = ENVIRONMENT["KEY_PARAMETER"]


@dataclass
class Context:
    """What of Lambda's context the function uses."""

    aws_request_id: str = "11111111-2222"
    milliseconds: int = 900_000

    def get_remaining_time_in_millis(self) -> int:
        return self.milliseconds


@pytest.fixture
def configured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[World], World]:
    """Give the function the environment of a world, and the world the provider's key."""

    def configure(world: World) -> World:
        watchlist = tmp_path / "watchlist.json"
        watchlist.write_text(json.dumps(WATCHLIST))
        for name, value in (ENVIRONMENT | world.environment(watchlist)).items():
            monkeypatch.setenv(name, value)
        world.client("ssm").put_parameter(Name=PARAMETER, Value=KEY, Type="SecureString")
        return world

    return configure


@pytest.fixture
def deployed(world: World, configured: Callable[[World], World], monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(function, "client", world.client)
    return configured(world)


@pytest.fixture
def on_aws(aws_world: World, configured: Callable[[World], World]) -> Iterator[World]:
    """The function makes its own clients, as Lambda has it: for what it reads with them, and when they refuse."""
    function.client.cache_clear()
    yield configured(aws_world)
    function.client.cache_clear()


def invoke(event: Any = MappingProxyType({}), milliseconds: int = 900_000) -> dict[str, Any]:
    context: Any = Context(milliseconds=milliseconds)
    return function.handler(event, context)


def test_a_run_says_what_it_did(on_aws: World) -> None:
    done = invoke()
    assert len(done["Stored"]) == 7
    assert done["UpstreamCalls"] == 8
    assert done["Failed"] == done["Left"] == {}
    assert done["Published"] == len(on_aws.keys(SITE))
    assert json.loads(json.dumps(done)) == done


def test_a_backfill_names_its_days(deployed: World) -> None:
    assert invoke({"from": "2026-11-02", "to": "2026-11-04"})["Stored"] == [
        "2026-11-02",
        "2026-11-03",
        "2026-11-04",
    ]


@pytest.mark.parametrize("days", [{}, {"from": "2026-11-02", "to": "2026-11-04"}])
def test_a_run_drops_what_is_cached_unless_it_is_told_not_to(deployed: World, days: dict[str, str]) -> None:
    assert invoke(days | {"invalidate": False})["Invalidation"] is None
    deployed.s3.delete_object(Bucket=SITE, Key="movers.json")
    assert invoke(days | {"invalidate": True})["Invalidation"]


@pytest.mark.parametrize(
    ("event", "words"),
    [
        ({"from": "2026-11-02"}, "both from and to"),
        ({"to": "2026-11-02"}, "both from and to"),
        ({"from": "soon", "to": "later"}, "YYYY-MM-DD"),
        ({"from": 1, "to": 2}, "YYYY-MM-DD"),
        ({"from": None, "to": None}, "from None must be a date"),
        ({"from": "2026-11-02", "to": None}, "to None must be a date"),
        ({"rebuild": {}, "invalidate": False}, "must be alone in the event"),
        ({"days": 7}, "allowed: from, to, again, invalidate, rebuild"),
        ({"rebuild": {}, "from": "2026-11-02"}, "put its from and to inside"),
        ({"rebuild": True}, "must be an object"),
        ({"rebuild": None}, "must be an object"),
        ([], "must be an object"),
        ("{}", "must be an object"),
        (None, "must be an object"),
        ({"rebuild": {"dry": True}}, "allowed: from, to, watchlist, in_force, apply"),
        ({"again": True}, "again needs both from and to"),
        ({"from": "2026-11-02", "to": "2026-11-04", "again": "yes"}, "again 'yes' must be true or false"),
        ({"rebuild": {"watchlist": ["AAPL"], "in_force": True}}, "either watchlist or in_force"),
        ({"rebuild": {"from": "soon"}}, "YYYY-MM-DD"),
        ({"rebuild": {"to": None}}, "to None must be a date"),
        ({"rebuild": {"watchlist": None}}, "list of tickers"),
        ({"rebuild": {"watchlist": "AAPL"}}, "list of tickers"),
        ({"rebuild": {"watchlist": ["AAPL", 1]}}, "list of tickers"),
        ({"rebuild": {"watchlist": []}}, "has 0 tickers: must have 1 to 2500"),
        ({"rebuild": {"apply": "yes"}}, "true or false"),
        ({"rebuild": {"apply": None}}, "apply None must be true or false"),
    ],
)
def test_a_wrong_event_is_refused(deployed: World, event: Any, words: str) -> None:
    with pytest.raises(RequestError, match=words):
        invoke(event)
    assert deployed.dynamodb.scan(TableName=TABLE)["Count"] == 0


@pytest.mark.parametrize("wrong", ["no", "false", None, 0, 1, []])
@pytest.mark.parametrize("days", [{}, {"from": "2026-11-02", "to": "2026-11-04"}])
def test_invalidate_is_true_or_false_wherever_it_stands(
    deployed: World, days: dict[str, Any], wrong: Any
) -> None:
    with pytest.raises(RequestError, match=r"invalidate .+ must be true or false"):
        invoke(days | {"invalidate": wrong})


def test_a_rebuild_says_what_it_found_and_then_what_it_did(deployed: World) -> None:
    invoke()
    deployed.tape.edits[date(2026, 11, 20), "TSLA"] = bar("100", "150.125")
    deployed.now += timedelta(days=1)
    deployed.archive(date(2026, 11, 20))
    old = deployed.store.movers(1)[0]
    event = {"from": "2026-11-19", "to": "2026-11-20", "watchlist": list(WATCHLIST)}
    found = invoke({"rebuild": event})
    assert json.loads(json.dumps(found)) == {
        "Applied": False,
        "Watchlist": list(WATCHLIST),
        "Added": {},
        "Changed": {
            "2026-11-20": {
                "Old": {
                    "Ticker": old.ticker,
                    "PercentChange": float(old.percent_change),
                    "ClosingPrice": float(old.closing_price),
                },
                "New": {"Ticker": "TSLA", "PercentChange": 50.125, "ClosingPrice": 150.125},
                "Difference": "other bar or excuse: TSLA",
                "Revision": 2,
            }
        },
        "Unchanged": 1,
        "Unjudged": {},
        "Damaged": {},
        "Left": [],
        "Published": 0,
        "Invalidation": None,
    }
    done = invoke({"rebuild": event | {"apply": True}})
    assert done["Changed"] == found["Changed"]
    assert done["Published"]
    assert json.loads(deployed.twin("movers.json"))[0]["Ticker"] == "TSLA"


def told(output: str) -> list[dict[str, Any]]:
    """The lines that CloudWatch makes metrics of."""
    lines = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
    return [line for line in lines if "_aws" in line]


def test_a_run_tells_its_numbers_also_when_it_fails(
    deployed: World, capfd: pytest.CaptureFixture[str]
) -> None:
    deployed.tape.edits[date(2026, 11, 19), "TSLA"] = None
    with pytest.raises(function.SessionsFailedError):
        invoke()
    (line,) = told(capfd.readouterr().out)
    assert line["Stage"] == "local"
    assert {name: line[name] for name in ("SessionsBehind", "SessionsStored", "SessionsFailed")} == {
        "SessionsBehind": [1],
        "SessionsStored": [6],
        "SessionsFailed": [1],
    }


def test_what_is_no_run_tells_no_numbers(deployed: World, capfd: pytest.CaptureFixture[str]) -> None:
    invoke({"rebuild": {}})
    Leases(deployed.dynamodb, TABLE).take("other", SATURDAY, LIFE)
    invoke()
    assert told(capfd.readouterr().out) == []


def test_a_failed_session_fails_the_run_after_the_twins_are_published(deployed: World) -> None:
    deployed.tape.edits[date(2026, 11, 19), "TSLA"] = None
    with pytest.raises(function.SessionsFailedError, match=r"^2026-11-19: TSLA is missing$"):
        invoke()
    assert len(json.loads(deployed.twin("movers.json"))) == 6


def test_a_second_run_leaves_without_failing(deployed: World) -> None:
    Leases(deployed.dynamodb, TABLE).take("other", SATURDAY, LIFE)
    assert "run other is in progress" in invoke()["Skipped"]


def test_a_missing_key_says_where_it_belongs(on_aws: World) -> None:
    on_aws.client("ssm").delete_parameter(Name=PARAMETER)
    with pytest.raises(
        function.SessionsFailedError, match=f"store it as a SecureString in the SSM parameter {PARAMETER}"
    ):
        invoke()
    assert on_aws.upstream_calls() == 0


def test_one_cause_with_many_sessions_reads_as_one(deployed: World) -> None:
    deployed.fail({"status": 401, "body": '{"error":"Unknown API Key"}'})
    with pytest.raises(function.SessionsFailedError) as failure:
        invoke({"from": "2026-01-02", "to": "2026-11-20"})
    assert str(failure.value).count("Unknown API Key") == 1
    assert "2026-01-12 and 217 more: Massive refuses" in str(failure.value)


FAULTS: list[dict[str, Any]] = [
    {"status": 401, "body": json.dumps({"error": f"Unknown API Key {KEY}"})},
    {"status": 403, "body": json.dumps({"message": f"You are not entitled, {KEY}"})},
    {"status": 429, "body": ""},
    {"status": 500, "body": KEY},
    {"delay": 0.2},
    {"drop": True},
    {"status": 200, "body": f"{KEY} is not JSON"},
    {"status": 200, "body": json.dumps({"status": KEY})},
    {
        "status": 200,
        "body": json.dumps({"status": "OK", "ticker": KEY, "results": [{"T": "AAPL", "o": KEY}]}),
    },
    {"status": 200, "body": json.dumps({"status": "OK", "ticker": "AAPL", "next_url": f"x?apiKey={KEY}"})},
]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: str(fault.get("status", fault)))
def test_the_key_stands_in_no_log_exception_url_item_or_object(
    deployed: World,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    fault: dict[str, Any],
) -> None:
    monkeypatch.setattr("ingest.providers.asking.BACKOFF_SECONDS", (0.0, 0.0))
    caplog.set_level(logging.INFO)
    caplog.set_level(logging.DEBUG, "urllib3")
    told = ""
    deployed.fail({"path": f".*{KEY}", "status": 418, "body": "the key is in the URL"}, fault)
    with monkeypatch.context() as hurry:
        hurry.setattr("ingest.providers.asking.READ_SECONDS", 0.05)
        try:
            invoke(milliseconds=30_000)
        except function.SessionsFailedError:
            told = traceback.format_exc()
    deployed.fail()
    invoke()
    assert deployed.upstream_calls() > 6
    assert all("418" not in statuses for statuses in deployed.server.stats()["requests"].values())
    output = capfd.readouterr()
    items = deployed.dynamodb.scan(TableName=TABLE)["Items"]
    published = [deployed.twin(key) for key in deployed.keys(SITE)]
    names = deployed.keys(RAW)
    kept = [gzip.decompress(deployed.s3.get_object(Bucket=RAW, Key=key)["Body"].read()) for key in names]
    assert len(items) > 14
    assert "run ended" in output.out + caplog.text
    for place in (told, output.out, output.err, caplog.text, *map(str, (items, published, names, kept))):
        assert KEY not in place
