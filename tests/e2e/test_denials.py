"""What no role can do, whatever else it is granted, tried on the local cloud."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from scripts.cloud.up import LocalCloud


def test_no_grant_lets_a_role_destroy_what_cannot_be_made_again(cloud: LocalCloud) -> None:
    """Each role's own policies, given to a user beside a grant of everything."""
    iam = cloud.client("iam")
    roles = [
        role["RoleName"] for role in iam.list_roles()["Roles"] if role["RoleName"].startswith("movers-local-")
    ]
    assert len(roles) == 3
    for role in roles:
        with almighty(cloud, role) as client:
            assert client("dynamodb").describe_table(TableName=cloud.outputs.table_name)
            for destroy in destructions(cloud, client):
                with pytest.raises(ClientError, match="AccessDenied"):
                    destroy()


@contextmanager
def almighty(cloud: LocalCloud, role: str) -> Iterator[Callable[[str], Any]]:
    """Clients of somebody who may do everything that the role is not denied."""
    iam, user = cloud.client("iam"), "almighty"
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    policies = {"everything": {"Version": "2012-10-17", "Statement": [everything]}}
    for name in iam.list_role_policies(RoleName=role)["PolicyNames"]:
        policies[name] = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
    iam.create_user(UserName=user)
    for name, document in policies.items():
        iam.put_user_policy(UserName=user, PolicyName=name, PolicyDocument=json.dumps(document))
    key = iam.create_access_key(UserName=user)["AccessKey"]
    session = boto3.Session(key["AccessKeyId"], key["SecretAccessKey"], region_name="us-east-1")
    try:
        yield lambda service: session.client(service, endpoint_url=cloud.aws_endpoint)  # type: ignore[call-overload]
    finally:
        for name in policies:
            iam.delete_user_policy(UserName=user, PolicyName=name)
        iam.delete_access_key(UserName=user, AccessKeyId=key["AccessKeyId"])
        iam.delete_user(UserName=user)


def destructions(cloud: LocalCloud, client: Callable[[str], Any]) -> list[Callable[[], object]]:
    """Calls that would lose data, the mild ones first: one that is let through hits the cloud of all tests."""
    table, raw, queue = (
        cloud.outputs.table_name,
        cloud.outputs.raw_bucket_name,
        cloud.outputs.failure_queue_url,
    )
    dynamodb, s3, sqs = client("dynamodb"), client("s3"), client("sqs")
    return [
        lambda: s3.put_bucket_versioning(Bucket=raw, VersioningConfiguration={"Status": "Enabled"}),
        lambda: sqs.purge_queue(QueueUrl=queue),
        lambda: client("ssm").delete_parameter(Name="/movers/local/no-such-parameter"),
        lambda: dynamodb.delete_table(TableName=table),
        lambda: s3.delete_bucket(Bucket=raw),
    ]
