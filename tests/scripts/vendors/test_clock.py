from datetime import UTC, date, datetime, timedelta

from api.markets import US
from scripts.vendors.clock import clock_offset_seconds, shifted_clock


def test_the_offset_leads_to_noon_in_new_york() -> None:
    now = datetime(2026, 11, 21, 10, 30, 15, tzinfo=UTC)
    for day in (date(2026, 2, 10), date(2026, 7, 10)):  # winter and summer time
        moved = now + timedelta(seconds=clock_offset_seconds(day, now))
        assert moved.astimezone(US.clock).isoformat()[:19] == f"{day}T12:00:00"


def test_a_shifted_clock_runs_at_real_speed_from_where_it_was_set() -> None:
    before = datetime.now(UTC)
    moved = shifted_clock(-3600)()
    assert before <= moved + timedelta(hours=1) <= datetime.now(UTC)
    assert moved.tzinfo is UTC
