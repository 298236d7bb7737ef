from dataclasses import replace
from decimal import Decimal

import pytest

from api.records import Session
from ingest.daily.judge import LEAST, IncompleteSessionError, correction, difference, judge, mover_of
from ingest.providers.reading import Fault
from tests.samples import BARS, DAY, NIGHT, WATCHLIST, bar, session


def test_a_whole_session_is_revision_one() -> None:
    assert judge(DAY, WATCHLIST, BARS, {}) == session()


def test_bars_of_other_tickers_are_left_out() -> None:
    assert judge(DAY, WATCHLIST, BARS | {"ZVZZT": bar("10", "28.01")}, {}) == session()


@pytest.mark.parametrize(
    ("faulty", "words"),
    [
        (None, "TSLA is missing"),
        (replace(BARS["TSLA"], high=Decimal(249)), "TSLA has impossible prices"),
        (replace(BARS["TSLA"], low=Decimal(242)), "TSLA has impossible prices"),
        (replace(BARS["TSLA"], low=Decimal(0)), "TSLA has a price of 0"),
        (replace(BARS["TSLA"], low=Decimal(-1)), "TSLA has a price of -1"),
        (replace(BARS["TSLA"], volume=Decimal(0)), "TSLA did not trade"),
        (Fault("comes twice, with different values"), "TSLA comes twice"),
    ],
)
def test_one_faulty_bar_fails_the_session(faulty: object, words: str) -> None:
    bars = {ticker: found for ticker, found in (BARS | {"TSLA": faulty}).items() if found}
    with pytest.raises(IncompleteSessionError, match=words):
        judge(DAY, WATCHLIST, bars, {})  # type: ignore[arg-type]


def test_the_least_that_documents_can_show_is_enough() -> None:
    least = replace(BARS["TSLA"], low=LEAST, volume=LEAST)
    assert judge(DAY, WATCHLIST, BARS | {"TSLA": least}, {}).bars["TSLA"] == least


def test_every_fault_is_named_but_not_without_end() -> None:
    with pytest.raises(IncompleteSessionError, match="AAPL is missing, MSFT is missing, TSLA is missing"):
        judge(DAY, WATCHLIST, {}, {})
    for tickers, words in ((10, "T9 is missing$"), (11, "T9 is missing and 1 more$"), (100, "and 90 more$")):
        with pytest.raises(IncompleteSessionError, match=words):
            judge(DAY, tuple(f"T{n}" for n in range(tickers)), {}, {})


def test_an_excused_ticker_needs_no_bar() -> None:
    halted = judge(
        DAY, WATCHLIST, {ticker: BARS[ticker] for ticker in ("AAPL", "MSFT")}, {"TSLA": "halted", "X": "-"}
    )
    assert halted.excused == {"TSLA": "halted"}
    assert mover_of(halted, "massive", NIGHT).ticker == "AAPL"


def test_not_every_ticker_can_be_excused() -> None:
    with pytest.raises(IncompleteSessionError, match="every ticker is excused"):
        judge(DAY, ("TSLA",), BARS, {"TSLA": "halted"})


def test_the_mover_carries_the_lead_over_the_runner_up() -> None:
    mover = mover_of(session(), "massive", NIGHT)
    assert (mover.ticker, mover.runner_up) == ("TSLA", "AAPL")
    assert (mover.percent_change, mover.margin) == (Decimal("-3.461729"), Decimal("2.461729"))
    assert (mover.open, mover.closing_price) == (Decimal(250), Decimal("241.345678"))


def test_the_same_bars_are_no_correction() -> None:
    assert correction(session(revision=3), session()) is None


def test_a_changed_close_is_the_next_revision_even_if_the_winner_stays() -> None:
    changed = correction(session(revision=3), session(MSFT=bar("300", "297.6")))
    assert changed
    assert changed.revision == 4


def test_a_ticker_excused_afterwards_is_a_correction() -> None:
    halted = judge(DAY, WATCHLIST, BARS, {"TSLA": "halted"})
    changed = correction(session(), halted)
    assert changed
    assert changed.excused == {"TSLA": "halted"}


OTHER = {"AAPL": BARS["AAPL"], "TSLA": bar("1", "2"), "IBM": bar("1", "2")}


@pytest.mark.parametrize(
    ("new", "words"),
    [
        (
            Session(DAY, 1, ("AAPL", "TSLA", "IBM"), OTHER),
            "joined: IBM; left: MSFT; other bar or excuse: TSLA",
        ),
        (replace(session(), excused={"TSLA": "halted"}), "other bar or excuse: TSLA"),
        (replace(session(), watchlist=WATCHLIST[::-1]), "watchlist in a different order"),
    ],
)
def test_what_sets_two_sessions_of_a_day_apart_is_told(new: Session, words: str) -> None:
    assert difference(session(), new) == words
