"""Names of the deployed resources, read from the stacks' outputs and from nowhere else."""

import re
from dataclasses import dataclass, fields
from typing import Any

STACKS = ("data", "api", "site", "ingest")


@dataclass(frozen=True, slots=True)
class StackOutputs:
    """What the stacks of one stage say of themselves."""

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


def read_outputs(cloudformation: Any, stage: str) -> StackOutputs:
    """The outputs of a stage's stacks, local or deployed.

    Raises botocore's ClientError when a stack is missing, KeyError when an output is.
    """
    values = {
        output["OutputKey"]: output["OutputValue"]
        for stack in STACKS
        for output in _stack(cloudformation, f"movers-{stage}-{stack}").get("Outputs", [])
    }
    return StackOutputs(**{field.name: values[_output_key(field.name)] for field in fields(StackOutputs)})


def _stack(cloudformation: Any, name: str) -> dict[str, Any]:
    described: dict[str, Any] = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
    return described


def _output_key(name: str) -> str:
    return re.sub(r"(?:^|_)([a-z])", lambda match: match[1].upper(), name)
