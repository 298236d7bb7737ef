from datetime import date, timedelta

import pytest

from api.markets import US
from api.watchlists import Watchlists

RENAMED = date(2022, 6, 9)
DATED = {"2022-06-09": ["AAPL Apple Inc.", "META Meta  Platforms"], "2020-01-01": ["AAPL", "FB"]}


def test_a_list_is_in_force_from_its_first_session_until_the_next_one_begins() -> None:
    watchlists = Watchlists.parse(DATED, US)
    assert watchlists.on(date(2019, 12, 31)) == ()
    assert watchlists.on(date(2020, 1, 1)) == watchlists.on(RENAMED - timedelta(days=1)) == ("AAPL", "FB")
    assert watchlists.on(RENAMED) == watchlists.on(date(2030, 1, 1)) == ("AAPL", "META")
    assert (watchlists.first, watchlists.dated) == (date(2020, 1, 1), True)


def test_one_list_without_a_date_is_in_force_on_every_day() -> None:
    watchlists = Watchlists.parse(["AAPL", "IBM"], US)
    assert watchlists.on(date.min) == watchlists.on(date.max) == ("AAPL", "IBM")
    assert (watchlists.first, watchlists.dated) == (date.min, False)


def test_a_company_has_the_name_that_any_of_the_lists_gives() -> None:
    assert Watchlists.parse(DATED, US).names == {"AAPL": "Apple Inc.", "META": "Meta Platforms"}
    assert Watchlists.parse(["AAPL", " IBM  Big Blue "], US).names == {"IBM": "Big Blue"}


@pytest.mark.parametrize("setting", [DATED, ["AAPL", 'IBM Büro, "Big" Blue'], {"2022-06-09": ["META"]}])
def test_what_is_written_is_read_as_it_was(setting: object) -> None:
    watchlists = Watchlists.parse(setting, US)
    assert Watchlists.load(watchlists.dump(), US) == watchlists


def test_the_tickers_of_a_time_are_those_of_every_list_in_force_in_it() -> None:
    watchlists = Watchlists.parse(DATED, US)
    assert watchlists.between(date(2021, 1, 4), date(2022, 6, 8)) == ["AAPL", "FB"]
    assert watchlists.between(date(2021, 1, 4), RENAMED) == ["AAPL", "FB", "META"]
    assert watchlists.between(date.min, date.max) == ["AAPL", "FB", "META"]
