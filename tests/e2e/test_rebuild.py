"""`movers rebuild` against the running cloud: nothing is asked upstream, and viewers see what it writes."""

import json
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
import requests

from api.markets import US
from ingest.calendar import load_calendar
from ingest.daily.record import Record
from scripts.cloud.up import LocalCloud
from scripts.invocation import run_ingest
from tests.e2e.test_commands import TODAY, movers

# Sessions that no other test looks at.
DAYS = load_calendar(US).sessions(TODAY - timedelta(days=180), TODAY - timedelta(days=160))[:3]
WINDOW = ("--from", str(DAYS[0]), "--to", str(DAYS[-1]))


@pytest.fixture
def store(cloud: LocalCloud) -> Iterator[Record]:
    """The table, with the sessions of a backfill in it, which are gone again afterwards."""
    name, functions = cloud.outputs.ingest_function_name, cloud.client("lambda")
    store = Record(cloud.client("dynamodb"), cloud.outputs.table_name)
    run_ingest(functions, name, {"from": str(DAYS[0]), "to": str(DAYS[-1])})
    yield store
    for day in DAYS:
        forget(store, day)
    run_ingest(functions, name)


def forget(store: Record, day: date) -> None:
    for pk in ("MOVERS", "SESSIONS"):
        store.client.delete_item(TableName=store.table, Key={"pk": {"S": pk}, "sk": {"S": str(day)}})


def seen(cloud: LocalCloud, day: date) -> dict[str, Any]:
    """A session as viewers get it."""
    session = requests.Session()
    session.trust_env = False
    document: dict[str, Any] = session.get(
        f"{cloud.site_url}/movers/{day}.json", verify=str(cloud.ca), timeout=20
    ).json()
    return document


def upstream_calls(cloud: LocalCloud) -> int:
    assert cloud.vendor
    total: int = cloud.vendor.stats()["total"]
    return total


def test_another_watchlist_is_tried_and_then_given_its_past(cloud: LocalCloud, store: Record) -> None:
    calls, before = upstream_calls(cloud), seen(cloud, DAYS[0])
    tried = movers(cloud, "rebuild", *WINDOW, "--watchlist", "TSLA,NVDA")
    assert tried.returncode == 0, tried.stderr
    assert "Dry run: nothing changed. Add --apply" in tried.stderr
    assert seen(cloud, DAYS[0]) == before
    done = movers(cloud, "rebuild", *WINDOW, "--watchlist", "TSLA,NVDA", "--apply")
    assert done.returncode == 0, done.stderr
    assert "Future sessions use the deployed watchlist" in done.stderr
    assert json.loads(done.stdout)["Changed"] == json.loads(tried.stdout)["Changed"]
    after = seen(cloud, DAYS[0])
    assert {row["Ticker"] for row in after["Bars"]} == {"TSLA", "NVDA"}
    assert after["Revision"] == before["Revision"] + 1
    assert upstream_calls(cloud) == calls


def test_sessions_lost_from_the_table_come_back_from_the_raw_zone(cloud: LocalCloud, store: Record) -> None:
    calls, before = upstream_calls(cloud), seen(cloud, DAYS[1])
    forget(store, DAYS[1])
    done = movers(cloud, "rebuild", *WINDOW, "--apply")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert list(report["Added"]) == [str(DAYS[1])]
    assert report["Unchanged"] == len(DAYS) - 1
    assert seen(cloud, DAYS[1])["Bars"] == before["Bars"]
    assert upstream_calls(cloud) == calls


def test_what_cannot_be_judged_is_named_and_ends_with_1(cloud: LocalCloud, store: Record) -> None:
    told = movers(cloud, "rebuild", *WINDOW, "--watchlist", "AAPL,NOSUCH", "--apply")
    assert told.returncode == 1
    assert f"{len(DAYS)} sessions can't be recomputed" in told.stderr
    assert set(json.loads(told.stdout)["Unjudged"]) == set(map(str, DAYS))
    assert store.session(DAYS[0]) is not None
