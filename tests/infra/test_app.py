import json
from pathlib import Path
from typing import Any

import pytest

from infra import functions
from infra.app import build_app, main
from infra.settings import Settings
from tests.infra.templates import Templates

pytestmark = pytest.mark.xdist_group("synth")

TABLE = "<data AWS::DynamoDB::Table Arn>"
RAW = "<data AWS::S3::Bucket Arn>"
SITE = "<site AWS::S3::Bucket Arn>"
LOGS = ("logs:CreateLogStream", "logs:PutLogEvents")
XRAY = ("xray:PutTelemetryRecords", "xray:PutTraceSegments")
TWINS = ("feed.xml", "history.json", "movers.csv", "movers.json", "movers/*", "status.json", "tickers/*")

# (actions, resources, condition) of every statement of every role.
GRANTED = {
    "api.handler.handler": {
        (LOGS, ("<api AWS::Logs::LogGroup Arn>",), "{}"),
        (XRAY, ("*",), "{}"),
        (("dynamodb:GetItem", "dynamodb:Query"), (TABLE,), "{}"),
    },
    "ingest.handler.handler": {
        (LOGS, ("<ingest AWS::Logs::LogGroup Arn>",), "{}"),
        (XRAY, ("*",), "{}"),
        (("dynamodb:GetItem", "dynamodb:Query"), (TABLE,), "{}"),
        (("dynamodb:PutItem", "dynamodb:UpdateItem"), (TABLE,), "{}"),
        (
            ("dynamodb:DeleteItem",),
            (TABLE,),
            '{"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["LEASE"]}}',
        ),
        (("s3:PutObject",), (f"{RAW}/raw/*",), "{}"),
        (("s3:ListBucket",), (SITE,), "{}"),
        (("s3:DeleteObject", "s3:PutObject"), tuple(f"{SITE}/{twin}" for twin in TWINS), "{}"),
        (
            ("ssm:GetParameter",),
            ("arn:aws:ssm:us-east-1:123456789012:parameter/movers/prod/massive-api-key",),
            "{}",
        ),
        (("sqs:SendMessage",), ("<ingest AWS::SQS::Queue Arn>",), "{}"),
        (
            ("cloudfront:CreateInvalidation",),
            ("arn:aws:cloudfront::123456789012:distribution/<site AWS::CloudFront::Distribution>",),
            "{}",
        ),
    },
    "scheduler.amazonaws.com": {
        (("lambda:InvokeFunction",), ("<ingest AWS::Lambda::Function Arn>",), "{}"),
        (("sqs:SendMessage",), ("<ingest AWS::SQS::Queue Arn>",), "{}"),
    },
}


def granted(templates: Templates) -> dict[str, set[tuple[tuple[str, ...], tuple[str, ...], str]]]:
    """Every statement of every role, by the function's handler or the service that takes the role."""
    grants: dict[str, set[tuple[tuple[str, ...], tuple[str, ...], str]]] = {}
    for part, policy in templates.every("AWS::IAM::Policy"):
        for role in policy["Properties"]["Roles"]:
            for statement in policy["Properties"]["PolicyDocument"]["Statement"]:
                assert statement["Effect"] == "Allow"
                taken = grants.setdefault(who(templates, part, role["Ref"]), set())
                taken.add(plain(templates, part, statement))
    return grants


def who(templates: Templates, part: str, role: str) -> str:
    """The handler of the function that runs with a role, else the service that may take it."""
    resources = templates.parts[part]["Resources"]
    for resource in resources.values():
        if resource["Properties"].get("Role") == {"Fn::GetAtt": [role, "Arn"]}:
            return str(resource["Properties"]["Handler"])
    trust = resources[role]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    return str(trust[0]["Principal"]["Service"])


def plain(
    templates: Templates, part: str, statement: dict[str, Any]
) -> tuple[tuple[str, ...], tuple[str, ...], str]:
    actions, resources = statement["Action"], statement["Resource"]
    actions = [actions] if isinstance(actions, str) else actions
    resources = resources if isinstance(resources, list) else [resources]
    rendered = sorted(templates.render(part, resource) for resource in resources)
    return tuple(sorted(actions)), tuple(rendered), json.dumps(statement.get("Condition", {}))


def test_each_role_may_do_these_things_and_no_more(templates: Templates) -> None:
    assert granted(templates) == GRANTED


def test_no_role_has_permissions_from_elsewhere(templates: Templates) -> None:
    for _, role in templates.every("AWS::IAM::Role"):
        assert "ManagedPolicyArns" not in role["Properties"]
        assert "Policies" not in role["Properties"]


def test_every_function_runs_python_3_13_on_arm64_and_is_traced(templates: Templates) -> None:
    for _, function in templates.every("AWS::Lambda::Function"):
        properties = function["Properties"]
        assert properties["Runtime"] == "python3.13"
        assert properties["Architectures"] == ["arm64"]
        assert properties["TracingConfig"] == {"Mode": "Active"}


def test_every_function_writes_into_a_log_group_of_its_stack(templates: Templates) -> None:
    for part, function in templates.every("AWS::Lambda::Function"):
        log_group = templates.render(part, function["Properties"]["LoggingConfig"]["LogGroup"])
        assert log_group == f"<{part} AWS::Logs::LogGroup>"


def test_every_log_group_forgets(templates: Templates) -> None:
    for _, log_group in templates.every("AWS::Logs::LogGroup"):
        assert 1 <= log_group["Properties"]["RetentionInDays"] <= 365


def test_every_bucket_is_private_and_its_etags_are_md5(templates: Templates) -> None:
    for _, bucket in templates.every("AWS::S3::Bucket"):
        properties = bucket["Properties"]
        assert properties["PublicAccessBlockConfiguration"] == {
            "BlockPublicAcls": True,
            "BlockPublicPolicy": True,
            "IgnorePublicAcls": True,
            "RestrictPublicBuckets": True,
        }
        (rule,) = properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        assert rule["ServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
        assert properties["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}


def test_every_bucket_refuses_whoever_comes_without_tls(templates: Templates) -> None:
    refusing = {
        part: [
            statement
            for statement in policy["Properties"]["PolicyDocument"]["Statement"]
            if statement["Effect"] == "Deny"
        ]
        for part, policy in templates.every("AWS::S3::BucketPolicy")
    }

    assert refusing.keys() == {part for part, _ in templates.every("AWS::S3::Bucket")}
    for statements in refusing.values():
        assert [statement["Condition"] for statement in statements] == [
            {"Bool": {"aws:SecureTransport": "false"}}
        ]
        assert [statement["Action"] for statement in statements] == ["s3:*"]


def test_no_resource_needs_code_of_its_own_to_be_made(templates: Templates) -> None:
    kinds = {
        resource["Type"]
        for template in templates.parts.values()
        for resource in template["Resources"].values()
    }

    assert not [kind for kind in kinds if kind.startswith("Custom::")]
    assert "AWS::CloudFormation::CustomResource" not in kinds


def test_the_region_is_where_the_stacks_go(domain_templates: Templates) -> None:
    assert ".execute-api.eu-central-1." in domain_templates.output("api", "ApiUrl")


def test_the_cdks_own_variables_choose_folder_and_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CDK_OUTDIR", str(tmp_path))
    monkeypatch.setenv("CDK_CONTEXT_JSON", '{"stage": "dev"}')

    main()

    assert (tmp_path / "movers-dev-ingest.template.json").exists()


def test_a_missing_bundle_is_named_with_the_command_that_makes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(functions, "BUNDLES", tmp_path)

    with pytest.raises(FileNotFoundError, match=r"run `python -m scripts\.bundle`"):
        build_app(Settings.from_context({}), tmp_path / "out")
