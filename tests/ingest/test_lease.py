"""The lease on both implementations of DynamoDB."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from ingest.lease import LeaseHeldError, Leases
from tests.conftest import TABLE
from tests.samples import NIGHT

LIFE = timedelta(minutes=15)


def test_one_run_at_a_time(dynamodb: Any) -> None:
    lease = Leases(dynamodb, TABLE).take("first", NIGHT, LIFE)
    assert not lease.found_dead
    with pytest.raises(LeaseHeldError, match="run first is in progress, until 2026-02-11T05:26:09Z"):
        Leases(dynamodb, TABLE).take("second", NIGHT, LIFE)


def test_a_run_that_ended_well_leaves_nothing_behind(dynamodb: Any) -> None:
    Leases(dynamodb, TABLE).take("first", NIGHT, LIFE).release()
    assert not Leases(dynamodb, TABLE).take("second", NIGHT, LIFE).found_dead


def test_a_dead_holders_lease_ends_a_minute_after_it_must_be_dead(dynamodb: Any) -> None:
    Leases(dynamodb, TABLE).take("dead", NIGHT, LIFE)
    over = NIGHT + LIFE + timedelta(minutes=1)
    with pytest.raises(LeaseHeldError):
        Leases(dynamodb, TABLE).take("second", over - timedelta(seconds=1), LIFE)
    assert Leases(dynamodb, TABLE).take("second", over, LIFE).found_dead


def test_a_run_that_failed_frees_the_lease_but_is_remembered(dynamodb: Any) -> None:
    Leases(dynamodb, TABLE).take("failed", NIGHT, LIFE).abandon(NIGHT)
    assert Leases(dynamodb, TABLE).take("second", NIGHT, LIFE).found_dead


def test_progress_can_be_watched(dynamodb: Any) -> None:
    Leases(dynamodb, TABLE).take("first", NIGHT, LIFE).report(2, 6, 12.3)
    item = dynamodb.get_item(TableName=TABLE, Key={"pk": {"S": "LEASE"}, "sk": {"S": "INGEST"}})["Item"]
    assert (item["Done"], item["Planned"], item["Waiting"]) == ({"N": "2"}, {"N": "6"}, {"N": "13"})


def test_a_lost_lease_cannot_be_used_or_released(dynamodb: Any) -> None:
    lost = Leases(dynamodb, TABLE).take("slow", NIGHT, LIFE)
    Leases(dynamodb, TABLE).take("second", NIGHT + LIFE + timedelta(minutes=1), LIFE)
    for use in (lost.release, lambda: lost.report(1, 1)):
        with pytest.raises(dynamodb.exceptions.ConditionalCheckFailedException):
            use()
    lost.abandon(NIGHT)
    with pytest.raises(LeaseHeldError, match="run second"):
        Leases(dynamodb, TABLE).take("third", NIGHT + LIFE + timedelta(minutes=2), LIFE)


def test_of_many_at_once_one_gets_it(emulator: Any, dynamodb: Any) -> None:
    def attempt(number: int) -> bool:
        try:
            Leases(dynamodb, TABLE).take(f"run-{number}", NIGHT, LIFE)
        except LeaseHeldError:
            return False
        return True

    with ThreadPoolExecutor(10) as pool:
        assert sum(pool.map(attempt, range(20))) == 1
