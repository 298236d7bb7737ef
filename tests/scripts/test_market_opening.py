from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import requests

from scripts.market.clock import clock_offset_seconds
from scripts.market.opening import market_server
from scripts.market.recorded import RecordingError

KEY = {"Authorization": "Bearer key"}
BARS = "date,ticker,open,high,low,close,volume\n2026-02-09,AAPL,1,2,1,2,5\n2026-02-10,AAPL,2,3,1,1,5\n"


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    path = tmp_path / "bars.csv"
    path.write_text(BARS)
    return path


def offset(day: date) -> int:
    return clock_offset_seconds(day, datetime.now(UTC))


def prev(url: str, ticker: str) -> requests.Response:
    return requests.get(f"{url}/v2/aggs/ticker/{ticker}/prev", headers=KEY, timeout=10)


def test_a_simulated_market_reaches_the_latest_session() -> None:
    with market_server(tickers=["MINE"], rate=1) as server:
        [row] = prev(server.url, "MINE").json()["results"]
        assert datetime.now(UTC) - datetime.fromtimestamp(row["t"] / 1000, UTC) < timedelta(days=6)
        assert prev(server.url, "MINE").status_code == 429


@pytest.mark.parametrize(("day", "close"), [(date(2026, 2, 10), 2), (date(2026, 2, 11), 1)])
def test_a_recording_is_served_as_of_a_day(recording: Path, day: date, close: int) -> None:
    with market_server(recorded=recording, offset_seconds=offset(day)) as server:
        assert prev(server.url, "AAPL").json()["results"][0]["c"] == close


@pytest.mark.parametrize("day", [date(2026, 2, 9), date(2026, 2, 18)])
def test_a_clock_beside_the_recording_is_refused(recording: Path, day: date) -> None:
    with pytest.raises(
        RecordingError, match=r"holds sessions from 2026-02-09 to 2026-02-10, .* up to 2026-02-11"
    ):
        market_server(recorded=recording, offset_seconds=offset(day))
