import json
from datetime import date
from decimal import Decimal
from hashlib import md5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api import documents
from api.markets import US
from api.records import Row, Session
from tests.samples import DAY, WATCHLIST, bar, mover, session, status


def test_movers_are_four_fields_and_nothing_else() -> None:
    assert documents.movers([mover(session())]) == (
        b'[{"Date":"2026-02-10","Ticker":"TSLA","PercentChange":-3.461729,"ClosingPrice":241.345678}]'
    )


def test_no_movers_are_an_empty_array() -> None:
    assert documents.movers([]) == b"[]"


def test_a_session_lists_every_bar_biggest_move_first() -> None:
    document = json.loads(documents.session(mover(session()), session()), parse_float=Decimal)
    assert [row["Ticker"] for row in document["Bars"]] == ["TSLA", "AAPL", "MSFT"]
    assert document["RunnerUp"] == "AAPL"
    assert document["Margin"] == Decimal("2.461729")
    assert document["Revision"] == 1
    assert document["RecordedAt"] == "2026-02-11T05:10:09Z"
    assert document["Bars"][1] == {
        "Ticker": "AAPL",
        "Open": 100,
        "High": 101,
        "Low": 100,
        "Close": 101,
        "Volume": 1000,
        "PercentChange": 1,
    }


def test_a_session_names_the_excused_and_may_have_no_runner_up() -> None:
    alone = Session(DAY, 1, ("AAPL", "TSLA"), {"AAPL": bar("1", "2")}, {"TSLA": "halted"})
    document = json.loads(documents.session(mover(alone), alone))
    assert document["Excused"] == {"TSLA": "halted"}
    assert document["RunnerUp"] is None
    assert document["Margin"] is None


def test_a_ticker_shows_its_sessions_and_which_it_won() -> None:
    rows = [
        Row("TSLA", DAY, bar("1", "2"), won=True, revision=1),
        Row("TSLA", date(2026, 2, 9), bar("1", "1.5"), won=False, revision=1),
    ]
    document = json.loads(documents.ticker("TSLA", rows))
    assert [(row["Date"], row["Won"]) for row in document["Sessions"]] == [
        ("2026-02-10", True),
        ("2026-02-09", False),
    ]


def test_status_says_what_a_reader_needs_without_a_calendar() -> None:
    assert json.loads(documents.status(status(), US)) == {
        "SchemaVersion": 1,
        "AsOf": "2026-02-10",
        "GeneratedAt": "2026-02-11T05:10:09Z",
        "StaleAfter": "2026-02-12T15:05:00Z",
        "NextSession": "2026-02-11",
        "Expected": ["2026-02-10", "2026-02-09"],
        "Missing": ["2026-02-09"],
        "Watchlist": list(WATCHLIST),
        "Change": "open-to-close",
        "Formula": "(Close - Open) / Open * 100",
        "Exchange": {"Mic": "XNYS", "TimeZone": "America/New_York"},
        "Source": {"Provider": "massive", "Kind": "live", "ClockOffsetSeconds": 0},
    }


def test_before_the_first_run_the_status_has_no_date() -> None:
    document = json.loads(documents.status(None, US))
    assert document["AsOf"] is None
    assert document["Expected"] == []


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("312.4500", "312.45"),
        ("-2.345678", "-2.345678"),
        ("1.12117471E+8", "112117471"),
        ("30002507.354057", "30002507.354057"),
        ("0.0000004", "0"),
        ("-0.0000001", "0"),
        ("1E-7", "0"),
        ("100", "100"),
        ("12345678901234567890123456789.123456", "12345678901234567890123456789.123456"),
    ],
)
def test_numbers_are_plain_digits_without_float_noise(value: str, text: str) -> None:
    assert documents.number(Decimal(value)) == text


@given(st.decimals("-1e12", "1e12", places=6))
def test_a_number_survives_rendering_and_parsing(value: Decimal) -> None:
    assert json.loads(documents.render([value]), parse_float=Decimal, parse_int=Decimal) == [value]


def test_the_etag_is_the_quoted_md5_that_s3_gives() -> None:
    assert documents.etag(b"[]") == f'"{md5(b"[]", usedforsecurity=False).hexdigest()}"'


def test_what_has_no_json_form_is_refused() -> None:
    with pytest.raises(TypeError, match="float"):
        documents.render(1.5)
