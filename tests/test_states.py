"""The states that the page is tested in are ones that the product can be in, and each is the one that it is named."""

import json
from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest
import requests
from jsonschema import ValidationError

from api.documents import etag
from api.records import instant
from tests.contract import conform
from tests.states import NAMES, State, is_data, state
from tests.states.__main__ import HEADERS, StatesServer
from tests.states.answers import ABORT, HANG, NOT_FOUND, SERVER_ERROR
from tests.states.scenes import SCENES

SPOILED = ["hung", "truncated", "wrong-shape"]


@pytest.fixture(scope="module")
def server() -> Iterator[StatesServer]:
    with StatesServer(port=0) as running:
        yield running


def read(state: State, path: str) -> Any:
    answer = state.answer(path)
    assert answer
    return json.loads(answer.body)


def get(server: StatesServer, host: str, path: str = "/", timeout: float = 10) -> requests.Response:
    return requests.get(server.url + path, headers={"Host": f"{host}:8500"}, timeout=timeout)


@pytest.mark.parametrize("name", ["fresh", "long", "empty", "excused", "flat", "missing"])
def test_what_the_api_answers_conforms_to_its_description(name: str) -> None:
    shown = state(name)
    dates = [mover["Date"] for mover in read(shown, "/movers")]
    described = {
        "/movers": "/movers",
        "/history": "/history",
        "/status": "/status",
        **{f"/movers/{day}": "/movers/{date}" for day in dates[:2]},
        **{f"/tickers/{ticker}": "/tickers/{ticker}" for ticker in read(shown, "/status")["Watchlist"][:2]},
    }
    for path, description in described.items():
        answer = shown.answer(path)
        assert answer
        assert answer.status == 200
        conform(description, "200", answer.body)


def test_a_twin_is_what_the_api_answers() -> None:
    for name in [name for name in NAMES if name not in [*SPOILED, "api", "stale"]]:
        for path in ("/movers", "/history", "/status", "/movers/2026-11-18", "/tickers/NVDA"):
            assert state(name).answer(f"{path}.json") == state(name).answer(path), name


def test_no_spoiled_twin_conforms() -> None:
    for name, path in product(SPOILED, ("/movers", "/history", "/status")):
        twin, answer = state(name).answer(f"{path}.json"), state(name).answer(path)
        assert twin
        assert answer
        with pytest.raises((ValueError, ValidationError)):  # no JSON, or not what is described
            conform(path, "200", twin.body)


def test_the_year_is_long_enough_for_a_history_and_its_older_sessions_can_be_opened() -> None:
    fresh = state("fresh")
    history = read(fresh, "/history.json")
    assert len(history) == 260
    assert read(fresh, f"/movers/{history[-1]['Date']}.json")["Date"] == history[-1]["Date"]
    assert len(read(fresh, "/tickers/TSLA.json")["Sessions"]) == 252
    assert read(fresh, "/movers.json") == history[:7]


def test_time_stands_where_the_name_of_the_state_says() -> None:
    overdue = {name: read(state(name), "/status")["StaleAfter"] for name in ("fresh", "weekend", "late")}
    late = {name: stale < instant(state(name).now) for name, stale in overdue.items()}
    assert late == {"fresh": False, "weekend": False, "late": True}
    for name, as_of, today, coming in (
        ("fresh", "2026-11-23", "2026-11-24", "2026-11-24"),
        ("weekend", "2026-11-20", "2026-11-21", "2026-11-23"),
        ("holiday", "2026-11-25", "2026-11-26", "2026-11-27"),
    ):
        status = read(state(name), "/status")
        assert (status["AsOf"], instant(state(name).now)[:10], status["NextSession"]) == (
            as_of,
            today,
            coming,
        )


def test_a_state_looked_at_another_day_is_the_same_with_the_clock_set_back() -> None:
    now = state("fresh").now
    for name in ("fresh", "late", "recorded"):
        shown = state(name, now.replace(year=2027))
        source = read(shown, "/status")["Source"]
        assert source["ClockOffsetSeconds"] < -300 * 86400
        assert read(shown, "/movers") == read(state(name), "/movers")


def test_each_state_differs_from_the_fresh_one_as_it_says() -> None:
    day = "/movers/2026-11-23"
    newest = {name: read(state(name), day) for name in ("fresh", "corrected", "excused", "flat", "long")}
    assert [newest[name]["Revision"] for name in ("fresh", "corrected")] == [1, 2]
    assert newest["excused"]["Excused"] == {"TSLA": "halted all day"}
    assert "TSLA" not in [bar["Ticker"] for bar in newest["excused"]["Bars"]]
    assert (newest["flat"]["PercentChange"], newest["flat"]["Margin"]) == (0, 0)
    tie = read(state("flat"), "/movers/2026-11-20")
    assert (tie["Ticker"], tie["RunnerUp"], tie["Margin"]) == ("TSLA", "NVDA", 0)
    assert len(newest["long"]["Watchlist"]) == len({bar["Ticker"] for bar in newest["long"]["Bars"]}) == 600
    assert read(state("missing"), "/status")["Missing"] == ["2026-11-19"]
    assert "2026-11-19" not in [mover["Date"] for mover in read(state("missing"), "/movers")]
    assert read(state("empty"), "/status")["AsOf"] is None
    assert read(state("empty"), "/movers.json") == []
    stale = state("stale")
    newest_dates = [read(stale, path)[0]["Date"] for path in ("/movers.json", "/movers")]
    assert newest_dates == ["2026-11-20", read(stale, "/status.json")["AsOf"]]
    assert stale.documents["/index.html"] == state("weekend").documents["/index.html"]
    kinds = [read(state(name), "/status")["Source"]["Kind"] for name in ("fresh", "simulated", "recorded")]
    assert kinds == ["live", "simulated", "recorded"]


def test_what_fails_fails_for_all_data_and_for_nothing_else() -> None:
    for path in ("/movers.json", "/movers", "/tickers/AAPL.json", "/history", "/movers.csv", "/feed.xml"):
        assert is_data(path)
        assert state("offline").answer(path) == ABORT
        assert state("down").answer(f"https://localhost:8443{path}?days=3") == SERVER_ERROR
    for path in ("/", "/days/2026-11-23.html", "/history.html"):
        assert state("down").answer(path) == state("fresh").answer(path)
    for path in ("/assets/page.js", "/openapi.json", "/manifest.webmanifest"):
        assert state("down").answer(path) is None
    assert state("hung").answer("/movers.json") == HANG
    assert state("api").answer("/movers.json") == state("fresh").answer("/movers/1999-01-04") == NOT_FOUND


def test_the_server_shows_the_state_that_its_host_names(server: StatesServer) -> None:
    fresh, late = (get(server, f"{name}.localhost", "/movers.json") for name in ("fresh", "late"))
    assert fresh.headers["Content-Type"] == "application/json"
    assert fresh.headers["ETag"] == etag(fresh.content)
    assert fresh.content == state("fresh").answers["/movers.json"].body
    assert late.content == state("late").answers["/movers.json"].body
    assert get(server, "down.localhost", "/status").status_code == 500


def test_the_server_sends_the_page_under_its_policy(server: StatesServer) -> None:
    page = get(server, "fresh.localhost")
    assert page.status_code == 200
    assert page.headers.items() >= HEADERS.items()
    missing = get(server, "fresh.localhost", "/no/such/page")
    assert (missing.status_code, missing.headers["Content-Type"]) == (404, "text/html; charset=utf-8")


def test_the_server_leaves_a_request_hanging_or_drops_it(server: StatesServer) -> None:
    with pytest.raises(requests.ReadTimeout):
        get(server, "hung.localhost", "/movers.json", timeout=0.5)
    with pytest.raises(requests.ConnectionError):
        get(server, "offline.localhost", "/movers.json")


def test_the_server_lists_all_states_and_what_a_reader_must_see(server: StatesServer) -> None:
    listed = get(server, "localhost").text
    assert all(server.address(name) in listed and scene.says in listed for name, scene in SCENES.items())
