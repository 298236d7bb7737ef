import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from ingest.calendar import NEW_YORK, Calendar, Overrides
from scripts.market.hours import market_now, market_upcoming

FIXTURES = Path(__file__).parents[1] / "fixtures" / "massive"
SUNDAY = datetime.fromisoformat("2026-02-15T20:19:16-05:00").astimezone(UTC)


def now(text: str) -> dict[str, Any]:
    return market_now(Calendar(), datetime.fromisoformat(text).replace(tzinfo=NEW_YORK).astimezone(UTC))


def test_a_captured_sunday_is_answered_again() -> None:
    assert market_now(Calendar(), SUNDAY) == json.loads(
        (FIXTURES / "marketstatus_now_closed_2026-02-15.json").read_text()
    )


def test_every_captured_unusual_day_is_answered_again() -> None:
    upcoming = market_upcoming(Calendar(), SUNDAY)
    for entry in json.loads((FIXTURES / "marketstatus_upcoming_2026-02-15.json").read_text()):
        assert entry in upcoming


@pytest.mark.parametrize(
    ("at", "market", "early", "after"),
    [
        ("2026-11-20T03:59", "closed", False, False),
        ("2026-11-20T04:00", "extended-hours", True, False),
        ("2026-11-20T09:30", "open", False, False),
        ("2026-11-20T15:59", "open", False, False),
        ("2026-11-20T16:00", "extended-hours", False, True),
        ("2026-11-20T20:00", "closed", False, False),
        ("2026-11-27T12:59", "open", False, False),
        ("2026-11-27T13:00", "extended-hours", False, True),
        ("2026-11-27T17:00", "closed", False, False),
        ("2026-11-26T12:00", "closed", False, False),
    ],
)
def test_the_market_goes_through_its_day(at: str, market: str, early: bool, after: bool) -> None:
    status = now(at)
    assert (status["market"], status["earlyHours"], status["afterHours"]) == (market, early, after)
    assert status["exchanges"] == {"nasdaq": market, "nyse": market, "otc": market}
    assert status["indicesGroups"]["nasdaq"] == ("open" if market == "open" else "closed")


@pytest.mark.parametrize(
    ("at", "forex"),
    [
        ("2026-11-20T16:59", "open"),
        ("2026-11-20T17:00", "closed"),
        ("2026-11-21T12:00", "closed"),
        ("2026-11-22T16:59", "closed"),
        ("2026-11-22T17:00", "open"),
        ("2026-11-25T03:00", "open"),
    ],
)
def test_currencies_trade_from_sunday_to_friday(at: str, forex: str) -> None:
    assert now(at)["currencies"] == {"crypto": "open", "fx": forex}


def test_upcoming_is_forward_looking_and_names_each_exchange() -> None:
    upcoming = market_upcoming(Calendar(), datetime(2026, 11, 26, 12, tzinfo=UTC))
    assert [(entry["date"], entry["exchange"], entry["status"]) for entry in upcoming[:6]] == [
        *(("2026-11-26", exchange, "closed") for exchange in ("NYSE", "NASDAQ", "OTC")),
        *(("2026-11-27", exchange, "early-close") for exchange in ("NYSE", "NASDAQ", "OTC")),
    ]
    assert all(entry["date"] < "2027-11-26" for entry in upcoming)


def test_an_unscheduled_closure_is_listed_too() -> None:
    calendar = Calendar(Overrides(closed={date(2026, 12, 2): "mourning"}))
    upcoming = market_upcoming(calendar, datetime(2026, 12, 1, 12, tzinfo=UTC))
    assert {
        "date": "2026-12-02",
        "exchange": "NYSE",
        "name": "Special closure",
        "status": "closed",
    } in upcoming
