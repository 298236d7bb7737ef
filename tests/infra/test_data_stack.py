import pytest

from tests.infra.templates import Templates

pytestmark = pytest.mark.xdist_group("synth")


def test_the_table_is_paid_per_request_and_restorable(templates: Templates) -> None:
    table = templates.one("data", "AWS::DynamoDB::Table")

    assert table["BillingMode"] == "PAY_PER_REQUEST"
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert table["DeletionProtectionEnabled"] is True


def test_the_table_is_keyed_by_pk_and_sk(templates: Templates) -> None:
    table = templates.one("data", "AWS::DynamoDB::Table")

    assert table["KeySchema"] == [
        {"AttributeName": "pk", "KeyType": "HASH"},
        {"AttributeName": "sk", "KeyType": "RANGE"},
    ]
    assert {kind["AttributeName"]: kind["AttributeType"] for kind in table["AttributeDefinitions"]} == {
        "pk": "S",
        "sk": "S",
    }


@pytest.mark.parametrize("kind", ["AWS::DynamoDB::Table", "AWS::S3::Bucket"])
def test_table_and_raw_zone_outlive_their_stack(templates: Templates, kind: str) -> None:
    kept = [resource for part, resource in templates.every(kind) if part == "data"]

    assert kept
    assert {resource["DeletionPolicy"] for resource in kept} == {"Retain"}
    assert {resource["UpdateReplacePolicy"] for resource in kept} == {"Retain"}


def test_an_overwritten_raw_answer_is_kept_for_a_while(templates: Templates) -> None:
    bucket = templates.one("data", "AWS::S3::Bucket")

    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    (rule,) = bucket["LifecycleConfiguration"]["Rules"]
    assert rule["Status"] == "Enabled"
    assert rule["NoncurrentVersionExpiration"]["NoncurrentDays"] >= 30
    assert "ExpirationInDays" not in rule


def test_the_data_stack_tells_its_names(templates: Templates) -> None:
    assert templates.output("data", "TableName") == "<data AWS::DynamoDB::Table>"
    assert templates.output("data", "RawBucketName") == "<data AWS::S3::Bucket>"
