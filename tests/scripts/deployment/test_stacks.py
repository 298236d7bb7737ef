from typing import Any

import pytest

from scripts.cloud.emulator import Emulator
from scripts.deployment import stacks
from scripts.errors import CommandError


class CloudFormation:
    """One whose stack goes through these states and stays in the last."""

    def __init__(self, *states: str) -> None:
        self.states = list(states)
        self.asked_to_delete = False

    def describe_stacks(self, *, StackName: str) -> dict[str, Any]:  # noqa: N803 - the names are AWS's
        state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        return {"Stacks": [{"StackStatus": state}]}

    def describe_stack_events(self, *, StackName: str) -> dict[str, Any]:  # noqa: N803
        failed = {"LogicalResourceId": "Bucket", "ResourceType": "AWS::S3::Bucket"}
        last = {**failed, "ResourceStatus": "DELETE_FAILED", "ResourceStatusReason": "it is not empty"}
        return {"StackEvents": [last, {**failed, "ResourceStatus": "DELETE_IN_PROGRESS"}]}

    def delete_stack(self, *, StackName: str) -> None:  # noqa: N803
        self.asked_to_delete = True


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stacks, "POLL_SECONDS", 0)


def test_what_is_under_way_is_waited_for() -> None:
    told: list[str] = []
    stacks.settle(
        CloudFormation("CREATE_IN_PROGRESS", "CREATE_IN_PROGRESS", "CREATE_COMPLETE"), ["one"], told.append
    )
    assert told == ["one CREATE_IN_PROGRESS"] * 2


def test_a_change_set_that_nobody_carried_out_keeps_nobody_waiting() -> None:
    told: list[str] = []
    stacks.settle(CloudFormation("REVIEW_IN_PROGRESS"), ["one"], told.append)
    assert told == []


def test_what_never_ends_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stacks, "LONGEST_SECONDS", -1)
    with pytest.raises(CommandError, match="one is still UPDATE_IN_PROGRESS"):
        stacks.settle(CloudFormation("UPDATE_IN_PROGRESS"), ["one"], lambda _: None)


def test_a_stack_that_cannot_be_deleted_tells_why() -> None:
    cloudformation = CloudFormation(
        "CREATE_COMPLETE", "CREATE_COMPLETE", "DELETE_IN_PROGRESS", "DELETE_FAILED"
    )
    with pytest.raises(CommandError, match=r"DELETE_FAILED:\n  Bucket \(AWS::S3::Bucket\): it is not empty"):
        stacks.delete(cloudformation, "one", lambda _: None)
    assert cloudformation.asked_to_delete


def test_a_stack_that_is_not_there_is_neither_described_nor_deleted(emulator: Emulator) -> None:
    cloudformation = emulator.client("cloudformation")
    assert stacks.describe(cloudformation, "nowhere") is None
    stacks.delete(cloudformation, "nowhere", lambda _: None)


@pytest.mark.parametrize("state", stacks.STUCK)
def test_a_stack_that_no_deployment_can_leave_is_told_with_the_way_out(state: str) -> None:
    with pytest.raises(
        CommandError, match=rf"one is {state}\. .* `(aws \S+ \S+ --stack-name one|movers destroy)`"
    ):
        stacks.refuse_stuck(CloudFormation(state), ["one"])
    stacks.refuse_stuck(CloudFormation("UPDATE_ROLLBACK_COMPLETE"), ["one"])
