import json
from pathlib import Path
from typing import Any

import pytest

from infra import functions
from infra.app import build_app, main
from infra.settings import Deployment
from tests.infra.templates import Templates

pytestmark = pytest.mark.xdist_group("synth")

TABLE = "<data AWS::DynamoDB::Table Arn>"
RAW = "<data AWS::S3::Bucket Arn>"
SITE = "<site AWS::S3::Bucket Arn>"
LOGS = ("logs:CreateLogStream", "logs:PutLogEvents")
XRAY = ("xray:PutTelemetryRecords", "xray:PutTraceSegments")
PUBLISHED = (
    *("404.html", "badge.svg", "by-previous-close.json", "day.html", "days/*", "feed.xml", "history.html"),
    *("history.json", "index.html", "movers.csv", "movers.json", "movers/*", "status.html", "status.json"),
    *("ticker.html", "tickers/*"),
)

# (actions, resources, condition) of every statement that allows a role something.
GRANTED = {
    "api.handler.handler": {
        (LOGS, ("<api AWS::Logs::LogGroup Arn>",), "{}"),
        (XRAY, ("*",), "{}"),
        (("dynamodb:GetItem", "dynamodb:Query"), (TABLE,), "{}"),
    },
    "ingest.daily.handler.handler": {
        (LOGS, ("<daily AWS::Logs::LogGroup Arn>",), "{}"),
        (XRAY, ("*",), "{}"),
        (("dynamodb:GetItem", "dynamodb:Query"), (TABLE,), "{}"),
        (("dynamodb:PutItem", "dynamodb:UpdateItem"), (TABLE,), "{}"),
        (
            ("dynamodb:DeleteItem",),
            (TABLE,),
            '{"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["LEASE"]},'
            ' "Null": {"dynamodb:LeadingKeys": "false"}}',
        ),
        (
            ("dynamodb:BatchWriteItem",),
            (TABLE,),
            '{"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["TICKER#*"]},'
            ' "Null": {"dynamodb:LeadingKeys": "false"}}',
        ),
        (("s3:GetObject", "s3:PutObject"), (f"{RAW}/raw/*",), "{}"),
        (("s3:ListBucket",), (RAW, SITE), "{}"),
        (("s3:DeleteObject", "s3:PutObject"), tuple(f"{SITE}/{key}" for key in PUBLISHED), "{}"),
        (
            ("ssm:GetParameter",),
            ("arn:aws:ssm:us-east-1:123456789012:parameter/movers/prod/massive-api-key",),
            "{}",
        ),
        (("sqs:SendMessage",), ("<daily AWS::SQS::Queue Arn>",), "{}"),
        (
            ("cloudfront:CreateInvalidation",),
            ("arn:aws:cloudfront::123456789012:distribution/<site AWS::CloudFront::Distribution>",),
            "{}",
        ),
    },
    "scheduler.amazonaws.com": {
        (("lambda:InvokeFunction",), ("<daily AWS::Lambda::Function Arn>",), "{}"),
        (("sqs:SendMessage",), ("<daily AWS::SQS::Queue Arn>",), "{}"),
    },
}


def granted(templates: Templates) -> dict[str, set[tuple[tuple[str, ...], tuple[str, ...], str]]]:
    """Every statement that allows something, by the function's handler or the service that takes the role."""
    grants: dict[str, set[tuple[tuple[str, ...], tuple[str, ...], str]]] = {}
    for part, policy in templates.every("AWS::IAM::Policy"):
        for role in policy["Properties"]["Roles"]:
            for statement in policy["Properties"]["PolicyDocument"]["Statement"]:
                if statement["Effect"] == "Allow":
                    taken = grants.setdefault(who(templates, part, role["Ref"]), set())
                    taken.add(plain(templates, part, statement))
    return grants


def who(templates: Templates, part: str, role: str) -> str:
    """The handler of the function that runs with a role, or the service that may assume it."""
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


def test_the_run_tells_the_event_bus_only_where_new_sessions_are_notices(
    templates: Templates, domain_templates: Templates
) -> None:
    bus = "arn:aws:events:eu-central-1:123456789012:event-bus/default"
    told = granted(domain_templates)["ingest.daily.handler.handler"]

    assert (("events:PutEvents",), (bus,), "{}") in told
    assert len(told) == len(granted(templates)["ingest.daily.handler.handler"]) + 1


# Lambda takes no role that another account hands over; EventBridge does not say for whom it publishes.
WITHOUT_SOURCE = {"lambda.amazonaws.com", "events.amazonaws.com"}


def test_a_service_is_let_in_for_this_account_alone(
    templates: Templates, domain_templates: Templates
) -> None:
    let_in = [each for of in (templates, domain_templates) for each in statements_for_services(of)]
    services = {service for services, _ in let_in for service in services}

    assert services >= WITHOUT_SOURCE | {"scheduler.amazonaws.com", "cloudwatch.amazonaws.com"}
    for services, condition in let_in:
        assert ("aws:source" in condition.lower()) != bool(services & WITHOUT_SOURCE), services


def statements_for_services(templates: Templates) -> list[tuple[set[str], str]]:
    """The services that any policy lets in, each with its condition as text."""
    return [
        (set(found if isinstance(found := each["Principal"]["Service"], list) else [found]), condition)
        for each in all_statements(templates)
        if each["Effect"] == "Allow" and "Service" in each.get("Principal", {})
        for condition in [json.dumps(each.get("Condition", {}))]
    ]


def all_statements(templates: Templates) -> list[dict[str, Any]]:
    """Every statement of every policy: of resources, of roles, and of who may take a role."""
    documents = [
        resource["Properties"].get(name, {})
        for template in templates.parts.values()
        for resource in template["Resources"].values()
        for name in ("PolicyDocument", "AssumeRolePolicyDocument")
    ]
    return [statement for document in documents for statement in document.get("Statement", [])]


def test_no_condition_is_met_by_leaving_out_what_it_asks_for(templates: Templates) -> None:
    guarded = [each for each in all_statements(templates) if "ForAllValues" in json.dumps(each)]

    assert guarded
    for each in guarded:
        keys = {key for name, asked in each["Condition"].items() if "ForAll" in name for key in asked}
        assert each["Condition"]["Null"] == dict.fromkeys(keys, "false")


def test_the_data_stack_exports_the_same_whatever_the_settings(
    templates: Templates, domain_templates: Templates
) -> None:
    assert exports(domain_templates) == exports(templates) != set()


def exports(templates: Templates) -> set[str]:
    """What the data stack exports to the others, without the stack's name."""
    outputs = templates.stacks["data"]["Outputs"].values()
    return {output["Export"]["Name"].partition(":")[2] for output in outputs if "Export" in output}


def test_no_resource_needs_code_of_its_own_to_be_made(templates: Templates) -> None:
    kinds = {
        resource["Type"]
        for template in templates.parts.values()
        for resource in template["Resources"].values()
    }

    assert not [kind for kind in kinds if kind.startswith("Custom::")]
    assert "AWS::CloudFormation::CustomResource" not in kinds


def test_the_region_is_where_the_stacks_go(domain_templates: Templates) -> None:
    assert ".execute-api.eu-central-1." in domain_templates.output("services", "ApiUrl")


def test_the_cdks_own_variables_choose_folder_and_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CDK_OUTDIR", str(tmp_path))
    monkeypatch.setenv("CDK_CONTEXT_JSON", '{"stage": "dev"}')

    main()

    assert (tmp_path / "movers-dev-services.template.json").exists()


def test_a_missing_bundle_is_named_with_the_command_that_makes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(functions, "BUNDLES", tmp_path)

    with pytest.raises(FileNotFoundError, match=r"run `python -m scripts\.bundle`"):
        build_app(Deployment.from_context({}), tmp_path / "out")
