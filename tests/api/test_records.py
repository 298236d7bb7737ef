from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.markets import US, market_named
from api.records import Bar, Hole, Session, check_watchlist, margin, percent, rows
from tests.samples import DAY, NIGHT, bar, session, status

prices = st.decimals("0.0001", "999999", places=4)
bars = st.builds(lambda open_, close: bar(str(open_), str(close)), prices, prices)


def test_a_move_is_exact_where_the_printed_percentages_are_alike() -> None:
    near = bar("3", "3.01"), bar("300000001", "301000001")
    assert near[0].percent_change == near[1].percent_change == Decimal("0.333333")
    assert near[0].move != near[1].move


def test_the_biggest_absolute_move_wins_whatever_its_sign() -> None:
    ranked = session(AAPL=bar("100", "103"), MSFT=bar("100", "96"), TSLA=bar("100", "99")).ranked()
    assert [ticker for ticker, _ in ranked] == ["MSFT", "AAPL", "TSLA"]


def test_a_true_tie_goes_to_the_ticker_listed_first() -> None:
    tied = Session(DAY, 1, ("ZZZ", "AAA"), {"AAA": bar("10", "11"), "ZZZ": bar("100", "90")})
    assert tied.ranked()[0][0] == "ZZZ"


def test_an_excused_ticker_is_not_ranked() -> None:
    halted = Session(DAY, 1, ("AAPL", "TSLA"), {"AAPL": bar("1", "2")}, {"TSLA": "halted"})
    assert [ticker for ticker, _ in halted.ranked()] == ["AAPL"]


@pytest.mark.parametrize(
    ("move", "expected"),
    [
        (Fraction(1, 3), "33.333333"),
        (Fraction(-1, 3), "-33.333333"),
        (Fraction(5, 10**9), "0.000000"),  # half to even
        (Fraction(15, 10**9), "0.000002"),
        (Fraction(-1), "-100"),
    ],
)
def test_a_percentage_is_rounded_once_half_to_even_to_six_decimals(move: Fraction, expected: str) -> None:
    assert percent(move) == Decimal(expected)


def test_the_margin_is_the_lead_in_percentage_points() -> None:
    assert margin([Fraction(-1, 10), Fraction(1, 20)]) == Decimal(5)
    assert margin([Fraction(1, 10)]) is None


@given(st.dictionaries(st.text("ABCDEFG", min_size=1, max_size=4), bars, min_size=1), st.randoms())
def test_ranking_does_not_depend_on_the_order_in_which_bars_arrive(
    entries: dict[str, Bar], random: object
) -> None:
    watchlist = tuple(entries)
    shuffled = list(entries.items())
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert Session(DAY, 1, watchlist, dict(shuffled)).ranked() == Session(DAY, 1, watchlist, entries).ranked()
    moves = [abs(entry.move) for _, entry in Session(DAY, 1, watchlist, entries).ranked()]
    assert moves == sorted(moves, reverse=True)


def test_only_the_winners_row_is_won() -> None:
    assert [row.ticker for row in rows(session(), "TSLA") if row.won] == ["TSLA"]


def test_a_status_that_says_the_same_to_viewers_keeps_its_instant_whatever_holes_there_are() -> None:
    known = status()
    later = replace(known, generated_at=NIGHT + timedelta(hours=1), holes={DAY: Hole("late", NIGHT, "terms")})
    assert later.since(known) == replace(later, generated_at=NIGHT)
    changed = replace(later, missing=())
    assert changed.since(known) == changed.since(None) == changed


@pytest.mark.parametrize(
    ("watchlist", "words"),
    [
        ([], "has 0 tickers: must have 1 to 2500"),
        ([f"T{n}" for n in range(2501)], "has 2501 tickers: must have 1 to 2500"),
        (["AAPL", "../AAPL"], r"'\.\./AAPL': must be a letter"),
        (["AAPL", "MSFT", "AAPL"], "repeats AAPL: list each ticker once"),
    ],
)
def test_a_wrong_watchlist_is_refused(watchlist: list[str], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        check_watchlist(watchlist, US)


def test_a_watchlist_may_have_2500_tickers() -> None:
    check_watchlist([f"T{n}" for n in range(2500)], US)


def test_an_unknown_market_is_refused_with_those_there_are() -> None:
    assert market_named("us") is US
    with pytest.raises(ValueError, match="'mars' is unknown: must be us or india"):
        market_named("mars")
