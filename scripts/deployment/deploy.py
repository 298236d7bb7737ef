"""Deploys a stage: stacks, key, page, first ingest. Every step can be rerun."""

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from infra.settings import full_name
from ingest.site import Site
from scripts.deployment import cdk
from scripts.deployment.account import Account
from scripts.deployment.assembly import rewritten
from scripts.deployment.earlier import (
    earlier_stacks,
    held_name,
    make_way,
    move_name,
    nameless,
    take_down_earlier,
)
from scripts.deployment.key import key_parameter, store_key
from scripts.deployment.outputs import CDN_ALARMS, StackOutputs, found_outputs, read_outputs
from scripts.deployment.page import upload_page
from scripts.deployment.stacks import Step, Tell
from scripts.folders import ROOT
from scripts.invocation import IngestError, run_ingest


@dataclass(frozen=True, slots=True)
class Stage:
    """What to deploy, and where. `context` overrides the settings in `infra/cdk.json`.

    `prepare` adapts the synthesized app to the account; on AWS it changes nothing. `site_url` is the page's address, or
    None for the one from the stacks.
    """

    name: str
    account: Account
    context: Mapping[str, object]
    prepare: Callable[[list[Path]], list[Path]] = lambda templates: templates
    site_url: str | None = None


@dataclass(frozen=True, slots=True)
class Deployed:
    """The result: `page` lists the uploaded files, `first_ingest` is the run's report.

    `earlier` are replaced stacks that are still to be deleted.
    """

    outputs: StackOutputs
    page: list[str]
    first_ingest: dict[str, Any] | IngestError
    earlier: Sequence[str] = ()


def deploy(stage: Stage, templates: list[Path], key: str | None, step: Step) -> Deployed:
    """Deploy the stage from its assembled templates; `key` is the provider's, None to keep the stored one.

    Raises `CommandError`. A failed first ingest doesn't stop it: the schedule retries.
    """
    client = stage.account.client
    make_way(stage.account, stage.name, step)
    with step("API key"):
        if key:
            store_key(client("ssm"), key_parameter(stage.name), key)
    prepared = stage.prepare(templates)
    with step("Stacks") as tell:
        assets = _put_assets_ahead(stage.account, stage.name)
        if name := held_name(stage.account, stage.name):
            outputs = _deploy_without_name(stage, prepared, tell)
        else:
            outputs = _deploy_stacks(stage, prepared, tell)
    with step("Page"):
        page = [*assets, *_put_page(stage.account, outputs)]
    with step("First ingest"):
        first = _first_ingest(client("lambda"), outputs.ingest_function_name)
        if not isinstance(first, IngestError) and first.get("Published") and not first.get("Invalidation"):
            _site(stage.account, outputs).invalidate(
                uuid4().hex, ["/status*"]
            )  # a changed setting is seen at once
    filled = not isinstance(first, IngestError) and "Skipped" not in first  # the new page has its data
    if filled and name:
        with step(f"{name} moves to the new distribution") as tell:
            move_name(client("cloudfront"), name, outputs.distribution_id, outputs.distribution_domain_name)
            outputs = _deploy_stacks(stage, prepared, tell)
    elif filled:
        take_down_earlier(stage.account, stage.name, step)
    return Deployed(outputs, page, first, earlier_stacks(stage.account, stage.name))


def _deploy_without_name(stage: Stage, templates: list[Path], tell: Tell) -> StackOutputs:
    with tempfile.TemporaryDirectory() as scratch:
        return _deploy_stacks(stage, rewritten(templates, Path(scratch) / "app", nameless), tell)


def _deploy_stacks(stage: Stage, templates: list[Path], tell: Tell) -> StackOutputs:
    """The stacks in the stage's region, then the one in the region of the CDN's metrics, if that is another."""
    elsewhere = [path for path in templates if path.name.startswith(full_name(stage.name, CDN_ALARMS))]
    cdk.deploy([path for path in templates if path not in elsewhere], stage.account, tell)
    outputs = read_outputs(stage.account.client("cloudformation"), stage.name)
    if elsewhere:
        cdk.deploy(elsewhere, stage.account.of_the_cdn, tell, f"DistributionId={outputs.distribution_id}")
    return outputs


def _put_assets_ahead(account: Account, name: str) -> list[str]:
    """Upload what a stage's new functions will refer to in the documents they publish: a run may come any time."""
    bucket = found_outputs(account.client("cloudformation"), name).get("SiteBucketName")
    return upload_page(account.client("s3"), bucket, ROOT, assets_only=True) if bucket else []


def _put_page(account: Account, outputs: StackOutputs) -> list[str]:
    """Upload what differs and drop the CDN's copies, such as a cached 404."""
    page = upload_page(account.client("s3"), outputs.site_bucket_name, ROOT)
    if page:
        _site(account, outputs).invalidate(uuid4().hex)
    return page


def _site(account: Account, outputs: StackOutputs) -> Site:
    s3, cloudfront = account.client("s3"), account.client("cloudfront")
    return Site(s3, outputs.site_bucket_name, cloudfront, outputs.distribution_id)


def _first_ingest(functions: Any, name: str) -> dict[str, Any] | IngestError:
    try:
        return run_ingest(functions, name)
    except IngestError as failure:
        return failure
