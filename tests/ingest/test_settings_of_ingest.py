from datetime import UTC, datetime
from pathlib import Path

import pytest

from api.markets import US
from api.watchlists import Watchlists
from ingest.calendar import Ready
from ingest.settings import Settings

ENVIRONMENT = {
    "STAGE": "prod",
    "TABLE_NAME": "table",
    "RAW_BUCKET": "raw-bucket",
    "SITE_BUCKET": "site-bucket",
    "DISTRIBUTION_ID": "E1",
    "SITE_URL": "https://movers.example/",
    "KEY_PARAMETER": "/movers/prod/massive-api-key",
    "WATCHLIST_FILE": "watchlist.txt",
    "MARKET": "us",
    "PROVIDER": "massive",
    "READY": "T+1 00:05",
    "WINDOW": "7",
    "CALLS_PER_MINUTE": "5",
    "HISTORY_DAYS": "730",
}
LOCAL = {
    "VENDOR_URL": "http://127.0.0.1:1/",
    "SOURCE_KIND": "recorded",
    "CLOCK_OFFSET_SECONDS": "-60",
    "SITE_CA": "/ca.pem",
}


def test_the_environment_is_read_typed() -> None:
    settings = Settings.from_env(ENVIRONMENT)
    assert settings.watchlist_file == Path("watchlist.txt").resolve()  # beside the packages
    assert settings.ready == Ready.parse("T+1 00:05", US)
    assert (settings.vendor_url, settings.source_kind) == ("https://api.massive.com", "live")
    assert (settings.site_ca, settings.key_expires, settings.key_days_left) == (None, None, None)
    assert settings.site_url == "https://movers.example"


def test_the_local_stage_may_have_another_source_and_clock() -> None:
    settings = Settings.from_env(ENVIRONMENT | LOCAL | {"STAGE": "local"})
    assert (settings.vendor_url, settings.source_kind, settings.clock_offset_seconds) == (
        "http://127.0.0.1:1",
        "recorded",
        -60,
    )


@pytest.mark.parametrize("name", LOCAL)
def test_no_other_stage_may(name: str) -> None:
    with pytest.raises(ValueError, match="only in the stage 'local'"):
        Settings.from_env(ENVIRONMENT | {name: LOCAL[name]})


@pytest.mark.parametrize("name", ENVIRONMENT)
def test_a_missing_variable_is_named(name: str) -> None:
    with pytest.raises(KeyError, match=name):
        Settings.from_env({key: value for key, value in ENVIRONMENT.items() if key != name})


def test_an_unknown_provider_is_refused() -> None:
    with pytest.raises(ValueError, match="must be massive"):
        Settings.from_env(ENVIRONMENT | {"PROVIDER": "other"})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("WINDOW", "0"),
        ("WINDOW", "seven"),
        ("KEY_EXPIRES", "soon"),
        ("KEY_EXPIRES", "2027-02-30"),
    ],
)
def test_a_wrong_value_names_its_variable(name: str, value: str) -> None:
    with pytest.raises(ValueError, match=name):
        Settings.from_env(ENVIRONMENT | {name: value})


@pytest.mark.parametrize(("ends", "days"), [("2026-12-01", 0), ("2027-01-15", 45), ("2026-11-28", -3)])
def test_the_days_that_a_key_has_left_are_counted_until_after_its_end(
    monkeypatch: pytest.MonkeyPatch, ends: str, days: int
) -> None:
    monkeypatch.setattr(Settings, "now", lambda _: datetime(2026, 12, 1, 23, 59, tzinfo=UTC))
    assert Settings.from_env(ENVIRONMENT | {"KEY_EXPIRES": ends}).key_days_left == days


def test_the_watchlists_lie_beside_the_code(tmp_path: Path) -> None:
    deployed = Watchlists.parse(
        {"2020-01-01": ["AAPL Apple", "FB"], "2022-06-09": ["AAPL Apple", "META"]}, US
    )
    (tmp_path / "watchlist.json").write_text(deployed.dump())
    settings = Settings.from_env(ENVIRONMENT | {"WATCHLIST_FILE": str(tmp_path / "watchlist.json")})
    assert settings.watchlists == deployed


@pytest.mark.parametrize("text", ["", "AAPL", "{}", '["AAPL", "AAPL"]', '["../AAPL"]', '{"2020-01-01": []}'])
def test_a_file_that_holds_no_watchlist_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "watchlist.json").write_text(text)
    settings = Settings.from_env(ENVIRONMENT | {"WATCHLIST_FILE": str(tmp_path / "watchlist.json")})
    with pytest.raises(ValueError, match=r"watchlist|Expecting value"):
        _ = settings.watchlists
