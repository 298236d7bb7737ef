from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from api.facts import facts
from api.records import Bar, Session, Winner
from tests.samples import DAY, WATCHLIST, bar, mover, session

TSLA = Decimal("-3.461729")  # as published


def told(session: Session, earlier: Sequence[Winner] = ()) -> list[dict[str, Any]]:
    return facts(mover(session), session, earlier)


def kinds(session: Session, earlier: Sequence[Winner] = ()) -> dict[str, Any]:
    """The facts by kind, each with its one value."""
    found = {}
    for fact in told(session, earlier):
        kind, *values = fact.values()
        found[kind] = values[0] if values else None
    return found


def past(*tickers: str, change: str = "1") -> list[Winner]:
    """Winners of the days before, newest first."""
    days = [DAY - timedelta(days=ago) for ago in range(1, len(tickers) + 1)]
    return [
        Winner(day, ticker, Decimal(change), Decimal(1)) for day, ticker in zip(days, tickers, strict=True)
    ]


def test_of_the_first_session_stored_nothing_is_said() -> None:
    assert told(session()) == []


def test_where_nothing_moved_nothing_is_said_of_the_winner() -> None:
    still = replace(session(), bars=dict.fromkeys(WATCHLIST, bar("10", "10")))
    assert told(still, past(*["AAPL"] * 9, change="0")) == [{"Kind": "Unmoved"}]


def test_a_move_too_small_to_show_is_a_move() -> None:
    tiny = bar("100000000000", "100000000000.000001")
    found = session(AAPL=bar("1", "1"), MSFT=bar("1", "1"), TSLA=tiny)
    assert mover(found).percent_change == 0
    assert "Unmoved" not in kinds(found)


def test_a_tie_names_the_others_as_listed_and_only_if_it_is_exact() -> None:
    up, down, near = bar("100", "110"), bar("50", "45"), bar("300000000", "330000001")
    assert kinds(session(AAPL=up, MSFT=down, TSLA=up)) == {"Tie": ["MSFT", "TSLA"]}
    assert kinds(session(AAPL=up, MSFT=down, TSLA=near)) == {}  # as published they are alike


@pytest.mark.parametrize(("stored", "span"), [(6, None), (7, 7), (29, 7), (30, 30), (251, 30), (252, 252)])
def test_the_biggest_move_is_that_of_the_longest_span_there_is(stored: int, span: int | None) -> None:
    assert kinds(session(), past(*["AAPL"] * (stored - 1))).get("Biggest") == span


def test_a_move_as_big_ends_the_span_whatever_its_sign() -> None:
    earlier = past(*["AAPL"] * 251)
    for ago, span in {29: 7, 30: 30, 6: None, 7: 7, 251: 30}.items():
        as_big = [*earlier]
        as_big[ago - 1] = replace(as_big[ago - 1], percent_change=-TSLA)
        assert kinds(session(), as_big).get("Biggest") == span, ago


def test_a_streak_begins_with_the_second_win() -> None:
    assert "Streak" not in kinds(session(), past("AAPL", "TSLA"))
    assert kinds(session(), past("TSLA", "TSLA", "AAPL", "TSLA"))["Streak"] == 3


@pytest.mark.parametrize(("ago", "worth_a_word"), [(1, False), (29, False), (30, True), (251, True)])
def test_a_win_after_a_long_time_has_its_last_ones_date(ago: int, worth_a_word: bool) -> None:
    earlier = past(*["AAPL"] * (ago - 1), "TSLA", "TSLA")
    expected = DAY - timedelta(days=ago) if worth_a_word else None
    assert kinds(session(), earlier).get("FirstWinSince") == expected


@pytest.mark.parametrize(
    ("second", "close"),
    [(bar("1000", "1099"), False), (bar("1000", "1099.01"), True), (bar("1000", "1100"), False)],
    ids=["a tenth of a point", "less", "none"],
)
def test_a_close_race_has_a_lead_of_less_than_a_tenth_of_a_point(second: Bar, close: bool) -> None:
    assert ("CloseRace" in kinds(session(AAPL=bar("100", "110"), MSFT=second))) == close


def test_the_most_notable_comes_first() -> None:
    tied = Session(
        DAY,
        1,
        ("IBM", "AAPL", "MSFT", "GE"),
        {"AAPL": bar("1", "2"), "MSFT": bar("2", "4")},
        {"GE": "", "IBM": ""},
    )
    assert told(tied, past(*["AAPL"] * 7)) == [
        {"Kind": "Tie", "Tickers": ["MSFT"]},
        {"Kind": "Biggest", "Sessions": 7},
        {"Kind": "Streak", "Wins": 8},
        {"Kind": "LeftOut", "Tickers": ["IBM", "GE"]},
    ]
