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
from scripts.words import count


def diff(stage: StageName, context: Context = None) -> None:
    """Show what `movers deploy` would change: stacks, page, and a missing API key.

    Examples:
      movers diff --stage prod
      movers diff --stage prod -c throttle_rate=50
    """
    found = find_stage(stage, context)
    with shown_step("Account", quiet=True):
        check(found.account)
    templates = found.prepare(assembled(found))
    with shown_step("Stacks", quiet=True):
        changes = cdk.diff(templates, found.account)
    client = found.account.client
    bucket = found_outputs(client("cloudformation"), stage).get("SiteBucketName")
    files = changed_files(client("s3"), bucket, ROOT) if bucket else page_files(ROOT)
    lines = [changes] if changes else []
    if earlier := earlier_stacks(found.account, stage):
        lines += [NOTICE, f"Replaced, and deleted at the end: {', '.join(earlier)}"]
    if files:
        lines += [f"Page: {count(len(files), 'file')} to upload", *(f"  {file.key}" for file in files)]
    if not stored_key(client("ssm"), key_parameter(stage)):
        lines.append(f"API key: none is stored at {key_parameter(stage)}")
    typer.echo("\n".join(lines) or "No differences.")
