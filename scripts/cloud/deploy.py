"""Deployment of a synthesized app to the emulator: what `cdk bootstrap` and `cdk deploy` do at AWS."""

import io
import json
import time
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from scripts.cloud.emulator import ACCOUNT, REGION
from scripts.cloud.errors import CloudError
from scripts.cloud.transforms import LocalIngest, Template, localized

BOOTSTRAP_VERSION = "/cdk-bootstrap/hnb659fds/version"
STACK_SECONDS = 120

Connect = Callable[[str], Any]
"""Gives the boto3 client of a service."""


def deploy(templates: Sequence[Path], *, connect: Connect, ingest: LocalIngest) -> None:
    """Deploy the stacks in the given order; create those that are not there, update the others.

    Raises CloudError with the reasons from the stack's events when one cannot be deployed.
    """
    _bootstrap(connect)
    s3, cloudformation = connect("s3"), connect("cloudformation")
    for path in templates:
        name = path.name.removesuffix(".template.json")
        _upload_assets(s3, path.with_name(f"{name}.assets.json"))
        _apply(cloudformation, name, localized(json.loads(path.read_text()), ingest))


def _bootstrap(connect: Connect) -> None:
    connect("ssm").put_parameter(Name=BOOTSTRAP_VERSION, Value="30", Type="String", Overwrite=True)


def _upload_assets(s3: Any, manifest: Path) -> None:
    for asset in json.loads(manifest.read_text())["files"].values():
        source = manifest.parent / asset["source"]["path"]
        body = _zipped(source) if asset["source"]["packaging"] == "zip" else source.read_bytes()
        for destination in asset["destinations"].values():
            bucket = _resolved(destination["bucketName"])
            s3.create_bucket(Bucket=bucket)
            s3.put_object(Bucket=bucket, Key=_resolved(destination["objectKey"]), Body=body)


def _zipped(folder: Path) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_STORED) as archive:  # it stays on this machine
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            archive.write(path, path.relative_to(folder))
    return content.getvalue()


def _resolved(pattern: str) -> str:
    return pattern.replace("${AWS::AccountId}", ACCOUNT).replace("${AWS::Region}", REGION)


def _apply(cloudformation: Any, name: str, template: Template) -> None:
    request = {
        "StackName": name,
        "TemplateBody": json.dumps(template),
        "Capabilities": ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"],
    }
    try:
        _create_or_update(cloudformation, request)
    except ClientError as error:
        if "No updates are to be performed" not in str(error):
            raise CloudError(f"Stack {name} was refused: {error}") from error
    _wait(cloudformation, name)


def _create_or_update(cloudformation: Any, request: dict[str, Any]) -> None:
    try:
        cloudformation.create_stack(**request)
    except cloudformation.exceptions.AlreadyExistsException:
        cloudformation.update_stack(**request)


def _wait(cloudformation: Any, name: str) -> None:
    deadline = time.monotonic() + STACK_SECONDS
    while (status := _status(cloudformation, name)).endswith("IN_PROGRESS"):
        if time.monotonic() > deadline:
            raise CloudError(f"Stack {name} is still {status} after {STACK_SECONDS} seconds.")
        time.sleep(0.1)
    if status not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
        raise CloudError(f"Stack {name} ended as {status}:\n{_reasons(cloudformation, name)}")


def _status(cloudformation: Any, name: str) -> str:
    return str(cloudformation.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"])


def _reasons(cloudformation: Any, name: str) -> str:
    """The events that failed, oldest first: the first of them is the cause."""
    events = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
    return "\n".join(
        f"  {event['LogicalResourceId']} ({event['ResourceType']}): {event.get('ResourceStatusReason', '')}"
        for event in reversed(events)
        if event["ResourceStatus"].endswith("FAILED")
    )
