"""What is done to the product here is short in every test run and thorough with `MOVERS_CHAOS=long`."""

from collections.abc import Callable, Iterator
from datetime import datetime

import pytest

from ingest.calendar import load_calendar
from scripts.market.server import MarketServer
from tests.chaos.worlds import SmallWorld
from tests.ingest.conftest import KEY, EditableMarket


@pytest.fixture(scope="session")
def small_market() -> Iterator[SmallWorld.Upstream]:
    """One market server for many worlds, each of which sets its clock and edits its bars."""
    market, clock = EditableMarket(), list[Callable[[], datetime]]()
    keys = frozenset({KEY})
    with MarketServer(market, clock=lambda: clock[-1](), calendar=load_calendar(), keys=keys) as server:
        yield SmallWorld.Upstream(market, server, clock)
