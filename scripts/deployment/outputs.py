"""Names of the deployed resources, from the stacks' outputs alone."""

import re
from dataclasses import dataclass, fields
from typing import Any

from infra.settings import full_name
from scripts.deployment.stacks import describe
from scripts.errors import CommandError

# In deployment order.
PARTS = ("data", "services")
# One more in the CDN's region, if the stage's is another.
CDN_ALARMS = "cdn-alarms"
# What the services stack replaces in a stage that was deployed as five stacks, in the order in which CloudFormation
# can delete them: each before those that it imports from.
EARLIER_PARTS = ("operations", "ingest", "site", "api")


@dataclass(frozen=True, slots=True)
class StackOutputs:
    """The outputs of one stage's stacks."""

    table_name: str
    raw_bucket_name: str
    api_url: str
    api_function_name: str
    site_bucket_name: str
    distribution_id: str
    distribution_domain_name: str
    site_url: str
    ingest_function_name: str
    failure_queue_url: str
    key_parameter_name: str
    alarm_topic_arn: str
    dashboard_name: str


def read_outputs(cloudformation: Any, stage: str) -> StackOutputs:
    """The outputs of a stage's stacks, local or on AWS. Raises `CommandError` if any is missing."""
    values = found_outputs(cloudformation, stage)
    names = {field.name: _output_key(field.name) for field in fields(StackOutputs)}
    if missing := [key for key in names.values() if key not in values]:
        found = (
            f"only partly deployed (no {', '.join(missing)})" if values else "not in this account and region"
        )
        raise CommandError(f"Stage {stage!r} is {found}. Run `movers deploy --stage {stage}`.")
    return StackOutputs(**{name: values[key] for name, key in names.items()})


def found_outputs(cloudformation: Any, stage: str) -> dict[str, str]:
    """The outputs of the stage's existing stacks."""
    found = [outputs_of(cloudformation, full_name(stage, part)) for part in PARTS]
    return {key: value for outputs in found for key, value in outputs.items()}


def outputs_of(cloudformation: Any, name: str) -> dict[str, str]:
    """The outputs of one stack; empty if it doesn't exist."""
    found = describe(cloudformation, name) or {}
    return {output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs", [])}


def _output_key(name: str) -> str:
    return re.sub(r"(?:^|_)([a-z])", lambda match: match[1].upper(), name)
