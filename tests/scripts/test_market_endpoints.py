import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from ingest.calendar import NEW_YORK, load_calendar
from scripts.market.endpoints import Call, answer, endpoint_of
from scripts.market.plan import Plan
from scripts.market.simulated import SimulatedMarket
from scripts.market.wire import RefusedError, refusal

FIXTURES = Path(__file__).parents[1] / "fixtures" / "massive"
MARKET = SimulatedMarket()
FREE = Plan(load_calendar(), "basic")
PAID = Plan(load_calendar())
GROUPED = "/v2/aggs/grouped/locale/us/market/stocks/"
AAPL = "/v2/aggs/ticker/AAPL/"
FRIDAY_NOON = datetime(2026, 11, 20, 12, tzinfo=NEW_YORK)
FRIDAY_CLOSE = datetime(2026, 11, 20, 16, tzinfo=NEW_YORK)
SATURDAY = datetime(2026, 11, 21, 0, tzinfo=NEW_YORK)


def ask(path: str, plan: Plan = PAID, now: datetime = SATURDAY, **query: str) -> Any:
    return json.loads(answer(MARKET, plan, Call(path, query, now.astimezone(UTC), "http://here", "0" * 32)))


def refused(path: str, plan: Plan = PAID, now: datetime = SATURDAY, **query: str) -> tuple[int, str]:
    with pytest.raises(RefusedError) as error:
        ask(path, plan, now, **query)
    return error.value.status, error.value.text


def captured_text(name: str) -> str:
    body = json.loads((FIXTURES / name).read_text())
    return str(body.get("error") or body["message"])


def dates(body: dict[str, Any]) -> list[str]:
    """The New York dates of the rows."""
    instants = (datetime.fromtimestamp(row["t"] / 1000, NEW_YORK) for row in body.get("results", []))
    return [instant.date().isoformat() for instant in instants]


def times(body: dict[str, Any]) -> set[str]:
    instants = (datetime.fromtimestamp(row["t"] / 1000, NEW_YORK) for row in body["results"])
    return {instant.time().isoformat() for instant in instants}


def test_grouped_holds_the_whole_market_at_16_o_clock() -> None:
    for day in ("2026-11-20", "2025-11-28", "2026-07-10"):  # a regular day, an early close, summer time
        body = ask(GROUPED + day)
        assert {row["T"] for row in body["results"]} == MARKET.tickers
        assert body["count"] == body["queryCount"] == body["resultsCount"] == len(MARKET.tickers)
        assert (set(dates(body)), times(body)) == ({day}, {"16:00:00"})


def test_grouped_rows_come_in_an_order_of_their_own_each_day_but_always_the_same() -> None:
    orders = [[row["T"] for row in ask(GROUPED + day)["results"]] for day in ("2026-11-19", "2026-11-20")]
    assert orders[0] != orders[1] != sorted(orders[1])
    assert orders[1] == [row["T"] for row in ask(f"{GROUPED}2026-11-20")["results"]]


def test_rows_without_volume_have_no_vw_and_no_n() -> None:
    rows = {row["T"]: row for row in ask(f"{GROUPED}2026-11-20")["results"]}
    assert rows["ZBZX"].keys() == {"T", "v", "o", "c", "h", "l", "t"}
    assert rows["AAPL"].keys() == rows["ZBZX"].keys() | {"vw", "n"}


@pytest.mark.parametrize(
    "path",
    [
        f"{GROUPED}2026-11-14",
        f"{GROUPED}2026-11-26",
        f"{AAPL}range/1/day/2026-11-14/2026-11-15",
        "/v2/aggs/ticker/UNLISTED/prev",
        "/v2/aggs/ticker/aapl/range/1/day/2026-11-01/2026-11-20",
    ],
)
def test_no_data_is_a_good_answer_without_results(path: str) -> None:
    body = ask(path)
    expected = json.loads((FIXTURES / "grouped_empty_no_results_key.json").read_text())
    assert {**body, "request_id": expected["request_id"], "ticker": ""} == {**expected, "ticker": ""}


def test_adjusted_is_echoed() -> None:
    for path in (f"{GROUPED}2026-11-20", f"{AAPL}prev", f"{AAPL}range/1/day/2026-11-02/2026-11-20"):
        assert ask(path)["adjusted"] is ask(path, adjusted="True")["adjusted"] is True
        assert ask(path, adjusted="false")["adjusted"] is False


def test_prev_is_the_last_session_that_has_closed() -> None:
    body = ask(f"{AAPL}prev", now=FRIDAY_CLOSE)
    assert (dates(body), times(body)) == (["2026-11-20"], {"16:00:00"})
    assert body["results"][0]["T"] == body["ticker"] == "AAPL"
    assert dates(ask(f"{AAPL}prev", now=FRIDAY_NOON)) == ["2026-11-19"]
    assert dates(ask(f"{AAPL}prev", FREE, now=FRIDAY_CLOSE)) == ["2026-11-19"]
    assert dates(ask(f"{AAPL}prev", FREE)) == ["2026-11-20"]


def test_a_range_has_a_row_at_midnight_for_each_session() -> None:
    body = ask(f"{AAPL}range/1/day/2026-10-26/2026-11-08")  # summer time ends within
    assert dates(body) == [
        day.isoformat() for day in load_calendar().sessions(date(2026, 10, 26), date(2026, 11, 8))
    ]
    assert times(body) == {"00:00:00"}
    assert "T" not in body["results"][0]
    assert "next_url" not in body


def test_the_bars_are_the_same_at_every_endpoint() -> None:
    [grouped] = [row for row in ask(f"{GROUPED}2026-11-20")["results"] if row["T"] == "AAPL"]
    [ranged] = ask(f"{AAPL}range/1/day/2026-11-20/2026-11-20")["results"]
    assert ask(f"{AAPL}prev")["results"] == [grouped]
    assert {**ranged, "T": "AAPL", "t": grouped["t"]} == grouped
    flat = ask("/v1/open-close/AAPL/2026-11-20")
    assert [flat[name] for name in ("open", "high", "low", "close", "volume")] == [
        grouped[name] for name in "ohlcv"
    ]


def test_open_close_is_flat() -> None:
    body = ask("/v1/open-close/BRK.B/2026-11-20")
    assert list(body) == ["status", "from", "symbol", "open", "high", "low", "close", "volume"]
    assert (body["status"], body["from"], body["symbol"]) == ("OK", "2026-11-20", "BRK.B")


@pytest.mark.parametrize("path", ["AAPL/2026-11-14", "UNLISTED/2026-11-20", "AAPL/2026-11-23"])
def test_open_close_without_data_is_not_found(path: str) -> None:
    assert refused(f"/v1/open-close/{path}") == (404, captured_text("open_close_404_not_found.json"))


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


def test_bounds_may_be_instants() -> None:
    by_date = ask(f"{AAPL}range/1/day/2026-11-02/2026-11-20")
    by_instant = ask(f"{AAPL}range/1/day/1793595600000/1795208400000")  # the first midnight, the last close
    assert by_instant["results"] == by_date["results"]


def test_the_newest_session_appears_when_it_closes() -> None:
    to_the_future = f"{AAPL}range/1/day/2026-11-16/2026-12-31"
    assert dates(ask(to_the_future, now=FRIDAY_NOON))[-1] == "2026-11-19"
    assert dates(ask(to_the_future, now=FRIDAY_CLOSE))[-1] == "2026-11-20"
    assert "results" not in ask(f"{GROUPED}2026-11-20", now=FRIDAY_NOON)
    assert "results" in ask(f"{GROUPED}2026-11-20", now=FRIDAY_CLOSE)
    early = datetime(2025, 11, 28, 13, tzinfo=NEW_YORK)
    assert "results" in ask(f"{GROUPED}2025-11-28", now=early)


def test_the_free_plan_opens_a_day_at_midnight() -> None:
    before_end = (403, captured_text("error_403_before_end_of_day.json"))
    for path in (
        f"{GROUPED}2026-11-20",
        "/v1/open-close/AAPL/2026-11-20",
        f"{AAPL}range/1/day/2026-11-20/2026-11-20",
    ):
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
        "/v1/open-close/AAPL/2020-01-02",
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


def test_the_free_plan_has_no_snapshots() -> None:
    path = "/v2/snapshot/locale/us/markets/stocks/gainers"
    assert refused(path, FREE) == (403, captured_text("error_403_not_entitled_snapshot.json"))
    assert refused(path, PAID)[0] == 404


def test_an_unknown_plan_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown plan 'gold'; allowed is 'basic', or none"):
        Plan(load_calendar(), "gold")


@pytest.mark.parametrize("text", ["2023-13-01", "2023-1-1", "yesterday", "99999999999999999999", "9" * 5000])
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
        ("range/5/minute/2026-11-02/2026-11-20", {}, "only bars of 1/day are served here, not of 5/minute"),
        (
            "range/1/day/2026-11-02/2026-11-20",
            {"limit": "0"},
            "'limit' has to be a whole number from 1 to 50000",
        ),
        ("range/1/day/2026-11-02/2026-11-20", {"limit": "50001"}, "'limit' has to be a whole number"),
        ("range/1/day/2026-11-02/2026-11-20", {"sort": "up"}, "'sort' has to be one of asc, desc"),
        ("range/1/day/2026-11-02/2026-11-20", {"cursor": "!"}, "'cursor' is none that a next_url has held"),
        ("prev", {"adjusted": "maybe"}, "'adjusted' has to be one of true, false"),
    ],
)
def test_a_bad_parameter_is_named(path: str, query: Any, text: str) -> None:
    status, told = refused(AAPL + path, **query)
    assert status == 400
    assert text in told


def test_an_unknown_path_is_told_what_is_served() -> None:
    status, text = refused("/v3/reference/tickers")
    assert status == 404
    assert "/v2/aggs/ticker/*/prev" in text


@pytest.mark.parametrize(
    ("path", "endpoint"),
    [
        (f"{GROUPED}2026-11-20", "grouped"),
        (f"{AAPL}prev", "prev"),
        (f"{AAPL}range/1/day/a/b", "range"),
        ("/v1/open-close/AAPL/x", "open-close"),
        ("/v1/marketstatus/now", "marketstatus-now"),
        ("/v1/marketstatus/upcoming", "marketstatus-upcoming"),
        ("/v2/aggs", "other"),
    ],
)
def test_every_path_belongs_to_an_endpoint(path: str, endpoint: str) -> None:
    assert endpoint_of(path) == endpoint


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("error_400_bad_date.json", 400),
        ("error_401_no_key.json", 401),
        ("error_401_unknown_key.json", 401),
        ("error_403_timeframe.json", 403),
        ("open_close_404_not_found.json", 404),
        ("error_429_rate_limit.json", 429),
    ],
)
def test_error_bodies_are_the_captured_ones(name: str, status: int) -> None:
    text = (FIXTURES / name).read_text().strip()
    assert refusal(status, captured_text(name), json.loads(text)["request_id"]).decode() == text
