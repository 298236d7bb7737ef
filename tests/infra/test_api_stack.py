import json
from typing import Any

import pytest

from tests.contract import SPEC
from tests.infra.templates import Templates

pytestmark = pytest.mark.xdist_group("synth")


def methods_by_path(templates: Templates) -> dict[str, set[str]]:
    """The methods that API Gateway hands on, by path."""
    resources = templates.parts["api"]["Resources"]

    def path(reference: dict[str, Any]) -> str:
        if "Fn::GetAtt" in reference:
            return ""
        properties = resources[reference["Ref"]]["Properties"]
        return f"{path(properties['ParentId'])}/{properties['PathPart']}"

    methods: dict[str, set[str]] = {}
    for _, method in templates.every("AWS::ApiGateway::Method"):
        properties = method["Properties"]
        methods.setdefault(path(properties["ResourceId"]), set()).add(properties["HttpMethod"])
    return methods


def gateway_response(templates: Templates, kind: str) -> dict[str, Any]:
    (response,) = [
        resource["Properties"]
        for _, resource in templates.every("AWS::ApiGateway::GatewayResponse")
        if resource["Properties"]["ResponseType"] == kind
    ]
    return response


def test_every_resource_is_read_with_get_head_and_options(templates: Templates) -> None:
    methods = methods_by_path(templates)

    for path in SPEC["paths"]:
        assert {"GET", "HEAD", "OPTIONS"} <= methods[path]


def test_other_methods_and_other_paths_reach_the_function_too(templates: Templates) -> None:
    methods = methods_by_path(templates)

    for path in ("", *SPEC["paths"], "/{proxy+}"):
        assert "ANY" in methods[path]


def test_the_function_answers_every_method_and_nobody_has_to_log_in(templates: Templates) -> None:
    for _, method in templates.every("AWS::ApiGateway::Method"):
        integration = method["Properties"]["Integration"]
        assert integration["Type"] == "AWS_PROXY"
        assert "<api AWS::Lambda::Function Arn>" in templates.render("api", integration["Uri"])
        assert method["Properties"]["AuthorizationType"] == "NONE"


@pytest.mark.parametrize(
    ("kind", "status", "text"),
    [
        ("MISSING_AUTHENTICATION_TOKEN", "404", "Not found"),
        ("THROTTLED", "429", "Too many requests"),
        ("DEFAULT_4XX", None, "the gateway's own words"),
        ("DEFAULT_5XX", None, "Internal server error"),
    ],
)
def test_the_gateways_own_errors_look_like_the_functions(
    templates: Templates, kind: str, status: str | None, text: str
) -> None:
    response = gateway_response(templates, kind)
    (body,) = response["ResponseTemplates"].items()

    assert response.get("StatusCode") == status
    assert body[0] == "application/json"
    words = body[1].replace("$context.error.messageString", '"the gateway\'s own words"')
    assert json.loads(words) == {"error": text}
    assert response["ResponseParameters"] == {
        "gatewayresponse.header.Access-Control-Allow-Origin": "'*'",
        "gatewayresponse.header.Cache-Control": "'no-store'",
    }


def test_nothing_needs_the_role_that_an_account_shares(templates: Templates) -> None:
    """Access logs and execution logs do; in an account where nobody has set it, the stack would roll back."""
    stage = templates.one("api", "AWS::ApiGateway::Stage")
    assert "AccessLogSetting" not in stage
    assert all(entry.get("LoggingLevel", "OFF") == "OFF" for entry in stage["MethodSettings"])
    assert templates.every("AWS::ApiGateway::Account") == []


def test_only_this_api_may_call_the_function(templates: Templates) -> None:
    for _, permission in templates.every("AWS::Lambda::Permission"):
        properties = permission["Properties"]
        assert properties["Principal"] == "apigateway.amazonaws.com"
        assert "<api AWS::ApiGateway::RestApi>" in templates.render("api", properties["SourceArn"])


def test_the_function_knows_the_table_and_whose_misses_it_counts(templates: Templates) -> None:
    environment = templates.one("api", "AWS::Lambda::Function")["Environment"]["Variables"]

    assert {name: templates.render("api", value) for name, value in environment.items()} == {
        "STAGE": "prod",
        "TABLE_NAME": "<data AWS::DynamoDB::Table>",
    }
