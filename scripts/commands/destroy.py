"""`movers destroy`: deletes a stage."""

from typing import Annotated

import typer
from rich.prompt import Prompt

from scripts.commands.options import StageName
from scripts.deployment.account import Account, place
from scripts.deployment.destroy import destroy as destroy_stage
from scripts.deployment.destroy import left, refuse_nothing
from scripts.errors import CommandError
from scripts.progress import console, shown_step
from scripts.target import find_stage


def destroy(
    stage: StageName,
    data: Annotated[
        bool, typer.Option("--data", help="Delete the table, the raw bucket, and the API key too.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Skip the confirmation.")] = False,
) -> None:
    """Delete a stage and list what remains.

    Without --data, the table, the raw bucket, and the API key are kept.

    Examples:
      movers destroy --stage dev
      movers destroy --stage dev --data
    """
    account = find_stage(stage, None).account
    refuse_nothing(account, stage)
    if not yes:
        _confirm(account, stage, data)
    remains = destroy_stage(account, stage, shown_step, data=data)
    typer.echo("\n".join(f"left: {each}" for each in remains) if remains else "Nothing remains.")
    if data:
        console.print(
            "DynamoDB keeps a backup of the deleted table for 35 days; the CDK's bucket keeps what was deployed."
        )
    if account.endpoint:
        console.print("The local cloud stops, because its CDN is gone. Start another with `movers up`.")
    elif remains:
        console.print(f"`movers deploy --stage {stage}` uses it again; `--data` deletes it too.")


def _confirm(account: Account, stage: str, data: bool) -> None:
    """Ask for yes, or for the stage's name if data is deleted. Raises `CommandError` for any other answer."""
    console.print(f"This deletes the page and API of stage {stage} in {place(account)}.")
    if data:
        console.print("\n".join(f"Permanently deleted: {each}" for each in left(account, stage)))
    wanted, how = (stage, "Type the stage's name") if data else ("yes", "Type yes")
    if _asked(f"{how} to continue") != wanted:
        raise CommandError("Nothing was deleted.")


def _asked(question: str) -> str | None:
    """What the user types; None if nobody can."""
    try:
        return Prompt.ask(question, console=console)
    except EOFError:
        return None
