"""Stacks in CloudFormation: what state they are in, and waiting for it to change."""

import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from botocore.exceptions import ClientError

from scripts.errors import CommandError

POLL_SECONDS = 2.0
# A distribution takes minutes to come and to go.
LONGEST_SECONDS = 3600
# A change set nobody has carried out; the CLI makes another.
IDLE = "REVIEW_IN_PROGRESS"

# What CloudFormation does not leave by itself, nor the CLI without somebody to ask; with the way out of it.
STUCK = {
    "UPDATE_ROLLBACK_FAILED": "aws cloudformation continue-update-rollback --stack-name {name}",
    "ROLLBACK_FAILED": "aws cloudformation delete-stack --stack-name {name}",
    "DELETE_FAILED": "movers destroy",
}

Tell = Callable[[str], None]
"""Hears how far the work is, in a few words."""

Step = Callable[[str], AbstractContextManager[Tell]]
"""Tells somebody what is being done while its context lasts; what it gives tells how far that is."""


def unseen(_: str) -> AbstractContextManager[Tell]:
    """A step that nobody watches."""
    return nullcontext(lambda _: None)


def describe(cloudformation: Any, name: str) -> dict[str, Any] | None:
    """The stack, or None where there is none of this name."""
    try:
        found: dict[str, Any] = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise
    return None if found["StackStatus"] == "DELETE_COMPLETE" else found


def settle(cloudformation: Any, names: Iterable[str], tell: Tell) -> None:
    """Wait until nothing is under way in these stacks: CloudFormation goes on when whoever asked it has died.

    Raises `CommandError` after an hour.
    """
    deadline = time.monotonic() + LONGEST_SECONDS
    for name in names:
        while (status := _status(cloudformation, name)).endswith("_IN_PROGRESS") and status != IDLE:
            if time.monotonic() > deadline:
                raise CommandError(
                    f"Stack {name} is still {status}; look at it in the console of CloudFormation."
                )
            tell(f"{name} {status}")
            time.sleep(POLL_SECONDS)


def refuse_stuck(cloudformation: Any, names: Iterable[str]) -> None:
    """Raise `CommandError` with the way out if a stack is in a state that no deployment leaves."""
    for name in names:
        if way := STUCK.get(status := _status(cloudformation, name)):
            command = way.format(name=name)
            raise CommandError(
                f"Stack {name} is {status}. See why in its events, mend that, do `{command}`, and deploy again."
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
    """The events that failed, oldest first: the first of them is the cause."""
    events = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
    return "\n".join(
        f"  {event['LogicalResourceId']} ({event['ResourceType']}): {event.get('ResourceStatusReason', '')}"
        for event in reversed(events)
        if event["ResourceStatus"].endswith("FAILED")
    )
