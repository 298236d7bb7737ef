"""The CDK's own command line, pinned, under the Node that is installed with the project.

`.venv/bin/python -m scripts.deployment.cdk bootstrap aws://123456789012/us-east-1`, or any other of its commands.
"""

import os
import re
import sys
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path

from infra.node import installed_node
from scripts.deployment.account import Account
from scripts.deployment.stacks import Tell, refuse_stuck, settle
from scripts.errors import CommandError
from scripts.leash import leashed

PROGRAM = Path(__file__).parent / "node_modules" / "aws-cdk" / "bin" / "cdk"
SHOWN_LINES = 30
QUIET = ("--no-color", "--no-notices", "--no-version-reporting")
DEPLOY = ("--require-approval", "never", "--progress", "events", "--exclusively")
# Lines about the CLI's own work, and about roles that the emulator doesn't have.
CHATTER = ("start: ", "success: ", "Hold on while", "current credentials", "Lookup role ", "✨")
SAME = "There were no differences"


def deploy(templates: Sequence[Path], account: Account, tell: Tell, *parameters: str) -> None:
    """Deploy the stacks of a synthesized app, in the order of their templates; `parameters` are `NAME=VALUE`.

    Waits first for an interrupted deployment, which CloudFormation continues. Raises `CommandError` with the end of the
    CLI's output, or with what to do about a stuck stack.
    """
    stacks = names(templates)
    settle(account.client("cloudformation"), stacks, tell)
    refuse_stuck(account.client("cloudformation"), stacks)
    given = [word for parameter in parameters for word in ("--parameters", parameter)]
    for line in _said(["deploy", *stacks, *DEPLOY, *given], templates, account):
        if words := _progress(line):
            tell(words)


def diff(templates: Sequence[Path], account: Account) -> str:
    """What deploying the stacks would change, in the CLI's words; empty if nothing. Raises `CommandError`."""
    said = _said(["diff", *names(templates), "--exclusively"], templates, account)
    text = "\n".join(line for line in said if not line.startswith(CHATTER))
    stacks = re.split(r"^(?=Stack \S)", text, flags=re.MULTILINE)
    return "\n\n".join(stack.strip() for stack in stacks if stack.strip() and SAME not in stack)


def names(templates: Sequence[Path]) -> list[str]:
    """The stacks' names."""
    return [path.name.removesuffix(".template.json") for path in templates]


def _said(arguments: Sequence[str], templates: Sequence[Path], account: Account) -> Iterator[str]:
    """The CLI's output, line by line. It ends with its reader, even if that is killed."""
    said = deque[str](maxlen=SHOWN_LINES)
    with leashed(
        [*command(), *arguments, "--app", str(templates[0].parent), *QUIET],
        folder=PROGRAM.parent,  # away from the project's cdk.json, which would synthesize again
        environment=account.environment() | {"CDK_DISABLE_CLI_TELEMETRY": "true"},
    ) as process:
        for line in process.stdout or ():
            said.append(line.decode(errors="replace").rstrip())
            yield said[-1]
        process.wait()
    if process.returncode:
        raise CommandError("The CDK failed:\n" + "\n".join(said))


def command() -> list[str]:
    """The command that starts the CLI. Raises `CommandError` if it isn't installed."""
    node = installed_node()
    if not node or not PROGRAM.exists():
        raise CommandError("The CDK's command line isn't installed. Run `make ready`.")
    return [str(node), str(PROGRAM)]


def _progress(line: str) -> str | None:
    """From `movers-prod-site | 3/10 | 4:52:34 PM | CREATE_COMPLETE | …` what a person wants to know."""
    stack, *parts = (part.strip() for part in line.split(" | "))
    return f"{stack} {parts[0].replace(' ', '')}" if len(parts) >= 4 else None


if __name__ == "__main__":
    os.execv(command()[0], [*command(), *sys.argv[1:]])  # noqa: S606 - the user's own words
