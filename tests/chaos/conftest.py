"""What is done to the product here is short in every test run and thorough with `MOVERS_CHAOS=long`."""

import os
from collections.abc import Callable, Iterator
from datetime import datetime

import pytest
from hypothesis import Phase, settings

from ingest.calendar import load_calendar
from scripts.market.server import MarketServer
from tests.chaos.worlds import SmallWorld
from tests.ingest.conftest import KEY, EditableMarket

LONG = os.environ.get("MOVERS_CHAOS") == "long"

settings.register_profile(
    "short",
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.generate],  # a failure is soon told
)
settings.register_profile("long", deadline=None, print_blob=True)


@pytest.fixture(scope="session")
def small_market() -> Iterator[SmallWorld.Upstream]:
    """One market server for many worlds, each of which sets its clock and edits its bars."""
    market, clock = EditableMarket(), list[Callable[[], datetime]]()
    keys = frozenset({KEY})
    with MarketServer(market, clock=lambda: clock[-1](), calendar=load_calendar(), keys=keys) as server:
        yield SmallWorld.Upstream(market, server, clock)
