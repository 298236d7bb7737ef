import json
from typing import Any

import pytest

from api.dynamodb import REQUEST_SECONDS
from api.headers import COMMON
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


def route_of(path: str, templates: Templates) -> str:
    """The route that API Gateway chooses: a segment that is spelled out before a parameter, both before `{proxy+}`."""
    segments = [segment for segment in path.split("/") if segment]
    fitting = [
        route
        for route in methods_by_path(templates)
        if len(own := route.split("/")[1:]) == len(segments)
        and all(mine.startswith("{") or mine == segment for mine, segment in zip(own, segments, strict=True))
        and "{proxy+}" not in own
    ]
    return min(fitting, key=lambda route: route.count("{"), default="/{proxy+}")


def limit_of(route: str, templates: Templates) -> tuple[int, int]:
    """What a GET of the route may take, in requests a second and at once."""
    (found,) = [
        (each["ThrottlingRateLimit"], each["ThrottlingBurstLimit"])
        for each in templates.one("api", "AWS::ApiGateway::Stage")["MethodSettings"]
        if (each["ResourcePath"], each["HttpMethod"]) == ("/" + route.replace("/", "~1"), "GET")
    ]
    return found


def test_a_resource_under_each_of_its_names_draws_from_no_bucket_that_junk_can_empty(
    templates: Templates,
) -> None:
    for path in ("/movers", "/movers/2026-02-10", "/history", "/tickers/BRK.B", "/status"):
        for name in (path, f"{path}.json", f"{path}/"):
            route = route_of(name, templates)
            assert route != "/{proxy+}"
            assert limit_of(route, templates) == (10, 20)


def test_junk_draws_from_a_small_bucket_of_its_own(templates: Templates) -> None:
    for path in ("/nothing", "/nothing.json", "/tickers", "/history.json/x", "/movers.csv"):
        assert limit_of(route_of(path, templates), templates) == (2, 4)


def test_every_method_of_every_path_reaches_the_function(templates: Templates) -> None:
    methods = methods_by_path(templates)

    for path in ("", *SPEC["paths"], "/{proxy+}"):
        assert "ANY" in methods[path]


def test_the_stages_settings_fit_into_one_update(templates: Templates) -> None:
    """API Gateway takes eighty changes at once; CloudFormation makes one of each property of each method."""
    settings = templates.one("api", "AWS::ApiGateway::Stage")["MethodSettings"]

    assert {each["HttpMethod"] for each in settings} == {"*", "GET"}
    assert sum(len(each.keys() - {"HttpMethod", "ResourcePath"}) for each in settings) <= 80


def test_each_waits_longer_than_what_it_waits_for(templates: Templates) -> None:
    """The table's reads end before the function, and the function before the CDN gives it up."""
    function = templates.one("api", "AWS::Lambda::Function")["Timeout"]
    origins = templates.one("site", "AWS::CloudFront::Distribution")["DistributionConfig"]["Origins"]
    (cdn,) = {
        each["CustomOriginConfig"]["OriginReadTimeout"] for each in origins if "CustomOriginConfig" in each
    }

    assert REQUEST_SECONDS + 1 < function < cdn


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
    headers = {
        name.removeprefix("gatewayresponse.header."): value[1:-1]  # each stands in quotes
        for name, value in response["ResponseParameters"].items()
    }
    assert headers.pop("Retry-After", None) == ("1" if status == "429" else None)
    assert headers == COMMON | {"Cache-Control": "no-store"}


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
        "MARKET": "us",
        "TABLE_NAME": "<data AWS::DynamoDB::Table>",
    }
