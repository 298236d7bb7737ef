"""Publishing makes its calls side by side; what one needs of another still comes after it."""

import json
import time
from datetime import date
from typing import Any

import pytest

from api.items import SESSIONS
from ingest.daily import stored, twins
from tests.ingest.daily.test_mend import items
from tests.ingest.daily.test_reconcile import FRIDAY, assert_twins_equal_the_table
from tests.world import WATCHLIST, World

AUGUST, OLD = date(2026, 8, 3), date(2026, 8, 10)


class RefusedError(Exception):
    """The table takes no more."""


def slow_rows(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    write = world.dynamodb.batch_write_item

    def slowly(**asked: Any) -> Any:
        time.sleep(0.03)
        return write(**asked)

    monkeypatch.setattr(world.dynamodb, "batch_write_item", slowly)


def test_a_ticker_s_file_is_made_after_the_rows_of_sessions_that_are_not_read(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stored, "MOST_BARS", 0)
    world.run(AUGUST, FRIDAY)
    slow_rows(world, monkeypatch)
    *fewer, left_out = WATCHLIST

    world.rebuild(*fewer, apply=True, first=OLD, last=OLD)
    assert str(OLD) not in world.twin(f"tickers/{left_out}.json").decode()
    world.rebuild(*WATCHLIST, apply=True, first=OLD, last=OLD)
    days = [session["Date"] for session in json.loads(world.twin(f"tickers/{left_out}.json"))["Sessions"]]
    assert str(OLD) in days
    assert_twins_equal_the_table(world)


def test_a_run_that_dies_while_publishing_leaves_less_to_do_for_the_next(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(twins, "CHUNK", 8)
    left, write = [20], world.dynamodb.batch_write_item

    def refuse(**asked: Any) -> Any:
        left[0] -= 1
        if left[0] < 0:
            raise RefusedError
        return write(**asked)

    monkeypatch.setattr(world.dynamodb, "batch_write_item", refuse)
    with pytest.raises(RefusedError):
        world.run(AUGUST, FRIDAY)
    noted = [key for key, item in items(world).items() if key[0] == SESSIONS and "Rows" in item]
    assert len(noted) > 10
    monkeypatch.undo()
    world.run()
    assert_twins_equal_the_table(world)
