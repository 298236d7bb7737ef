from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import requests

from api.watchlists import Watchlists
from scripts.cloud.options import Options, choose_source, context
from scripts.cloud.source import local_source
from scripts.errors import CloudError

NOW = datetime(2026, 3, 2, 17, 0, tzinfo=UTC)  # noon in New York
WATCHLIST = Watchlists.parse(("AAPL", "MSFT"))


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """Two sessions, a Thursday and a Friday."""
    path = tmp_path / "bars.csv"
    days = ("2026-02-05", "2026-02-06")
    rows = [f"{day},{ticker},10,11,9,10.5,1000" for day in days for ticker in WATCHLIST.on(NOW.date())]
    path.write_text("\n".join(["date,ticker,open,high,low,close,volume", *rows]))
    return path


def test_recorded_bars_are_seen_from_the_day_after_their_last_session(recording: Path) -> None:
    source = local_source(recording, None, now=NOW, watchlists=WATCHLIST)
    assert source.kind == "recorded"
    assert NOW + timedelta(seconds=source.clock_offset_seconds) == datetime(2026, 2, 7, 17, 0, tzinfo=UTC)


@pytest.mark.parametrize("day", [date(2026, 2, 6), date(2026, 2, 9)])
def test_recorded_bars_can_be_seen_from_another_day(recording: Path, day: date) -> None:
    source = local_source(recording, day, now=NOW, watchlists=WATCHLIST)
    assert (NOW + timedelta(seconds=source.clock_offset_seconds)).date() == day


@pytest.mark.parametrize("day", [date(2026, 2, 5), date(2026, 2, 10)])
def test_a_day_without_recorded_bars_before_it_is_refused(recording: Path, day: date) -> None:
    with pytest.raises(CloudError, match=f"--as-of {day}.* 2026-02-06 to 2026-02-09"):
        local_source(recording, day, now=NOW, watchlists=WATCHLIST)


def test_a_recording_that_lacks_a_ticker_is_refused(recording: Path) -> None:
    with pytest.raises(CloudError, match="no bars of NVDA, TSLA"):
        local_source(recording, None, now=NOW, watchlists=Watchlists.parse(("NVDA", "AAPL", "TSLA")))


def test_a_file_that_is_no_recording_is_refused_by_the_name_of_its_option(tmp_path: Path) -> None:
    path = tmp_path / "notes.csv"
    path.write_text("some,words\n")
    with pytest.raises(CloudError, match=r"--recorded .*notes\.csv:1"):
        local_source(path, None, now=NOW)


def test_the_stacks_are_told_how_far_the_recording_goes_back(tmp_path: Path, recording: Path) -> None:
    rows = recording.read_text().splitlines()
    recording.write_text("\n".join([*rows, *(row.replace("2026-02-05", "2025-02-05") for row in rows[1:3])]))
    source = local_source(recording, None, now=NOW, watchlists=WATCHLIST)
    assert source.context == {"history_days": 367}


def test_the_simulated_market_is_seen_from_now_or_from_noon_of_a_day() -> None:
    assert local_source(None, None, now=NOW).clock_offset_seconds == 0
    assert local_source(None, date(2026, 3, 1), now=NOW).clock_offset_seconds == -24 * 3600


def test_the_simulated_market_has_bars_of_the_whole_watchlist() -> None:
    source = local_source(None, None, now=NOW, watchlists=Watchlists.parse(("MADEUP",)))
    assert "MADEUP" in source.market.session(date(2026, 2, 6))


def test_the_server_shares_the_clock_and_knows_only_its_key(recording: Path) -> None:
    source = local_source(recording, None, now=datetime.now(UTC), watchlists=WATCHLIST)
    with source.server(rate=None, plan=None, key="right") as server:
        prev = f"{server.url}/v2/aggs/ticker/AAPL/prev"
        known = requests.get(prev, headers={"Authorization": "Bearer right"}, timeout=5)
        unknown = requests.get(prev, headers={"Authorization": "Bearer wrong"}, timeout=5)
    milliseconds = known.json()["results"][0]["t"]
    assert datetime.fromtimestamp(milliseconds / 1000, UTC).date() == date(2026, 2, 6)
    assert unknown.status_code == 401


@pytest.mark.parametrize(
    ("chosen", "kind"),
    [
        ({}, "simulated"),
        ({"api_key": "key"}, None),
        ({"api_key": "key", "as_of": date(2026, 2, 6)}, "simulated"),
    ],
)
def test_massive_itself_is_asked_only_with_a_key_and_in_real_time(
    tmp_path: Path, chosen: dict[str, object], kind: str | None
) -> None:
    source = choose_source(Options(tmp_path, **chosen), NOW)  # type: ignore[arg-type]
    assert (source.kind if source else None) == kind


def test_a_plan_of_the_local_market_does_not_go_with_massive_itself(tmp_path: Path) -> None:
    with pytest.raises(CloudError, match="MASSIVE_API_KEY"):
        choose_source(Options(tmp_path, api_key="key", plan="basic"), NOW)


@pytest.mark.parametrize(
    ("rate", "live", "calls"), [(None, False, 0), (5, False, 5), (None, True, None), (100, True, 100)]
)
def test_ingest_waits_exactly_as_the_upstream_demands(
    tmp_path: Path, rate: int | None, live: bool, calls: int | None
) -> None:
    source = None if live else local_source(None, None, now=NOW)
    settings = context(Options(tmp_path, rate=rate), source)
    assert settings["stage"] == "local"
    assert settings.get("calls_per_minute") == calls
