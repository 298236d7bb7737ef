"""A whole year of recorded bars under a rate limit: every winner right, six calls, nobody times out.

The limit is the free plan's five a minute in the long form. In the short one it is six, which the first ingest spends
without having to wait; the backfill waits for its share in both.
"""

import csv
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from api.store import Store
from scripts.cloud.up import LocalCloud
from tests.conftest import quiet_cloud
from tests.profiles import LONG

pytestmark = pytest.mark.xdist_group("recorded")


@pytest.fixture(scope="module")
def recorded(recorded_market: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    home, rate = tmp_path_factory.mktemp("recorded"), 5 if LONG else 6
    with quiet_cloud(home, recorded=recorded_market, as_of=date(2026, 5, 30), rate=rate) as running:
        yield running


@pytest.fixture
def winners(recorded_market: Path) -> dict[str, tuple[str, Decimal, Decimal]]:
    """Ticker, percent and close by date, computed apart from this project."""
    path = recorded_market.with_name("winners_visible.csv")
    if not path.exists():
        pytest.skip(f"no winners to compare with at {path}")
    with path.open() as rows:
        return {
            row["date"]: (row["winner"], Decimal(row["pct_change"]), Decimal(row["close"]))
            for row in csv.DictReader(rows)
        }


def test_a_year_is_backfilled_with_seven_calls_and_every_winner_right(
    recorded: LocalCloud, winners: dict[str, tuple[str, Decimal, Decimal]]
) -> None:
    assert recorded.vendor
    assert recorded.first_ingest["Failed"] == {}  # type: ignore[index]
    before = recorded.vendor.stats()["total"]
    told = subprocess.run(
        [sys.executable, "-m", "scripts.cli", "backfill", "--from", "2025-06-05", "--to", "2026-05-29"],
        env=os.environ | {"MOVERS_HOME": str(recorded.ca.parents[1])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stderr
    assert recorded.vendor.stats()["total"] - before <= 7  # with the splits
    assert set(recorded.vendor.stats()["requests"]["range"]) == {"200"}  # the limit was kept, not hit
    assert "s for the rate limit" in told.stderr
    assert "API call 7 of 7" in told.stderr
    assert len(json.loads(told.stdout)["Stored"]) == 240
    movers = Store(recorded.client("dynamodb"), recorded.outputs.table_name).movers()
    assert {
        str(mover.date): (mover.ticker, mover.percent_change, mover.closing_price) for mover in movers
    } == winners
