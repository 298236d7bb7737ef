from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import requests

from api.markets import US
from api.watchlists import Watchlists
from scripts.errors import CommandError
from scripts.vendors.stand_in import stand_in

NOW = datetime(2026, 3, 2, 17, 0, tzinfo=UTC)  # noon in New York
WATCHLIST = Watchlists.parse(("AAPL", "MSFT"), US)


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """Two sessions, a Thursday and a Friday."""
    path = tmp_path / "bars.csv"
    days = ("2026-02-05", "2026-02-06")
    rows = [f"{day},{ticker},10,11,9,10.5,1000" for day in days for ticker in WATCHLIST.on(NOW.date())]
    path.write_text("\n".join(["date,ticker,open,high,low,close,volume", *rows]))
    return path


def test_recorded_bars_are_seen_from_the_day_after_their_last_session(recording: Path) -> None:
    chosen = stand_in("massive", recording, None, now=NOW, watchlists=WATCHLIST)
    assert chosen.kind == "recorded"
    assert NOW + timedelta(seconds=chosen.clock_offset_seconds) == datetime(2026, 2, 7, 17, 0, tzinfo=UTC)


@pytest.mark.parametrize("day", [date(2026, 2, 6), date(2026, 2, 9)])
def test_recorded_bars_can_be_seen_from_another_day(recording: Path, day: date) -> None:
    chosen = stand_in("massive", recording, day, now=NOW, watchlists=WATCHLIST)
    assert (NOW + timedelta(seconds=chosen.clock_offset_seconds)).date() == day


@pytest.mark.parametrize("day", [date(2026, 2, 5), date(2026, 2, 10)])
def test_a_day_without_recorded_bars_before_it_is_refused(recording: Path, day: date) -> None:
    with pytest.raises(CommandError, match=f"--as-of {day}.* 2026-02-06 to 2026-02-09"):
        stand_in("massive", recording, day, now=NOW, watchlists=WATCHLIST)


def test_a_recording_that_lacks_a_ticker_is_refused(recording: Path) -> None:
    with pytest.raises(CommandError, match="no bars for NVDA, TSLA"):
        stand_in(
            "massive", recording, None, now=NOW, watchlists=Watchlists.parse(("NVDA", "AAPL", "TSLA"), US)
        )


def test_a_file_that_is_no_recording_is_refused_by_the_name_of_its_option(tmp_path: Path) -> None:
    path = tmp_path / "notes.csv"
    path.write_text("some,words\n")
    with pytest.raises(CommandError, match=r"--recorded .*notes\.csv:1"):
        stand_in("massive", path, None, now=NOW)


def test_the_stacks_are_told_how_far_the_recording_goes_back(tmp_path: Path, recording: Path) -> None:
    rows = recording.read_text().splitlines()
    recording.write_text("\n".join([*rows, *(row.replace("2026-02-05", "2025-02-05") for row in rows[1:3])]))
    chosen = stand_in("massive", recording, None, now=NOW, watchlists=WATCHLIST)
    assert chosen.context == {"history_days": 367}


def test_the_server_shares_the_clock_and_knows_only_its_key(recording: Path) -> None:
    chosen = stand_in("massive", recording, None, now=datetime.now(UTC), watchlists=WATCHLIST)
    with chosen.server(rate=None, plan=None, key="right") as server:
        path = f"{server.url}/v2/aggs/ticker/AAPL/range/1/day/2026-02-01/2026-03-01"
        known = requests.get(path, headers={"Authorization": "Bearer right"}, timeout=5)
        unknown = requests.get(path, headers={"Authorization": "Bearer wrong"}, timeout=5)
    milliseconds = known.json()["results"][-1]["t"]
    assert datetime.fromtimestamp(milliseconds / 1000, UTC).date() == date(2026, 2, 6)
    assert unknown.status_code == 401
