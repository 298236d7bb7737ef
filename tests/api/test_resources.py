import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from hashlib import md5
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api import documents
from api.markets import US
from api.records import Row, Session
from tests.samples import BARS, DAY, NEXT, NIGHT, TOLD, WATCHLIST, bar, mover, session


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
        "PreviousClose": None,
        "ChangeFromPreviousClose": None,
    }


def of_previous_closes(session: Session, before: Session | None) -> dict[str, Any]:
    """The figures by ticker, with the winner by previous close."""
    document = json.loads(documents.session(mover(session), session, before), parse_float=Decimal)
    bars = {bar["Ticker"]: (bar["PreviousClose"], bar["ChangeFromPreviousClose"]) for bar in document["Bars"]}
    return {**bars, "winner": document["MoverByPreviousClose"]}


UNKNOWN = dict.fromkeys((*WATCHLIST, "winner"), None) | dict.fromkeys(WATCHLIST, (None, None))


def test_the_previous_close_is_in_the_shares_of_the_session() -> None:
    """TSLA closed at 241.345678; two shares became five."""
    halved = replace(NEXT, bars={**NEXT.bars, "TSLA": bar("97", "96.5")})
    assert of_previous_closes(halved, session()) == {
        "AAPL": (101, 0),
        "MSFT": (Decimal("297.5"), 0),
        "TSLA": (Decimal("96.538271"), Decimal("-0.039644")),
        "winner": {"Ticker": "TSLA", "PercentChange": Decimal("-0.039644")},
    }


def test_a_previous_close_is_not_guessed() -> None:
    week_before = session(date(2026, 2, 3))
    assert of_previous_closes(NEXT, None) == UNKNOWN
    assert of_previous_closes(NEXT, week_before) == UNKNOWN
    assert of_previous_closes(replace(NEXT, splits=None), session()) == UNKNOWN
    assert of_previous_closes(replace(NEXT, previous=None), session()) == UNKNOWN


def test_the_largest_change_from_the_previous_close_is_told_only_if_all_are_known() -> None:
    newly_listed = replace(session(), bars={ticker: BARS[ticker] for ticker in ("AAPL", "MSFT")})
    found = of_previous_closes(NEXT, newly_listed)
    assert (found["AAPL"], found["TSLA"], found["winner"]) == ((101, 0), (None, None), None)


def test_a_tie_of_changes_from_the_previous_close_goes_to_the_ticker_listed_first() -> None:
    up, down = bar("101", "202"), bar("600", "595")
    tied = replace(NEXT, bars={"TSLA": NEXT.bars["TSLA"], "MSFT": down, "AAPL": up}, splits={})
    assert of_previous_closes(tied, session())["winner"] == {"Ticker": "AAPL", "PercentChange": 100}


def test_a_session_says_when_it_was_read_again_and_what_is_worth_a_word() -> None:
    checked = replace(mover(NEXT), checked_at=NIGHT)
    document = json.loads(documents.session(checked, NEXT, session(), [mover(session())]))
    assert document["CheckedAt"] == "2026-02-11T05:10:09Z"
    assert document["Facts"] == [{"Kind": "Streak", "Wins": 2}]


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


def test_a_tickers_change_is_from_the_close_of_the_session_before_in_new_shares() -> None:
    """Known, after a split, after a gap, with unknown splits, and the oldest."""
    days = [date(2026, 2, day) for day in (12, 11, 10, 6, 5)]
    before = [date(2026, 2, day) for day in (11, 10, 9, 5, 4)]
    closes, splits = ("103.03", "101", "200", "100", "50"), (1, 2, 1, None, 1)
    rows = [
        Row("TSLA", day, bar("100", close), False, 1, None if split is None else Fraction(split), previous)
        for day, close, split, previous in zip(days, closes, splits, before, strict=True)
    ]
    document = json.loads(documents.ticker("TSLA", rows), parse_float=Decimal)
    changes = [session["ChangeFromPreviousClose"] for session in document["Sessions"]]
    assert changes == [Decimal("2.009901"), 1, None, None, None]
    assert document["Splits"] == [{"Date": "2026-02-11", "Ratio": "2"}]


def test_status_says_what_a_reader_needs_without_a_calendar() -> None:
    assert json.loads(documents.status(TOLD, US)) == {
        "SchemaVersion": 1,
        "AsOf": "2026-02-10",
        "GeneratedAt": "2026-02-11T05:10:09Z",
        "CheckedAt": "2026-02-11T05:10:09Z",
        "StaleAfter": "2026-02-12T15:05:00Z",
        "NextSession": "2026-02-11",
        "ReadyAt": "2026-02-12T05:05:00Z",
        "Expected": ["2026-02-10", "2026-02-09"],
        "Missing": ["2026-02-09"],
        "Watchlist": list(WATCHLIST),
        "Names": {"AAPL": "Apple", "IBM": "Big Blue", "TSLA": "Tesla"},
        "Change": "open-to-close",
        "Formula": "(Close - Open) / Open * 100",
        "Exchange": {"Mic": "XNYS", "TimeZone": "America/New_York", "Currency": "USD"},
        "Source": {"Provider": "massive", "Kind": "live", "ClockOffsetSeconds": 0},
        "Sessions": [
            {"Date": "2026-02-10", "RecordedAt": "2026-02-11T05:10:09Z"},
            {"Date": "2026-02-09", "RecordedAt": "2026-02-11T05:10:09Z"},
        ],
        "Holidays": [
            {"Date": "2026-01-19", "Name": "Martin Luther King Jr. Day"},
            {"Date": "2026-02-16", "Name": "Washington's Birthday"},
        ],
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
