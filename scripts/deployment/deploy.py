"""Brings a stage to what the repository says: stacks, key, page, first ingest. Every step can be done again."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts.deployment import cdk
from scripts.deployment.account import Account
from scripts.deployment.assembly import assemble
from scripts.deployment.key import key_parameter, store_key
from scripts.deployment.outputs import CDN_ALARMS, StackOutputs, read_outputs, stack_name
from scripts.deployment.page import upload_page
from scripts.deployment.stacks import Step, Tell
from scripts.invocation import IngestError, run_ingest

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Stage:
    """What is deployed, and where to. `context` lies over the settings of `infra/cdk.json`.

    `prepare` changes the synthesized app to what the account can take: at AWS nothing.
    """

    name: str
    account: Account
    context: Mapping[str, object]
    prepare: Callable[[list[Path]], list[Path]] = lambda templates: templates


@dataclass(frozen=True, slots=True)
class Deployed:
    """What is there now. `page` are the files that had to be put, `first_ingest` what the run came to."""

    outputs: StackOutputs
    templates: list[Path]
    page: list[str]
    first_ingest: dict[str, Any] | IngestError


def deploy(stage: Stage, key: str | None, step: Step) -> Deployed:
    """Deploy the stage; `key` is the provider's, None to keep the one that is stored.

    Raises `CloudError`, `SynthesisError` or one of the bundling errors, each saying what to do. A failing first
    ingest is no reason to stop: the schedule tries again.
    """
    client = stage.account.client
    with step("Functions and templates"):
        templates, prepared = synthesized(stage)
    with step("API key"):
        if key:
            store_key(client("ssm"), key_parameter(stage.name), key)
    with step("Stacks") as tell:
        outputs = _deploy_stacks(stage, prepared, tell)
    with step("Page"):
        page = upload_page(client("s3"), outputs.site_bucket_name, ROOT)
    with step("First ingest"):
        first = _first_ingest(client("lambda"), outputs.ingest_function_name)
    return Deployed(outputs, templates, page, first)


def synthesized(stage: Stage) -> tuple[list[Path], list[Path]]:
    """The stage's templates as synthesized, and as prepared for its account; both in deployment order."""
    templates = assemble(ROOT, stage.context)
    return templates, stage.prepare(templates)


def _deploy_stacks(stage: Stage, templates: list[Path], tell: Tell) -> StackOutputs:
    """The stacks of the stage's region, then the one that lives where the CDN's metrics are, if that is elsewhere."""
    elsewhere = [path for path in templates if path.name.startswith(stack_name(stage.name, CDN_ALARMS))]
    cdk.deploy([path for path in templates if path not in elsewhere], stage.account, tell)
    outputs = read_outputs(stage.account.client("cloudformation"), stage.name)
    if elsewhere:
        cdk.deploy(elsewhere, stage.account.of_the_cdn, tell, f"DistributionId={outputs.distribution_id}")
    return outputs


def _first_ingest(functions: Any, name: str) -> dict[str, Any] | IngestError:
    try:
        return run_ingest(functions, name)
    except IngestError as failure:
        return failure
