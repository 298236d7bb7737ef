"""`movers deploy`: deploys a stage and prints its URLs."""

import os
import sys
from pathlib import Path

import typer
from rich.prompt import Prompt

from scripts.bundle.weight import weigh
from scripts.cloud.up import local_api_url
from scripts.commands.options import Context, StageName
from scripts.deployment.account import check
from scripts.deployment.assembly import assemble, functions
from scripts.deployment.deploy import Deployed, Stage
from scripts.deployment.deploy import deploy as deploy_stage
from scripts.deployment.key import key_parameter, stored_key
from scripts.deployment.listeners import hearing
from scripts.deployment.outputs import StackOutputs
from scripts.errors import CommandError
from scripts.folders import ROOT
from scripts.invocation import IngestError
from scripts.progress import console, shown_step
from scripts.target import find_stage
from scripts.words import count


def deploy(stage: StageName, context: Context = None) -> None:
    """Deploy or update a stage on AWS: stacks, API key, page, first ingest. Prints the URLs.

    Safe to rerun at any time, even after an interruption. The API key comes from MASSIVE_API_KEY; otherwise the stored
    one is kept, or you are asked for one.

    Examples:
      movers deploy --stage prod
      MASSIVE_API_KEY=… movers deploy --stage prod
      movers deploy --stage dev -c watchlist=SPY,QQQ -c alert_email=me@x.org
    """
    found = find_stage(stage, context)
    with shown_step("Account"):
        check(found.account)
    key = _key(found)
    templates = assembled(found)
    done = deploy_stage(found, templates, key, shown_step)
    _tell(found, templates, done)
    console.print(f"Alarms {hearing(found.account, stage).words}.")
    if done.earlier:
        console.print(
            f"Replaced but not yet deleted: {', '.join(done.earlier)}. Deploy again to delete them, once the first"
            " ingest has succeeded and your custom domain points to the new distribution."
        )
    if isinstance(done.first_ingest, IngestError):
        console.print(f"Deployed, but the first ingest failed. Retry: `movers ingest --stage {stage}`.")
        raise done.first_ingest


def assembled(stage: Stage) -> list[Path]:
    """The stage's templates with their bundles, in deployment order."""
    with shown_step("Functions and templates"):
        return assemble(ROOT, stage.context)


def _key(stage: Stage) -> str | None:
    """The key to store, or None to keep the stored one. Raises `CommandError` if there is none."""
    if stage.account.endpoint:
        return None  # the mock server's
    if offered := os.environ.get("MASSIVE_API_KEY"):
        return offered
    parameter = key_parameter(stage.name)
    if stored_key(stage.account.client("ssm"), parameter):
        return None
    if sys.stdin.isatty() and (
        typed := Prompt.ask("Massive API key", console=console, password=True).strip()
    ):
        return typed
    raise CommandError(
        f"No API key is stored at {parameter}. Set MASSIVE_API_KEY, or run this in a terminal to type it."
    )


def _tell(stage: Stage, templates: list[Path], done: Deployed) -> None:
    names, site_url = done.outputs, stage.site_url or done.outputs.site_url
    for name, folder in functions(templates).items():
        console.print(f"Function {name}: {weigh(folder)}.")
    console.print(f"Page: {count(len(done.page), 'file')} uploaded." if done.page else "Page: up to date.")
    match done.first_ingest:
        case {"Stored": stored}:
            console.print(f"First ingest: {count(len(stored), 'new session')}.")
        case {"Skipped": reason}:
            console.print(f"First ingest: skipped, another run is in progress ({reason}).")
    if not stage.site_url and names.distribution_domain_name not in site_url:
        console.print(f"Point the domain of {site_url} to {names.distribution_domain_name} (CNAME or alias).")
    typer.echo(f"page         {site_url}/")
    typer.echo(f"movers.json  {site_url}/movers.json")
    typer.echo(f"movers       {site_url}/movers")
    typer.echo(f"api          {_api_url(stage, names)}/movers")


def _api_url(stage: Stage, names: StackOutputs) -> str:
    """The API's own URL, without the CDN."""
    if endpoint := stage.account.endpoint:
        return local_api_url(endpoint.url, names.api_url)
    return names.api_url.rstrip("/")
