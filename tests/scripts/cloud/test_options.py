from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from scripts.cloud.options import Options, choose_stand_in, context
from scripts.errors import CommandError
from scripts.vendors.stand_in import stand_in

NOW = datetime(2026, 3, 2, 17, 0, tzinfo=UTC)


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
    standing_in = choose_stand_in(Options(tmp_path, **chosen), NOW)  # type: ignore[arg-type]
    assert (standing_in.kind if standing_in else None) == kind


def test_a_plan_of_a_stand_in_does_not_go_with_massive_itself(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="MASSIVE_API_KEY"):
        choose_stand_in(Options(tmp_path, api_key="key", plan="basic"), NOW)


@pytest.mark.parametrize(
    ("rate", "live", "calls"), [(None, False, 0), (5, False, 5), (None, True, None), (100, True, 100)]
)
def test_ingest_waits_exactly_as_the_upstream_demands(
    tmp_path: Path, rate: int | None, live: bool, calls: int | None
) -> None:
    standing_in = None if live else stand_in("massive", None, None, now=NOW)
    settings = context(Options(tmp_path, rate=rate), standing_in)
    assert settings["stage"] == "local"
    assert settings.get("calls_per_minute") == calls
