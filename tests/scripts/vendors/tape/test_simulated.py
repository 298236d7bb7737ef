from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from statistics import mean

import pytest

from api.markets import US
from api.records import Bar
from ingest.calendar import load_calendar
from scripts.vendors.tape import Split
from scripts.vendors.tape.simulated import FIRST_SESSION, TEST_TICKERS, SimulatedTape

FIRST, LAST = date(2025, 11, 17), date(2026, 11, 20)
WATCHLIST = ("AAPL", "MSFT", "GOOGL", "AMZN", "TSLA", "NVDA")
TAPE = SimulatedTape(["NEW", "AAPL"])
GOLDEN_AAPL = Bar(*map(Decimal, ("241.33", "243.22", "236.65", "236.8", "52633633")))
GOLDEN_NEW = Bar(*map(Decimal, ("220.98", "222.62", "214.39", "216.07", "2461315.437809")))


def test_bars_are_the_same_on_every_machine() -> None:
    assert TAPE.session(date(2026, 2, 10))["AAPL"] == GOLDEN_AAPL
    assert TAPE.session(date(2026, 2, 25))["NEW"] == GOLDEN_NEW


def test_a_bar_is_the_same_from_either_side() -> None:
    bars = TAPE.bars("TSLA", FIRST, LAST)
    assert list(bars) == load_calendar(US).sessions(FIRST, LAST)
    assert all(TAPE.session(day)["TSLA"] == bars[day] for day in list(bars)[::25])


def test_other_tickers_change_nothing() -> None:
    assert SimulatedTape().session(LAST) == {
        ticker: bar for ticker, bar in TAPE.session(LAST).items() if ticker != "NEW"
    }


def test_every_bar_is_sane() -> None:
    for day in load_calendar(US).sessions(date(2026, 1, 2), LAST):
        for ticker, bar in TAPE.session(day).items():
            assert 0 < bar.low <= min(bar.open, bar.close), (day, ticker)
            assert max(bar.open, bar.close) <= bar.high, (day, ticker)
            assert bar.volume > 0 or ticker in TEST_TICKERS


@pytest.mark.parametrize("ticker", WATCHLIST)
def test_moves_are_those_of_a_stock_and_a_session_opens_near_the_close_before(ticker: str) -> None:
    bars = list(TAPE.bars(ticker, FIRST, LAST).values())
    moves = [abs(bar.percent_change) for bar in bars]
    assert Decimal("0.5") < mean(moves) < 4
    assert max(moves) < 30
    assert max(abs(bar.open / before.close - 1) for before, bar in pairwise(bars)) < Decimal("0.02")


def test_tickers_differ_from_one_another() -> None:
    bars = TAPE.session(LAST)
    assert len({bar.move for ticker, bar in bars.items() if ticker not in TEST_TICKERS}) > 60
    assert bars["BCpC"] != bars["BCPC"]


def test_volume_is_fractional_since_the_tape_reports_fractions() -> None:
    before = TAPE.bars("AAPL", date(2025, 11, 17), date(2026, 2, 20)).values()
    after = TAPE.bars("AAPL", date(2026, 2, 23), LAST).values()
    assert all(bar.volume == int(bar.volume) for bar in before)
    assert any(bar.volume != int(bar.volume) for bar in after)


def test_prices_are_exact_and_some_are_whole_or_finer_than_cents() -> None:
    closes = [bar.close.normalize() for bar in TAPE.bars("SPY", date(2016, 1, 1), LAST).values()]
    digits = {-int(close.as_tuple().exponent) for close in closes}
    assert max(digits) == 4
    assert min(digits) <= 0


def test_the_universe_has_what_trips_clients() -> None:
    assert {*WATCHLIST, "BRK.B", "BCpC", "BCPC", "NE.WS.A", "NEW", *TEST_TICKERS} <= TAPE.tickers
    assert TAPE.session(LAST).keys() == TAPE.tickers
    assert TAPE.session(LAST)["ZBZX"] == Bar(*map(Decimal, (25, 25, 25, 25, 0)))


def test_what_was_never_traded_is_empty() -> None:
    saturday, thanksgiving = date(2026, 11, 21), date(2026, 11, 26)
    assert TAPE.session(saturday) == TAPE.session(thanksgiving) == {}
    assert TAPE.session(FIRST_SESSION - timedelta(days=1)) == {}
    assert TAPE.bars("AAPL", saturday, saturday) == {}
    assert TAPE.bars("UNLISTED", FIRST, LAST) == {}
    assert min(TAPE.bars("AAPL", date.min, date(2003, 9, 30))) == FIRST_SESSION


@pytest.mark.parametrize("split", TAPE.splits(date.min, date.max), ids=lambda split: split.ticker)
def test_a_split_is_a_cliff_in_prices_and_volumes(split: Split) -> None:
    before = load_calendar(US).previous_session(split.day)
    eve, day = TAPE.bars(split.ticker, before, split.day).values()
    ratio = Decimal(split.after) / split.before
    assert abs(eve.close / day.open / ratio - 1) < Decimal("0.02")
    assert Decimal("0.2") < day.volume / eve.volume / ratio < 5
    assert all(abs(bar.percent_change) < 20 for bar in (eve, day))


def test_splits_are_of_tickers_outside_the_default_watchlist() -> None:
    tickers = {split.ticker for split in TAPE.splits(date.min, date.max)}
    assert tickers < TAPE.tickers - {*WATCHLIST}
    assert TAPE.splits(date(2026, 11, 19), LAST) == []
