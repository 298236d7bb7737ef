"""Whom the local AWS serves: those with the printed keys and with keys that it has issued, and nobody else."""

import hashlib
import json
import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import boto3
import pytest
import requests
from botocore.client import Config
from botocore.exceptions import ClientError

from scripts.cloud.emulator import REGION
from scripts.cloud.up import LocalCloud
from scripts.deployment.account import Account, Endpoint
from tests.conftest import signed

MADE_UP = [
    ("test", "test"),
    ("000000000000", "test"),
    ("123456789012", "test"),
    ("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
]

CALLS = {
    "dynamodb": "list_tables",
    "lambda": "list_functions",
    "s3": "list_buckets",
    "sts": "get_caller_identity",
}


def forged(key: str, service: str = "lambda") -> str:
    """The header that stands for a signature where nobody checks it."""
    scope = f"{key}/20261128/{REGION}/{service}/aws4_request"
    return f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=00"


def account(cloud: LocalCloud, key: str, secret: str) -> Account:
    return Account(REGION, Endpoint(cloud.aws_endpoint, key, secret))


@pytest.mark.parametrize(
    ("key", "secret", "service"),
    [(*keys, service) for keys, service in zip(MADE_UP, CALLS, strict=True)],
)
def test_made_up_keys_are_refused_with_what_to_do(
    cloud: LocalCloud, key: str, secret: str, service: str
) -> None:
    client = account(cloud, key, secret).client(service)
    with pytest.raises(ClientError, match=r"`movers up` printed") as refused:
        getattr(client, CALLS[service])()
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


def test_the_right_key_with_another_secret_is_refused(cloud: LocalCloud) -> None:
    key = cloud.credentials["AWS_ACCESS_KEY_ID"]
    with pytest.raises(ClientError, match="The signature is invalid"):
        account(cloud, key, "test").client("dynamodb").list_tables()


@pytest.mark.parametrize("key", ["test", None])
def test_nothing_is_made_by_a_request_that_nobody_signed(cloud: LocalCloud, key: str | None) -> None:
    headers = {} if key is None else {"Authorization": forged(key)}
    bucket = f"{cloud.aws_endpoint}/{cloud.outputs.raw_bucket_name}"
    form = {
        "key": "raw/form",
        "x-amz-credential": f"{key}/20261128/{REGION}/s3/aws4_request",
        "policy": "e30=",
    }
    answers = [
        requests.post(f"{cloud.aws_endpoint}/2015-03-31/functions", headers=headers, json={}, timeout=10),
        requests.post(bucket, headers=headers, data=form, files={"file": b"x"}, timeout=10),
        requests.put(f"{bucket}/raw/put", headers=headers, data=b"x", timeout=10),
        requests.get(bucket, params={"X-Amz-Credential": form["x-amz-credential"]}, timeout=10),
        requests.get(
            bucket,
            params={"AWSAccessKeyId": key or "", "Signature": "x", "Expires": "4000000000"},
            timeout=10,
        ),
        requests.post(f"{cloud.aws_endpoint}/_ministack/reset", headers=headers, timeout=10),
    ]
    assert [answer.status_code for answer in answers] == [403] * len(answers)
    assert not {"raw/form", "raw/put"} & set(keys_in(cloud, cloud.outputs.raw_bucket_name))


def keys_in(cloud: LocalCloud, bucket: str) -> list[str]:
    return [entry["Key"] for entry in cloud.client("s3").list_objects_v2(Bucket=bucket).get("Contents", ())]


def test_the_printed_keys_open_it_to_any_program(cloud: LocalCloud) -> None:
    key, secret = cloud.credentials.values()
    session = boto3.Session(key, secret, region_name=REGION)
    endpoint, bucket = cloud.aws_endpoint, cloud.outputs.raw_bucket_name
    assert session.client("sts", endpoint_url=endpoint).get_caller_identity()["Arn"].endswith(":root")
    s3 = session.client("s3", endpoint_url=endpoint, config=Config(signature_version="s3v4"))
    s3.put_object(Bucket=bucket, Key="a key/ü", Body=b"x" * 100_000)
    lent = s3.generate_presigned_url("get_object", {"Bucket": bucket, "Key": "a key/ü"})
    assert requests.get(lent, timeout=10).content == b"x" * 100_000
    assert requests.get(lent[:-1] + ("0" if lent[-1] != "0" else "1"), timeout=10).status_code == 403
    assert requests.get(lent.replace("a%20key", "another"), timeout=10).status_code == 403
    s3.delete_object(Bucket=bucket, Key="a key/ü")


@pytest.fixture
def iam_route(cloud: LocalCloud) -> Iterator[str]:
    """The URL of a route that wants IAM credentials."""
    gateway = cloud.client("apigateway")
    api = gateway.create_rest_api(name="guarded")["id"]
    root = gateway.get_resources(restApiId=api)["items"][0]["id"]
    route = {"restApiId": api, "resourceId": root, "httpMethod": "POST"}
    gateway.put_method(**route, authorizationType="AWS_IAM")
    gateway.put_integration(
        **route, type="MOCK", requestTemplates={"application/json": '{"statusCode": 200}'}
    )
    gateway.put_method_response(**route, statusCode="200")
    gateway.put_integration_response(**route, statusCode="200")
    gateway.create_deployment(restApiId=api, stageName="v1")
    yield f"{cloud.aws_endpoint}/_aws/execute-api/{api}/v1/"
    gateway.delete_rest_api(restApiId=api)


def test_a_route_for_signed_requests_takes_no_others(cloud: LocalCloud, iam_route: str) -> None:
    keys = ("", "test", "000000000000", "123456789012", "AKIAIOSFODNN7EXAMPLE")
    headers = [{}, *({"Authorization": forged(key, "execute-api")} for key in keys)]
    assert {requests.post(iam_route, headers=each, timeout=10).status_code for each in headers} == {403}
    in_query = {"X-Amz-Credential": f"test/20261128/{REGION}/execute-api/aws4_request"}
    assert requests.post(iam_route, params=in_query, timeout=10).status_code == 403
    from_a_page = {"Authorization": forged("test", "execute-api"), "Origin": "https://page.example"}
    assert requests.post(iam_route, headers=from_a_page, timeout=10).status_code == 403
    assert signed(cloud.emulator.endpoint, "POST", iam_route).status_code == 200


def test_an_assumed_role_may_do_what_it_is_for_and_no_more(cloud: LocalCloud) -> None:
    iam, name = cloud.client("iam"), "lent"
    own = f"arn:aws:iam::{cloud.client('sts').get_caller_identity()['Account']}:root"
    trust = {"Effect": "Allow", "Principal": {"AWS": own}, "Action": "sts:AssumeRole"}
    grant = {"Effect": "Allow", "Action": "dynamodb:ListTables", "Resource": "*"}
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps({"Statement": trust}))["Role"]
    iam.put_role_policy(RoleName=name, PolicyName=name, PolicyDocument=json.dumps({"Statement": grant}))
    lent = cloud.client("sts").assume_role(RoleArn=role["Arn"], RoleSessionName=name)["Credentials"]
    session = boto3.Session(
        lent["AccessKeyId"], lent["SecretAccessKey"], lent["SessionToken"], region_name=REGION
    )
    try:
        assert session.client("dynamodb", endpoint_url=cloud.aws_endpoint).list_tables()["TableNames"]
        with pytest.raises(ClientError, match="AccessDenied"):
            session.client("s3", endpoint_url=cloud.aws_endpoint).list_buckets()
        without_token = account(cloud, lent["AccessKeyId"], lent["SecretAccessKey"])
        with pytest.raises(ClientError, match="issue this access key"):
            without_token.client("dynamodb").list_tables()
    finally:
        iam.delete_role_policy(RoleName=name, PolicyName=name)
        iam.delete_role(RoleName=name)


def test_the_keys_of_a_functions_role_cannot_be_worked_out(cloud: LocalCloud) -> None:
    """ministack derives them from the names of function and role."""
    function = cloud.client("lambda").get_function_configuration(
        FunctionName=cloud.outputs.ingest_function_name
    )
    digest = hashlib.sha256(f"{function['FunctionArn']}:{function['Role']}".encode()).hexdigest()
    secret, token = (hashlib.sha256(f"{kind}:{digest}".encode()).hexdigest() for kind in ("secret", "token"))
    session = boto3.Session(f"ASIA{digest[:16].upper()}", secret, token, region_name=REGION)
    with pytest.raises(ClientError, match="issue this access key"):
        session.client("dynamodb", endpoint_url=cloud.aws_endpoint).list_tables()


@pytest.mark.parametrize(
    "hosts", [["page.example"], [], ["localhost", "page.example"], ["localhost,page.example"]]
)
def test_no_other_name_leads_to_it(cloud: LocalCloud, hosts: list[str]) -> None:
    url = urlsplit(f"{cloud.api_url}/movers")
    lines = [f"GET {url.path} HTTP/1.0", *(f"Host: {host}" for host in hosts), "", ""]
    with socket.create_connection((url.hostname or "", url.port or 0), timeout=10) as connection:
        connection.sendall("\r\n".join(lines).encode())
        status = connection.makefile("rb").readline().split()[1]
    assert status in (b"400", b"403")


def test_viewers_reach_none_of_the_emulators_own_paths_through_the_edge(cloud: LocalCloud) -> None:
    for path in ("/_ministack/health", "/_aws/sqs/messages", "/_ministack/lambda-code/x"):
        assert requests.get(cloud.site_url + path, verify=str(cloud.ca), timeout=20).status_code == 404, path
