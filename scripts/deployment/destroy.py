"""Deletes a stage. Data that can't be recreated is kept unless its deletion is requested."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from http import HTTPStatus
from typing import Any

from botocore.exceptions import ClientError

from infra.settings import full_name
from scripts.deployment.account import Account, place
from scripts.deployment.key import forget_key, key_parameter, stored_key
from scripts.deployment.outputs import CDN_ALARMS, EARLIER_PARTS, PARTS, found_outputs, outputs_of
from scripts.deployment.stacks import Step, Tell, delete, describe
from scripts.errors import CommandError

DATA, SERVICES = PARTS


def destroy(account: Account, stage: str, step: Step, *, data: bool) -> list[str]:
    """Delete the stage's stacks, the last first, and return what remains.

    The stack with the table and the raw bucket is kept for a later deployment; with `data` it is deleted too, and so is
    the API key. Safe to rerun after any failure.
    """
    for there, name in _stacks_without_data(account, stage):
        with step(f"Stack {name}") as tell:
            take_down(there, name, tell)
    if data:
        with step("Table, raw bucket, and API key") as tell:
            _delete_data(account, found_outputs(account.client("cloudformation"), stage))
            forget_key(account.client("ssm"), key_parameter(stage))
            delete(account.client("cloudformation"), full_name(stage, DATA), tell)
    return left(account, stage)


def take_down(account: Account, name: str, tell: Tell) -> None:
    """Delete a stack that can be recreated. Its site bucket must be empty first."""
    cloudformation = account.client("cloudformation")
    empty(account.client("s3"), outputs_of(cloudformation, name).get("SiteBucketName"))
    delete(cloudformation, name, tell)


def refuse_nothing(account: Account, stage: str) -> None:
    """Raise `CommandError` if nothing of the stage is here: it may be in another account or region."""
    where = place(account)  # which fails soon if AWS doesn't respond
    stacks = [(account, full_name(stage, DATA)), *_stacks_without_data(account, stage)]
    found = any(describe(there.client("cloudformation"), name) for there, name in stacks)
    if not found and not stored_key(account.client("ssm"), key_parameter(stage)):
        raise CommandError(f"There is no stage {stage!r} in {where}.")


def left(account: Account, stage: str) -> list[str]:
    """What remains of the stage, in words."""
    outputs = found_outputs(account.client("cloudformation"), stage)
    named = {"table": "TableName", "raw bucket": "RawBucketName"}
    found = [f"{what} {outputs[name]}" for what, name in named.items() if name in outputs]
    if stored_key(account.client("ssm"), key_parameter(stage)):
        found.append(f"API key {key_parameter(stage)}")
    return found


def empty(s3: Any, bucket: str | None) -> None:
    """Delete everything in a bucket, including old versions. A missing bucket is empty."""
    if not bucket or not _exists(s3, bucket):
        return
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        found = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
        keys = [{"Key": each["Key"], "VersionId": each["VersionId"]} for each in found]
        if keys and (errors := s3.delete_objects(Bucket=bucket, Delete={"Objects": keys}).get("Errors")):
            raise CommandError(f"Couldn't empty {bucket}: {errors[0]}")


def _stacks_without_data(account: Account, stage: str) -> Iterator[tuple[Account, str]]:
    """The stage's existing stacks, each with its region, in the order in which they can be deleted."""
    parts = [(account.of_the_cdn, CDN_ALARMS), *((account, part) for part in (SERVICES, *EARLIER_PARTS))]
    for there, part in parts:
        if describe(there.client("cloudformation"), full_name(stage, part)):
            yield there, full_name(stage, part)


def _delete_data(account: Account, outputs: Mapping[str, str]) -> None:
    """Delete what the stack retains. The stack goes afterwards, because it has the names."""
    s3, dynamodb = account.client("s3"), account.client("dynamodb")
    bucket, table = outputs.get("RawBucketName"), outputs.get("TableName")
    if bucket and _exists(s3, bucket):
        empty(s3, bucket)
        s3.delete_bucket(Bucket=bucket)
    if table:
        with suppress(dynamodb.exceptions.ResourceNotFoundException):
            _delete_table(dynamodb, table)


def _delete_table(dynamodb: Any, table: str) -> None:
    """Disable deletion protection and delete the table. A changing table refuses both, so wait for it."""
    active = dynamodb.get_waiter("table_exists")
    if dynamodb.describe_table(TableName=table)["Table"]["TableStatus"] != "DELETING":
        active.wait(TableName=table)
        if dynamodb.describe_table(TableName=table)["Table"].get("DeletionProtectionEnabled"):
            dynamodb.update_table(TableName=table, DeletionProtectionEnabled=False)
            active.wait(TableName=table)
        dynamodb.delete_table(TableName=table)
    dynamodb.get_waiter("table_not_exists").wait(TableName=table)


def _exists(s3: Any, bucket: str) -> bool:
    try:
        s3.head_bucket(Bucket=bucket)
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == HTTPStatus.NOT_FOUND:
            return False
        raise
    return True
