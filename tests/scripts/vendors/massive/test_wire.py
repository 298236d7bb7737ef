"""What is written, against what Massive has been seen to write."""

import json
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from email.message import Message
from pathlib import Path
from typing import Any

import pytest

from api.markets import US
from ingest.calendar import Calendar
from scripts.vendors import Question
from scripts.vendors.massive import wire
from scripts.vendors.massive.endpoints import answer
from scripts.vendors.massive.plan import Plan
from scripts.vendors.tape.recorded import RecordedTape

FIXTURES = Path(__file__).parents[3] / "fixtures" / "massive"
INVENTED = ("vw", "n")  # no daily file carries them
PLAN = Plan(Calendar(US))
GROUPED = "/v2/aggs/grouped/locale/us/market/stocks/"
AGGS = "/v2/aggs/ticker/"
TUESDAY = datetime(2024, 10, 15, 18, tzinfo=US.clock)


def captured(name: str) -> tuple[str, dict[str, Any]]:
    text = (FIXTURES / name).read_text()
    return text.strip(), json.loads(text)


def tape_of(rows: list[dict[str, Any]], ticker: str = "") -> RecordedTape:
    """A recording of the rows of an answer."""
    sessions: dict[date, dict[str, str]] = {}
    for row in rows:
        numbers = " ".join(str(row[name]) for name in ("o", "h", "l", "c", "v"))
        sessions.setdefault(day_of(row["t"]), {})[row.get("T", ticker)] = numbers
    return RecordedTape(sessions)


def day_of(milliseconds: int) -> date:
    return datetime.fromtimestamp(milliseconds / 1000, US.clock).date()


def question(target: str, body: dict[str, Any]) -> Question:
    now = PLAN.calendar.close_at(day_of(max(row["t"] for row in body["results"])))
    headers = Message()
    headers["Host"] = "api.massive.com"
    return Question("GET", target, headers, now, body["request_id"])


def without_inventions(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in INVENTED}


def test_a_captured_grouped_answer_is_answered_again() -> None:
    _, body = captured("grouped_2026-09-25_adjusted_false.json")
    asked = question(f"{GROUPED}2026-09-25?adjusted=false", body)
    given = json.loads(answer(tape_of(body["results"]), PLAN, asked))
    seen, wanted = ({row["T"]: row for row in rows} for rows in (given.pop("results"), body.pop("results")))
    assert given == body
    assert {ticker: row.keys() for ticker, row in seen.items()} == {
        ticker: row.keys() for ticker, row in wanted.items()
    }
    assert {ticker: without_inventions(row) for ticker, row in seen.items()} == {
        ticker: without_inventions(row) for ticker, row in wanted.items()
    }


def test_a_captured_range_is_answered_again() -> None:
    text, body = captured("range_AAPL_1day_2023-01-01_2023-01-10_asc.json")
    asked = question(f"{AGGS}AAPL/range/1/day/2023-01-01/2023-01-10", body)
    assert with_their_inventions(answer(tape_of(body["results"], "AAPL"), PLAN, asked), body) == text


def test_a_captured_delayed_range_is_answered_again() -> None:
    _, body = captured("range_NVDA_1day_delayed.json")
    asked = replace(question(f"{AGGS}NVDA/range/1/day/2024-10-14/2024-10-15", body), now=TUESDAY)
    given = answer(tape_of(body["results"], "NVDA"), replace(PLAN, name="basic"), asked)
    assert json.loads(with_their_inventions(given, body)) == body


def with_their_inventions(given: bytes, body: dict[str, Any]) -> str:
    """The answer as text, with the two numbers that no daily file carries taken from what was captured."""
    text = given.decode()
    for mine, theirs in zip(json.loads(given)["results"], body["results"], strict=True):
        text = text.replace(f'"vw":{mine["vw"]},', f'"vw":{theirs["vw"]},').replace(
            f'"n":{mine["n"]}}}', f'"n":{theirs["n"]}}}'
        )
    return text


@pytest.mark.parametrize(
    ("value", "text"),
    [("75.00", "75"), ("234.805", "234.805"), ("0.0001", "0.0001"), ("1E+3", "1000"), ("1200", "1200")],
)
def test_prices_are_written_exactly_and_short(value: str, text: str) -> None:
    assert wire.number(Decimal(value)) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("112117471", "1.12117471e+08"),
        ("56173990", "5.617399e+07"),
        ("10000000", "1e+07"),
        ("9999999", "9999999"),
        ("30002507.354057", "30002507.354057"),
        ("0", "0"),
    ],
)
def test_large_whole_volumes_have_an_exponent(value: str, text: str) -> None:
    assert wire.volume(Decimal(value)) == text
