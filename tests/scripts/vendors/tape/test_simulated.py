from datetime import date
from decimal import Decimal

import pytest

from api.markets import US
from api.records import Bar
from ingest.calendar import load_calendar
from scripts.vendors.tape import Split
from scripts.vendors.tape.simulated import TEST_TICKERS, SimulatedTape

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


def test_every_bar_is_sane() -> None:
    for day in load_calendar(US).sessions(date(2026, 1, 2), LAST):
        for ticker, bar in TAPE.session(day).items():
            assert 0 < bar.low <= min(bar.open, bar.close), (day, ticker)
            assert max(bar.open, bar.close) <= bar.high, (day, ticker)
            assert bar.volume > 0 or ticker in TEST_TICKERS


def test_the_universe_has_what_trips_clients() -> None:
    assert {*WATCHLIST, "BRK.B", "BCpC", "BCPC", "NE.WS.A", "NEW", *TEST_TICKERS} <= TAPE.tickers
    assert TAPE.session(LAST).keys() == TAPE.tickers
    assert TAPE.session(LAST)["ZBZX"] == Bar(*map(Decimal, (25, 25, 25, 25, 0)))


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
