"""What is done to the product here is short in every test run and thorough with `MOVERS_CHAOS=long`."""

from collections.abc import Callable, Iterator
from datetime import datetime

import pytest

from api.markets import US
from ingest.calendar import load_calendar
from scripts.vendors.massive import massive_server
from tests.chaos.worlds import SmallWorld
from tests.world import KEY, EditableTape


@pytest.fixture(scope="session")
def small_market() -> Iterator[SmallWorld.Upstream]:
    """One market server for many worlds, each of which sets its clock and edits its bars."""
    market, clock = EditableTape(), list[Callable[[], datetime]]()
    keys = frozenset({KEY})
    with massive_server(market, clock=lambda: clock[-1](), calendar=load_calendar(US), keys=keys) as server:
        yield SmallWorld.Upstream(market, server, clock)
