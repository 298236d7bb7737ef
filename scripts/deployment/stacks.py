"""CloudFormation stacks: their state, and waiting for it to change."""

import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from botocore.exceptions import ClientError

from scripts.errors import CommandError

POLL_SECONDS = 2.0
# A distribution takes minutes to create or delete.
LONGEST_SECONDS = 3600
# A change set that was never executed; the CLI makes another.
IDLE = "REVIEW_IN_PROGRESS"

# States that neither CloudFormation nor the CLI leaves by itself, each with the command that does.
STUCK = {
    "UPDATE_ROLLBACK_FAILED": "aws cloudformation continue-update-rollback --stack-name {name}",
    "ROLLBACK_FAILED": "aws cloudformation delete-stack --stack-name {name}",
    "DELETE_FAILED": "movers destroy",
}

Tell = Callable[[str], None]
"""Takes how far the work is, in a few words."""

Step = Callable[[str], AbstractContextManager[Tell]]
"""Shows a step while its context lasts; yields a function for its progress."""


def unseen(_: str) -> AbstractContextManager[Tell]:
    """A step that isn't shown."""
    return nullcontext(lambda _: None)


def describe(cloudformation: Any, name: str) -> dict[str, Any] | None:
    """The stack, or None if it doesn't exist."""
    try:
        found: dict[str, Any] = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise
    return None if found["StackStatus"] == "DELETE_COMPLETE" else found


def settle(cloudformation: Any, names: Iterable[str], tell: Tell) -> None:
    """Wait until these stacks are idle: CloudFormation continues after its client has died.

    Raises `CommandError` after an hour.
    """
    deadline = time.monotonic() + LONGEST_SECONDS
    for name in names:
        while (status := _status(cloudformation, name)).endswith("_IN_PROGRESS") and status != IDLE:
            if time.monotonic() > deadline:
                raise CommandError(f"Stack {name} is still {status}. See it in the CloudFormation console.")
            tell(f"{name} {status}")
            time.sleep(POLL_SECONDS)


def refuse_stuck(cloudformation: Any, names: Iterable[str]) -> None:
    """Raise `CommandError` with the remedy if a stack is in a state that deployments can't leave."""
    for name in names:
        if way := STUCK.get(status := _status(cloudformation, name)):
            command = way.format(name=name)
            raise CommandError(
                f"Stack {name} is {status}. Find the cause in its events and fix it, run `{command}`, and deploy again."
            )


def delete(cloudformation: Any, name: str, tell: Tell) -> None:
    """Delete a stack and wait until it is gone. Raises `CommandError` with what could not be deleted."""
    settle(cloudformation, [name], tell)
    if not describe(cloudformation, name):
        return
    cloudformation.delete_stack(StackName=name)
    settle(cloudformation, [name], tell)
    if left := describe(cloudformation, name):
        raise CommandError(f"Stack {name} ended as {left['StackStatus']}:\n{_reasons(cloudformation, name)}")


def _status(cloudformation: Any, name: str) -> str:
    found = describe(cloudformation, name)
    return str(found["StackStatus"]) if found else "none"


def _reasons(cloudformation: Any, name: str) -> str:
    """The failed events, oldest first: the first is the cause."""
    events = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
    return "\n".join(
        f"  {event['LogicalResourceId']} ({event['ResourceType']}): {event.get('ResourceStatusReason', '')}"
        for event in reversed(events)
        if event["ResourceStatus"].endswith("FAILED")
    )
