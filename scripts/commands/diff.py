"""`movers diff`: what a deployment would change."""

import typer

from scripts.commands.deploy import assembled
from scripts.commands.options import Context, StageName
from scripts.deployment import cdk
from scripts.deployment.account import check
from scripts.deployment.earlier import NOTICE, earlier_stacks
from scripts.deployment.key import key_parameter, stored_key
from scripts.deployment.outputs import found_outputs
from scripts.deployment.page import changed_files, page_files
from scripts.folders import ROOT
from scripts.progress import shown_step
from scripts.target import find_stage


def diff(stage: StageName, context: Context = None) -> None:
    """Print what `movers deploy` would change: in the stacks, in the page, and whether a key is stored.

    [bold]Examples[/]

      movers diff --stage prod
      movers diff --stage prod -c throttle_rate=50
    """
    found = find_stage(stage, context)
    with shown_step("Account"):
        check(found.account)
    templates = found.prepare(assembled(found))
    with shown_step("Stacks"):
        changes = cdk.diff(templates, found.account)
    client = found.account.client
    bucket = found_outputs(client("cloudformation"), stage).get("SiteBucketName")
    files = changed_files(client("s3"), bucket, ROOT) if bucket else page_files(ROOT)
    typer.echo(changes)
    if earlier := earlier_stacks(found.account, stage):
        typer.echo(f"{NOTICE}\nReplaced, and taken down at the end: {', '.join(earlier)}")
    typer.echo(f"Page: {len(files)} files to put" if files else "Page: no differences")
    for file in files:
        typer.echo(f"  {file.key}")
    if not stored_key(client("ssm"), key_parameter(stage)):
        typer.echo(f"API key: none is stored at {key_parameter(stage)}")
