"""`movers destroy`: a stage taken down, and what is left of it."""

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
        bool, typer.Option("--data", help="The table, the raw bucket and the API key too.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Take a stage down and say what is left. The table, the raw bucket and the key stay, unless --data is given.

    [bold]Examples[/]

      movers destroy --stage dev
      movers destroy --stage dev --data
    """
    account = find_stage(stage, None).account
    refuse_nothing(account, stage)
    if not yes:
        _confirm(account, stage, data)
    remains = destroy_stage(account, stage, shown_step, data=data)
    typer.echo("\n".join(f"left: {each}" for each in remains) if remains else "Nothing is left.")
    if data:
        console.print(
            "DynamoDB keeps a backup of a deleted table for 35 days, the CDK's bucket what was deployed."
        )
    if account.endpoint:
        console.print("The local cloud ends, as its CDN is gone; `movers up` starts another.")
    elif remains:
        console.print(f"`movers deploy --stage {stage}` goes on with it; `--data` deletes it too.")


def _confirm(account: Account, stage: str, data: bool) -> None:
    """Ask before anything goes; before data goes, for the stage's name. Raises `CommandError` for any other answer."""
    console.print(f"This takes down the stage {stage} in {place(account)}: its page and API will be gone.")
    if data:
        console.print("\n".join(f"It deletes for good: {each}" for each in left(account, stage)))
    wanted, how = (stage, "Type the stage's name") if data else ("yes", "Type yes")
    if _asked(f"{how} to go on") != wanted:
        raise CommandError("Nothing was deleted.")


def _asked(question: str) -> str | None:
    """What the user types; None where nobody can."""
    try:
        return Prompt.ask(question, console=console)
    except EOFError:
        return None
