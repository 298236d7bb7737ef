"""Each function's role, tried on the local cloud against what it must do and what it must not.

A role cannot be put on from outside, so its policies are given to a user made for the test.
"""

import json
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
import requests
from botocore.exceptions import ClientError

from scripts.cloud.up import LocalCloud

MOVER = {"pk": {"S": "MOVERS"}, "sk": {"S": "2026-02-10"}}
DENIED = {"AccessDenied", "AccessDeniedException", "403", "AuthorizationError"}

Client = Callable[[str], Any]


@pytest.fixture(scope="session", params=["api", "ingest"])
def role(request: pytest.FixtureRequest, cloud: LocalCloud) -> Iterator[tuple[str, Client]]:
    """The function's name and clients with its role's rights."""
    names = {"api": cloud.outputs.api_function_name, "ingest": cloud.outputs.ingest_function_name}
    configuration = cloud.client("lambda").get_function_configuration(FunctionName=names[request.param])
    iam, user = cloud.client("iam"), f"as-{request.param}"
    name = configuration["Role"].rsplit("/", 1)[-1]
    iam.create_user(UserName=user)
    policies = iam.list_role_policies(RoleName=name)["PolicyNames"]
    for policy in policies:
        document = iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
        text = document if isinstance(document, str) else json.dumps(document)
        iam.put_user_policy(UserName=user, PolicyName=policy, PolicyDocument=text)
    assert policies
    assert iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"] == []
    key = iam.create_access_key(UserName=user)["AccessKey"]
    session = boto3.Session(key["AccessKeyId"], key["SecretAccessKey"], region_name="us-east-1")
    yield request.param, lambda service: session.client(service, endpoint_url=cloud.aws_endpoint)  # type: ignore[call-overload]
    for policy in policies:
        iam.delete_user_policy(UserName=user, PolicyName=policy)
    iam.delete_access_key(UserName=user, AccessKeyId=key["AccessKeyId"])
    iam.delete_user(UserName=user)


def calls(cloud: LocalCloud, client: Client) -> dict[str, Callable[[], Any]]:
    """What a function might try, by name."""
    names = cloud.outputs
    table, raw, site = names.table_name, names.raw_bucket_name, names.site_bucket_name
    dynamodb, s3, ssm = client("dynamodb"), client("s3"), client("ssm")
    paths = {"Quantity": 1, "Items": ["/movers*"]}
    batch = {"Paths": paths, "CallerReference": "as-a-role"}
    query = {"KeyConditionExpression": "pk = :pk", "ExpressionAttributeValues": {":pk": {"S": "MOVERS"}}}
    return {
        "read a mover": lambda: dynamodb.get_item(TableName=table, Key=MOVER),
        "read movers": lambda: dynamodb.query(TableName=table, **query),
        "write a mover": lambda: dynamodb.put_item(TableName=table, Item={**MOVER, "pk": {"S": "TEST"}}),
        "change a mover": lambda: dynamodb.update_item(TableName=table, Key={**MOVER, "pk": {"S": "TEST"}}),
        "scan the table": lambda: dynamodb.scan(TableName=table),
        "delete the table": lambda: dynamodb.delete_table(TableName=table),
        "keep an answer": lambda: s3.put_object(Bucket=raw, Key="raw/test", Body=b""),
        "read an answer": lambda: s3.get_object(Bucket=raw, Key="raw/test")["Body"].read(),
        "list the answers": lambda: s3.list_objects_v2(Bucket=raw),
        "delete an answer": lambda: s3.delete_object(Bucket=raw, Key="raw/test"),
        "write beside the raw zone": lambda: s3.put_object(Bucket=raw, Key="test", Body=b""),
        "list the site": lambda: s3.list_objects_v2(Bucket=site),
        "put a twin": lambda: s3.put_object(Bucket=site, Key="movers/test.json", Body=b"{}"),
        "remove a twin": lambda: s3.delete_object(Bucket=site, Key="movers/test.json"),
        "change the page": lambda: s3.put_object(Bucket=site, Key="assets/x/page.css", Body=b""),
        "remove the page": lambda: s3.delete_object(Bucket=site, Key="assets/x/page.css"),
        "read the key": lambda: ssm.get_parameter(Name=names.key_parameter_name, WithDecryption=True),
        "change the key": lambda: ssm.put_parameter(Name=names.key_parameter_name, Value="x", Overwrite=True),
        "read another stage's key": lambda: ssm.get_parameter(Name="/movers/prod/massive-api-key"),
        "invalidate": lambda: client("cloudfront").create_invalidation(
            DistributionId=names.distribution_id, InvalidationBatch=batch
        ),
        "report a failure": lambda: client("sqs").send_message(
            QueueUrl=names.failure_queue_url, MessageBody="test"
        ),
        "read the failures": lambda: client("sqs").receive_message(QueueUrl=names.failure_queue_url),
        "run the ingest function": lambda: client("lambda").invoke(FunctionName=names.ingest_function_name),
        "make a user": lambda: client("iam").create_user(UserName="more"),
    }


ALLOWED = {
    "api": {"read a mover", "read movers"},
    "ingest": {
        "read a mover",
        "read movers",
        "write a mover",
        "change a mover",
        "keep an answer",
        "read an answer",
        "list the answers",
        "list the site",
        "put a twin",
        "remove a twin",
        "read the key",
        "invalidate",
        "report a failure",
    },
}


def test_a_role_may_do_its_work_and_nothing_else(cloud: LocalCloud, role: tuple[str, Client]) -> None:
    name, client = role
    outcome = {what: tried(call) for what, call in calls(cloud, client).items()}
    assert {what for what, allowed in outcome.items() if allowed} == ALLOWED[name]
    drain(cloud)


def tried(call: Callable[[], Any]) -> bool:
    """Whether the call was allowed; any failure but a denial is the test's own."""
    try:
        call()
    except ClientError as error:
        if error.response["Error"]["Code"] not in DENIED:
            raise
        return False
    return True


def drain(cloud: LocalCloud) -> None:
    """Leave the cloud as it was found."""
    table = cloud.outputs.table_name
    cloud.client("dynamodb").delete_item(TableName=table, Key={**MOVER, "pk": {"S": "TEST"}})
    cloud.client("s3").delete_object(Bucket=cloud.outputs.raw_bucket_name, Key="raw/test")
    cloud.client("sqs").purge_queue(QueueUrl=cloud.outputs.failure_queue_url)


def test_the_bucket_answers_nobody_but_the_distribution(cloud: LocalCloud) -> None:
    url = f"{cloud.aws_endpoint}/{cloud.outputs.site_bucket_name}/movers.json"
    assert requests.get(url, timeout=10).status_code == 403
