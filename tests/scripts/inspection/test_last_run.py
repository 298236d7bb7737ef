"""A lease that no run can have taken, or that nobody can read, keeps out every run until somebody removes it."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from api.records import instant
from scripts.deployment.account import Account, Endpoint
from scripts.inspection.last_run import last_run
from tests.samples import NIGHT

LOCAL: Any = SimpleNamespace(
    account=Account("us-east-1", Endpoint("http://127.0.0.1:4566", "LOCAL", "secret")),
    store=SimpleNamespace(table="movers"),
)
REMOVAL = (
    "(`aws --endpoint-url http://127.0.0.1:4566 --region us-east-1 dynamodb delete-item --table-name movers"
    """ --key '{"pk": {"S": "LEASE"}, "sk": {"S": "INGEST"}}'` removes it)"""
)


def lease(until: str) -> dict[str, Any]:
    return {"Owner": {"S": "run-1"}, "ExpiresAt": {"S": until}}


@pytest.mark.parametrize(
    ("minutes", "fine", "words"),
    [
        (-60, False, "crashed: run-1"),
        (0, False, "crashed"),
        (1, True, "in progress: run-1"),
        (16, True, "in progress"),
    ],
)
def test_a_run_is_at_work_until_its_lease_ends(minutes: int, fine: bool, words: str) -> None:
    value, seems_fine = last_run(LOCAL, lease(instant(NIGHT + timedelta(minutes=minutes))), NIGHT)
    assert seems_fine is fine
    assert words in value
    assert "delete-item" not in value


@pytest.mark.parametrize("until", ["2026-02-11T05:27:00Z", "2026-02-12T05:10:09Z", "2099-01-01T00:00:00Z"])
def test_a_lease_longer_than_any_run_is_told_with_the_command_that_removes_it(until: str) -> None:
    expected = f"no run can start: run-1, lease until {until}, longer than any run takes {REMOVAL}"
    assert last_run(LOCAL, lease(until), NIGHT) == (expected, False)


@pytest.mark.parametrize(
    "held",
    [
        {"Owner": {"S": "run-1"}},
        {"ExpiresAt": {"N": "4070908800"}},
        *map(lease, ["", "soon", "2026-02-11", "2026-02-11T05:20:00"]),
    ],
)
def test_a_lease_whose_end_nobody_can_read_is_told_with_the_command_that_removes_it(
    held: dict[str, Any],
) -> None:
    expected = f"the lease has no readable end and can block every run {REMOVAL}"
    assert last_run(LOCAL, held, NIGHT) == (expected, False)


def test_a_lease_without_an_owner_is_judged_by_its_end() -> None:
    held = {"ExpiresAt": {"S": instant(NIGHT + timedelta(minutes=5))}}
    assert last_run(LOCAL, held, NIGHT) == ("in progress: unknown, lease until 2026-02-11T05:15:09Z", True)
