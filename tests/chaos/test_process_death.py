"""A real process ends for good after one of its calls to the emulator: as in `test_crash`, and nothing pretended."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import count
from pathlib import Path

import boto3
import pytest

from api.markets import US
from ingest.calendar import load_calendar
from scripts.cloud.emulator import Emulator
from scripts.vendors.massive import massive_server
from tests.chaos.victim import DEAD
from tests.chaos.worlds import SmallWorld, assert_backed_by_the_raw_zone, assert_whole, table
from tests.conftest import wipe
from tests.ingest.test_settings_of_ingest import ENVIRONMENT
from tests.profiles import LONG
from tests.world import KEY, SATURDAY, EditableTape

TICKERS = ("AAPL", "TSLA")


@pytest.fixture
def aws(shared_emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> Emulator:
    """The emulator stands for AWS, here and in the processes that are started."""
    for name, value in {
        **shared_emulator.endpoint.credentials,
        "AWS_ENDPOINT_URL": shared_emulator.url,
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)  # it remembers other credentials
    return shared_emulator


@contextmanager
def emulated_world(emulator: Emulator) -> Iterator[SmallWorld]:
    """In the emulator, with nothing left of the world before."""
    wipe(emulator)
    market, clock = EditableTape(), [lambda: SATURDAY]
    keys = frozenset({KEY})
    with massive_server(market, clock=lambda: clock[0](), calendar=load_calendar(US), keys=keys) as server:
        world = SmallWorld(market, server, watchlist=TICKERS)
        clock[0] = lambda: world.now
        ssm = boto3.client("ssm")
        ssm.put_parameter(Name=ENVIRONMENT["KEY_PARAMETER"], Value=KEY, Type="SecureString", Overwrite=True)
        yield world


def invoke(world: SmallWorld, watchlist: Path, survived: int) -> int:
    """Run the function as a process; gives what it ended with."""
    environment = ENVIRONMENT | world.environment(watchlist) | {"WINDOW": str(world.window)}
    command = [sys.executable, "-m", "tests.chaos.victim", str(survived)]
    return subprocess.run(command, env=os.environ | environment, check=False, timeout=120).returncode  # noqa: S603


def test_a_process_that_ends_for_good_is_made_good_by_the_next(
    aws: Emulator, tmp_path: Path, subtests: pytest.Subtests
) -> None:
    """After each of its writing calls (each tenth in the short form), until there is none left to die of."""
    watchlist = tmp_path / "watchlist.json"
    watchlist.write_text(json.dumps(TICKERS))
    died = True
    for survived in count(1, 1 if LONG else 10):
        with subtests.test(survived=survived), emulated_world(aws) as world:
            ended = invoke(world, watchlist, survived)
            died = ended == DEAD
            assert died or (ended == 0 and survived > 1)
            if died:
                world.now += timedelta(hours=1)
                assert invoke(world, watchlist, 0) == 0
            revisions = {item["Revision"]["N"] for key, item in table(world).items() if key[0] == "MOVERS"}
            assert revisions == {"1"}
            assert len(world.store.movers()) == world.window
            assert_whole(world)
            assert_backed_by_the_raw_zone(world)
        if not died:
            return
