import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from email.message import Message
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from api.markets import US
from ingest.calendar import load_calendar
from scripts.vendors import DeniedError, Question
from scripts.vendors.massive import Massive
from scripts.vendors.massive.endpoints import answer
from scripts.vendors.massive.plan import Plan
from scripts.vendors.tape.simulated import SimulatedTape

FIXTURES = Path(__file__).parents[3] / "fixtures" / "massive"
TAPE = SimulatedTape()
FREE = Plan(load_calendar(US), "basic")
PAID = Plan(load_calendar(US))
GROUPED = "/v2/aggs/grouped/locale/us/market/stocks/"
AAPL = "/v2/aggs/ticker/AAPL/"
FRIDAY_NOON = datetime(2026, 11, 20, 12, tzinfo=US.clock)
FRIDAY_CLOSE = datetime(2026, 11, 20, 16, tzinfo=US.clock)
SATURDAY = datetime(2026, 11, 21, 0, tzinfo=US.clock)


def ask(path: str, plan: Plan = PAID, now: datetime = SATURDAY, **query: str) -> Any:
    return json.loads(answer(TAPE, plan, question(f"{path}?{urlencode(query)}", now)))


def question(target: str, now: datetime = SATURDAY, request_id: str = "0" * 32) -> Question:
    headers = Message()
    headers["Host"] = "here"
    return Question("GET", target, headers, now.astimezone(UTC), request_id)


def refused(path: str, plan: Plan = PAID, now: datetime = SATURDAY, **query: str) -> tuple[int, str]:
    with pytest.raises(DeniedError) as error:
        ask(path, plan, now, **query)
    return error.value.status, str(error.value)


def captured_text(name: str) -> str:
    body = json.loads((FIXTURES / name).read_text())
    return str(body.get("error") or body["message"])


def dates(body: dict[str, Any]) -> list[str]:
    """The New York dates of the rows."""
    instants = (datetime.fromtimestamp(row["t"] / 1000, US.clock) for row in body.get("results", []))
    return [instant.date().isoformat() for instant in instants]


def times(body: dict[str, Any]) -> set[str]:
    instants = (datetime.fromtimestamp(row["t"] / 1000, US.clock) for row in body["results"])
    return {instant.time().isoformat() for instant in instants}


def test_grouped_holds_the_whole_market_at_16_o_clock() -> None:
    for day in ("2026-11-20", "2025-11-28", "2026-07-10"):  # a regular day, an early close, summer time
        body = ask(GROUPED + day)
        assert {row["T"] for row in body["results"]} == TAPE.tickers
        assert body["count"] == body["queryCount"] == body["resultsCount"] == len(TAPE.tickers)
        assert (set(dates(body)), times(body)) == ({day}, {"16:00:00"})


@pytest.mark.parametrize(
    "path",
    [
        f"{GROUPED}2026-11-14",
        f"{GROUPED}2026-11-26",
        f"{AAPL}range/1/day/2026-11-14/2026-11-15",
        "/v2/aggs/ticker/UNLISTED/range/1/day/2026-11-16/2026-11-20",
        "/v2/aggs/ticker/aapl/range/1/day/2026-11-01/2026-11-20",
    ],
)
def test_no_data_is_a_good_answer_without_results(path: str) -> None:
    body = ask(path)
    expected = json.loads((FIXTURES / "grouped_empty_no_results_key.json").read_text())
    assert {**body, "request_id": expected["request_id"], "ticker": ""} == {**expected, "ticker": ""}


def test_a_range_has_the_bars_of_the_whole_days_with_midnight_for_their_time() -> None:
    body = ask(f"{AAPL}range/1/day/2026-10-26/2026-11-08")  # summer time ends within
    sessions = load_calendar(US).sessions(date(2026, 10, 26), date(2026, 11, 8))
    assert (dates(body), times(body)) == ([str(day) for day in sessions], {"00:00:00"})
    for day, ranged in zip(sessions, body["results"], strict=True):
        [grouped] = [row for row in ask(f"{GROUPED}{day}")["results"] if row["T"] == "AAPL"]
        assert {**ranged, "T": "AAPL", "t": grouped["t"]} == grouped


def pages(path: str, **query: Any) -> list[dict[str, Any]]:
    body = ask(path, **query)
    found = [body]
    while next_url := body.get("next_url"):
        path, _, text = next_url.removeprefix("http://here").partition("?")
        body = ask(path, cursor=text.removeprefix("cursor="))
        found.append(body)
    return found


@pytest.mark.parametrize(("sort", "order"), [("asc", sorted), ("desc", lambda days: sorted(days)[::-1])])
def test_pages_join_to_the_whole(sort: str, order: Callable[[list[str]], list[str]]) -> None:
    path = f"{AAPL}range/1/day/2026-10-01/2026-11-20"
    whole = ask(path)["results"]
    found = pages(path, limit="7", sort=sort, adjusted="false")
    joined = [row for page in found for row in page["results"]]
    assert sorted(joined, key=lambda row: row["t"]) == whole
    assert [day for page in found for day in dates(page)] == order(dates({"results": whole}))
    assert [len(page["results"]) for page in found] == [7, 7, 7, 7, 7, 2]
    assert {page["adjusted"] for page in found} == {False}


def test_the_newest_session_appears_when_it_closes() -> None:
    to_the_future = f"{AAPL}range/1/day/2026-11-16/2026-12-31"
    assert dates(ask(to_the_future, now=FRIDAY_NOON))[-1] == "2026-11-19"
    assert dates(ask(to_the_future, now=FRIDAY_CLOSE))[-1] == "2026-11-20"
    assert "results" not in ask(f"{GROUPED}2026-11-20", now=FRIDAY_NOON)
    assert "results" in ask(f"{GROUPED}2026-11-20", now=FRIDAY_CLOSE)
    early = datetime(2025, 11, 28, 13, tzinfo=US.clock)
    assert "results" in ask(f"{GROUPED}2025-11-28", now=early)


def test_the_free_plan_opens_a_day_at_midnight() -> None:
    before_end = (403, captured_text("error_403_before_end_of_day.json"))
    for path in (f"{GROUPED}2026-11-20", f"{AAPL}range/1/day/2026-11-20/2026-11-20"):
        assert refused(path, FREE, FRIDAY_CLOSE) == before_end
        assert ask(path, FREE, SATURDAY)["status"] == "OK"


def test_the_free_plan_serves_a_range_to_the_present_as_delayed() -> None:
    body = ask(f"{AAPL}range/1/day/2026-11-16/2026-11-20", FREE, FRIDAY_CLOSE)
    assert (body["status"], dates(body)[-1]) == ("DELAYED", "2026-11-19")
    assert ask(f"{AAPL}range/1/day/2026-11-16/2026-11-19", FREE, FRIDAY_CLOSE)["status"] == "OK"


@pytest.mark.parametrize(
    "path",
    [
        f"{GROUPED}2026-11-22",
        f"{GROUPED}2024-11-20",
        f"{AAPL}range/1/day/2020-01-02/2024-11-20",
        f"{AAPL}range/1/day/2026-11-23/2026-11-30",
    ],
)
def test_the_free_plan_ends_two_years_ago_and_today(path: str) -> None:
    assert refused(path, FREE) == (403, captured_text("error_403_timeframe.json"))
    assert ask(path)["status"] == "OK"


def test_the_free_plan_cuts_a_range_that_begins_too_early() -> None:
    assert dates(ask(f"{AAPL}range/1/day/2020-01-02/2024-11-25", FREE)) == [
        "2024-11-21",
        "2024-11-22",
        "2024-11-25",
    ]


@pytest.mark.parametrize("text", ["2023-13-01", "yesterday", "9" * 5000])
def test_a_bad_bound_is_named(text: str) -> None:
    expected = captured_text("error_400_bad_date.json")
    assert refused(f"{AAPL}range/1/day/{text}/2026-11-20", FREE) == (400, expected)
    assert refused(f"{AAPL}range/1/day/2026-11-20/{text}") == (400, expected.replace("'from'", "'to'"))
    assert refused(GROUPED + text) == (400, expected.replace("'from'", "'date'"))


@pytest.mark.parametrize(
    ("path", "query", "text"),
    [
        (
            "range/1/day/2026-11-20/2026-11-19",
            {},
            "The parameter 'to' cannot be a time that occurs before 'from'",
        ),
        ("range/5/minute/2026-11-02/2026-11-20", {}, "only 1/day bars are served here, not 5/minute"),
        (
            "range/1/day/2026-11-02/2026-11-20",
            {"limit": "0"},
            "'limit' must be a whole number from 1 to 50000",
        ),
        ("range/1/day/2026-11-02/2026-11-20", {"limit": "50001"}, "'limit' must be a whole number"),
        ("range/1/day/2026-11-02/2026-11-20", {"sort": "up"}, "'sort' must be one of asc, desc"),
        ("range/1/day/2026-11-02/2026-11-20", {"cursor": "!"}, "'cursor' isn't one from a next_url"),
        (
            "range/1/day/2026-11-02/2026-11-20",
            {"adjusted": "maybe"},
            "'adjusted' must be one of true, false",
        ),
    ],
)
def test_a_bad_parameter_is_named(path: str, query: Any, text: str) -> None:
    status, told = refused(AAPL + path, **query)
    assert status == 400
    assert text in told


SPLITS = "/v3/reference/splits"


def splits(plan: Plan = PAID, now: datetime = SATURDAY, **query: str) -> list[tuple[str, str, int, int]]:
    names = ("execution_date", "ticker", "split_from", "split_to")
    return [tuple(row[name] for name in names) for row in ask(SPLITS, plan, now, **query)["results"]]


def between(first: str, last: str) -> dict[str, Any]:
    return {"execution_date.gte": first, "execution_date.lte": last}


def test_splits_are_those_of_the_days_asked_for() -> None:
    year = between("2025-11-17", "2026-11-17") | {"limit": "1000", "sort": "execution_date", "order": "asc"}
    assert splits(**year) == [("2025-11-17", "NFLX", 1, 10), ("2026-06-15", "T", 4, 1)]
    assert splits(**year, ticker="T") == splits(execution_date="2026-06-15")
    assert [ticker for _, ticker, _, _ in splits()] == ["QCOM", "T", "NFLX", "AVGO", "WMT", "GE"]
    assert [ticker for _, ticker, _, _ in splits(sort="ticker", order="asc", limit="2")] == ["AVGO", "GE"]


def test_a_split_is_told_from_its_day_on_and_as_far_back_as_the_plan_goes() -> None:
    tuesday = datetime(2026, 11, 17, 18, tzinfo=US.clock)
    assert splits(now=tuesday)[0][1] == "T"
    assert [ticker for _, ticker, _, _ in splits(FREE)] == ["QCOM", "T", "NFLX"]


@pytest.mark.parametrize(
    ("name", "status", "usual"),
    [
        ("error_400_bad_date.json", 400, False),
        ("error_401_no_key.json", 401, False),
        ("error_401_unknown_key.json", 401, True),
        ("error_403_timeframe.json", 403, False),
        ("open_close_404_not_found.json", 404, True),
        ("error_429_rate_limit.json", 429, True),
    ],
)
def test_error_bodies_are_the_captured_ones(name: str, status: int, usual: bool) -> None:
    text = (FIXTURES / name).read_text().strip()
    denied = DeniedError(status, None if usual else captured_text(name))
    assert Massive(TAPE, PAID).denial(denied, json.loads(text)["request_id"]) == (status, text.encode())
