"""The CDK's own command line, pinned, under the Node that is installed with the project.

`.venv/bin/python -m scripts.deployment.cdk bootstrap aws://123456789012/us-east-1`, or any other of its commands.
"""

import os
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
# What the CLI says about its own work, beside what would change.
CHATTER = ("start: ", "success: ", "Hold on while")


def deploy(templates: Sequence[Path], account: Account, tell: Tell, *parameters: str) -> None:
    """Deploy the stacks of a synthesized app, in the order of their templates; `parameters` are `NAME=VALUE`.

    Begins when nothing is under way in them: CloudFormation goes on after an interrupted deployment. Raises
    `CommandError` with the end of what the CLI said, or with what to do where a stack is stuck.
    """
    stacks = names(templates)
    settle(account.client("cloudformation"), stacks, tell)
    refuse_stuck(account.client("cloudformation"), stacks)
    given = [word for parameter in parameters for word in ("--parameters", parameter)]
    for line in _said(["deploy", *stacks, *DEPLOY, *given], templates, account):
        if words := _progress(line):
            tell(words)


def diff(templates: Sequence[Path], account: Account) -> str:
    """What deploying the stacks would change, in the CLI's words. Raises `CommandError` if it cannot tell."""
    said = _said(["diff", *names(templates), "--exclusively"], templates, account)
    return "\n".join(line for line in said if not line.startswith(CHATTER)).strip()


def names(templates: Sequence[Path]) -> list[str]:
    """The stacks' names."""
    return [path.name.removesuffix(".template.json") for path in templates]


def _said(arguments: Sequence[str], templates: Sequence[Path], account: Account) -> Iterator[str]:
    """What the CLI says, line by line. It ends with its listener, be that killed: nobody deploys unseen."""
    said = deque[str](maxlen=SHOWN_LINES)
    with leashed(
        [*command(), *arguments, "--app", str(templates[0].parent), *QUIET],
        folder=PROGRAM.parent,  # far from the project's cdk.json, which would synthesize once more
        environment=account.environment() | {"CDK_DISABLE_CLI_TELEMETRY": "true"},
    ) as process:
        for line in process.stdout or ():
            said.append(line.decode(errors="replace").rstrip())
            yield said[-1]
        process.wait()
    if process.returncode:
        raise CommandError("The CDK could not do it:\n" + "\n".join(said))


def command() -> list[str]:
    """How the CLI is started. Raises `CommandError` if it is not installed."""
    node = installed_node()
    if not node or not PROGRAM.exists():
        raise CommandError("The CDK's command line is not installed: `make ready` does it.")
    return [str(node), str(PROGRAM)]


def _progress(line: str) -> str | None:
    """From `movers-prod-site | 3/10 | 4:52:34 PM | CREATE_COMPLETE | …` what a person wants to hear."""
    stack, *parts = (part.strip() for part in line.split(" | "))
    return f"{stack} {parts[0].replace(' ', '')}" if len(parts) >= 4 else None


if __name__ == "__main__":
    os.execv(command()[0], [*command(), *sys.argv[1:]])  # noqa: S606 - the user's own words
