"""`movers deploy`, `diff` and `destroy`: a stage from nothing to its URLs, and back."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.prompt import Prompt

from ingest.settings import LOCAL_STAGE
from scripts.cloud.state import movers_home, read_state
from scripts.cloud.up import local_api_url, local_stage
from scripts.deployment import cdk
from scripts.deployment.account import Account, check, place
from scripts.deployment.assembly import assemble, functions
from scripts.deployment.deploy import ROOT, Deployed, Stage
from scripts.deployment.deploy import deploy as deploy_stage
from scripts.deployment.destroy import destroy as destroy_stage
from scripts.deployment.destroy import left, refuse_nothing
from scripts.deployment.key import key_parameter, stored_key
from scripts.deployment.listeners import hearing
from scripts.deployment.outputs import StackOutputs, found_outputs
from scripts.deployment.page import changed_files, page_files
from scripts.errors import CloudError
from scripts.invocation import IngestError
from scripts.progress import console, shown_step
from scripts.target import region
from scripts.weight import weigh

StageName = Annotated[
    str,
    typer.Option("--stage", help="The stage: any name, such as prod, or local for the running local cloud."),
]
Context = Annotated[
    list[str] | None,
    typer.Option("-c", "--context", metavar="NAME=VALUE", help="A setting other than infra/cdk.json has it."),
]


def deploy(stage: StageName, context: Context = None) -> None:
    """Deploy a stage to AWS, or what has changed of it: stacks, API key, page, first ingest. Prints the URLs.

    It can be given again at any time, also after it was interrupted. The key comes from MASSIVE_API_KEY; without
    it the stored one is kept, and where none is stored it is asked for.

    [bold]Examples[/]

      movers deploy --stage prod
      MASSIVE_API_KEY=… movers deploy --stage prod
      movers deploy --stage dev -c watchlist=SPY,QQQ -c alert_email=me@example.com
    """
    found = find_stage(stage, context)
    with shown_step("Account"):
        check(found.account)
    key = _key(found)
    templates = _assembled(found)
    done = deploy_stage(found, templates, key, shown_step)
    _tell(found, templates, done)
    console.print(f"Alarms are {hearing(found.account, stage).words}.")
    if isinstance(done.first_ingest, IngestError):
        console.print(f"All is deployed; `movers ingest --stage {stage}` tries the first ingest again.")
        raise done.first_ingest


def diff(stage: StageName, context: Context = None) -> None:
    """Print what `movers deploy` would change: in the stacks, in the page, and whether a key is stored.

    [bold]Examples[/]

      movers diff --stage prod
      movers diff --stage prod -c throttle_rate=50
    """
    found = find_stage(stage, context)
    with shown_step("Account"):
        check(found.account)
    templates = found.prepare(_assembled(found))
    with shown_step("Stacks"):
        changes = cdk.diff(templates, found.account)
    client = found.account.client
    bucket = found_outputs(client("cloudformation"), stage).get("SiteBucketName")
    files = changed_files(client("s3"), bucket, ROOT) if bucket else page_files(ROOT)
    typer.echo(changes)
    typer.echo(f"Page: {len(files)} files to put" if files else "Page: no differences")
    for file in files:
        typer.echo(f"  {file.key}")
    if not stored_key(client("ssm"), key_parameter(stage)):
        typer.echo(f"API key: none is stored at {key_parameter(stage)}")


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


def find_stage(name: str, context: list[str] | None) -> Stage:
    """The stage of this name: that of the running local cloud, or one at AWS, in the region of its settings.

    Raises `CloudError` for settings that are not allowed, or if it is the local one and no local cloud runs.
    """
    given = settings(context or [])
    if name == LOCAL_STAGE:
        state = read_state(movers_home())
        return local_stage(
            state.account, state.context | given, state.ingest, movers_home() / "run" / "again"
        )
    given["stage"] = name
    return Stage(name, Account(region(given)), given)


def settings(context: list[str]) -> dict[str, object]:
    """What `-c` gives. Raises `CloudError` for what is no NAME=VALUE, and for the stage and its region."""
    if wrong := [each for each in context if "=" not in each]:
        raise CloudError(
            f"-c {wrong[0]}: give NAME=VALUE, such as throttle_rate=50; infra/cdk.json has the names."
        )
    given: dict[str, object] = {name: value for name, _, value in (each.partition("=") for each in context)}
    if elsewhere := given.keys() & {"stage", "region"}:
        raise CloudError(
            f"-c {elsewhere.pop()}: the stage is --stage, and its region stands in infra/cdk.json, under `stages` if it"
            " is this stage's alone, where every command finds it."
        )
    return given


def _assembled(stage: Stage) -> list[Path]:
    with shown_step("Functions and templates"):
        return assemble(ROOT, stage.context)


def _key(stage: Stage) -> str | None:
    """The key to store, or None to keep the one that is there. Raises `CloudError` if there is none to be had."""
    if stage.account.endpoint:
        return None  # that of the local market
    if offered := os.environ.get("MASSIVE_API_KEY"):
        return offered
    parameter = key_parameter(stage.name)
    if stored_key(stage.account.client("ssm"), parameter):
        return None
    if sys.stdin.isatty() and (
        typed := Prompt.ask("Massive API key", console=console, password=True).strip()
    ):
        return typed
    raise CloudError(f"No API key is stored at {parameter}: set MASSIVE_API_KEY, or type it in a terminal.")


def _tell(stage: Stage, templates: list[Path], done: Deployed) -> None:
    names, site_url = done.outputs, stage.site_url or done.outputs.site_url
    for name, folder in functions(templates).items():
        console.print(f"Function {name}: {weigh(folder)}.")
    console.print(f"Page: {len(done.page)} files put." if done.page else "Page: nothing to put.")
    match done.first_ingest:
        case {"Stored": stored}:
            console.print(f"First ingest: {', '.join(stored) or 'no new session'}.")
        case {"Skipped": reason}:
            console.print(f"First ingest: left to another run; {reason}.")
    if not stage.site_url and names.distribution_domain_name not in site_url:
        console.print(
            f"The name in {site_url} must lead to {names.distribution_domain_name} (CNAME or alias)."
        )
    typer.echo(f"page         {site_url}/")
    typer.echo(f"movers.json  {site_url}/movers.json")
    typer.echo(f"movers       {site_url}/movers")
    typer.echo(f"api          {_api_url(stage, names)}/movers")


def _api_url(stage: Stage, names: StackOutputs) -> str:
    """The API itself, without the CDN."""
    if endpoint := stage.account.endpoint:
        return local_api_url(endpoint.url, names.api_url)
    return names.api_url.rstrip("/")


def _confirm(account: Account, stage: str, data: bool) -> None:
    """Ask before anything goes; before data goes, for the stage's name. Raises `CloudError` for any other answer."""
    console.print(f"This takes down the stage {stage} in {place(account)}: its page and API will be gone.")
    if data:
        console.print("\n".join(f"It deletes for good: {each}" for each in left(account, stage)))
    wanted, how = (stage, "Type the stage's name") if data else ("yes", "Type yes")
    if _asked(f"{how} to go on") != wanted:
        raise CloudError("Nothing was deleted.")


def _asked(question: str) -> str | None:
    """What the user types; None where nobody can."""
    try:
        return Prompt.ask(question, console=console)
    except EOFError:
        return None
