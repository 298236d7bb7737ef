from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from statistics import mean

import pytest

from api.records import Bar
from ingest.calendar import load_calendar
from scripts.market.simulated import FIRST_SESSION, TEST_TICKERS, SimulatedMarket

FIRST, LAST = date(2025, 11, 17), date(2026, 11, 20)
WATCHLIST = ("AAPL", "MSFT", "GOOGL", "AMZN", "TSLA", "NVDA")
MARKET = SimulatedMarket(["NEW", "AAPL"])
GOLDEN_AAPL = Bar(*map(Decimal, ("241.33", "243.22", "236.65", "236.8", "52633633")))
GOLDEN_NEW = Bar(*map(Decimal, ("220.98", "222.62", "214.39", "216.07", "2461315.437809")))


def test_bars_are_the_same_on_every_machine() -> None:
    assert MARKET.session(date(2026, 2, 10))["AAPL"] == GOLDEN_AAPL
    assert MARKET.session(date(2026, 2, 25))["NEW"] == GOLDEN_NEW


def test_a_bar_is_the_same_from_either_side() -> None:
    bars = MARKET.bars("TSLA", FIRST, LAST)
    assert list(bars) == load_calendar().sessions(FIRST, LAST)
    assert all(MARKET.session(day)["TSLA"] == bars[day] for day in list(bars)[::25])


def test_other_tickers_change_nothing() -> None:
    assert SimulatedMarket().session(LAST) == {
        ticker: bar for ticker, bar in MARKET.session(LAST).items() if ticker != "NEW"
    }


def test_every_bar_is_sane() -> None:
    for day in load_calendar().sessions(date(2026, 1, 2), LAST):
        for ticker, bar in MARKET.session(day).items():
            assert 0 < bar.low <= min(bar.open, bar.close), (day, ticker)
            assert max(bar.open, bar.close) <= bar.high, (day, ticker)
            assert bar.volume > 0 or ticker in TEST_TICKERS


@pytest.mark.parametrize("ticker", WATCHLIST)
def test_moves_are_those_of_a_stock(ticker: str) -> None:
    moves = [abs(bar.percent_change) for bar in MARKET.bars(ticker, FIRST, LAST).values()]
    assert Decimal("0.5") < mean(moves) < 4
    assert max(moves) < 30


@pytest.mark.parametrize("ticker", WATCHLIST)
def test_a_session_opens_near_the_close_before(ticker: str) -> None:
    bars = list(MARKET.bars(ticker, FIRST, LAST).values())
    gaps = [abs(bar.open / before.close - 1) for before, bar in pairwise(bars)]
    assert max(gaps) < Decimal("0.02")


def test_tickers_differ_from_one_another() -> None:
    bars = MARKET.session(LAST)
    assert len({bar.move for ticker, bar in bars.items() if ticker not in TEST_TICKERS}) > 60
    assert bars["BCpC"] != bars["BCPC"]


def test_volume_is_fractional_since_the_tape_reports_fractions() -> None:
    before = MARKET.bars("AAPL", date(2025, 11, 17), date(2026, 2, 20)).values()
    after = MARKET.bars("AAPL", date(2026, 2, 23), LAST).values()
    assert all(bar.volume == int(bar.volume) for bar in before)
    assert any(bar.volume != int(bar.volume) for bar in after)


def test_prices_are_exact_and_some_are_whole_or_finer_than_cents() -> None:
    closes = [bar.close.normalize() for bar in MARKET.bars("SPY", date(2016, 1, 1), LAST).values()]
    digits = {-int(close.as_tuple().exponent) for close in closes}
    assert max(digits) == 4
    assert min(digits) <= 0


def test_the_universe_has_what_trips_clients() -> None:
    assert {*WATCHLIST, "BRK.B", "BCpC", "BCPC", "NE.WS.A", "NEW", *TEST_TICKERS} <= MARKET.tickers
    assert MARKET.session(LAST).keys() == MARKET.tickers
    assert MARKET.session(LAST)["ZBZX"] == Bar(*map(Decimal, (25, 25, 25, 25, 0)))


def test_what_was_never_traded_is_empty() -> None:
    saturday, thanksgiving = date(2026, 11, 21), date(2026, 11, 26)
    assert MARKET.session(saturday) == MARKET.session(thanksgiving) == {}
    assert MARKET.session(FIRST_SESSION - timedelta(days=1)) == {}
    assert MARKET.bars("AAPL", saturday, saturday) == {}
    assert MARKET.bars("UNLISTED", FIRST, LAST) == {}
    assert min(MARKET.bars("AAPL", date.min, date(2003, 9, 30))) == FIRST_SESSION
