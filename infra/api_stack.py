"""The live answer to every resource: a REST API in front of one function."""

import json

from aws_cdk import CfnOutput, Duration, Stack
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct

from infra.functions import python_function
from infra.settings import Settings

ROUTES = ("movers", "movers/{date}", "history", "tickers/{ticker}", "status")

# GET, HEAD and OPTIONS are declared so that each can be throttled and metered; ANY hands the rest
# to the function too, which answers 405.
METHODS = ("GET", "HEAD", "OPTIONS", "ANY")

# What ANY stands for: a limit can be set for a verb, not for ANY.
VERBS = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")

# Answers that API Gateway gives by itself: the status and the text of the error.
# "Missing authentication token" is its way to say that there is no such route.
GATEWAY_ERRORS = {
    "MISSING_AUTHENTICATION_TOKEN": ("404", json.dumps("Not found")),
    "THROTTLED": ("429", json.dumps("Too many requests")),
    "DEFAULT_4XX": (None, "$context.error.messageString"),
    "DEFAULT_5XX": (None, json.dumps("Internal server error")),
}


class ApiStack(Stack):
    """REST API and its function, which reads the table and nothing else."""

    def __init__(self, scope: Construct, *, settings: Settings, table: dynamodb.ITable) -> None:
        name = settings.stack_name("api")
        super().__init__(scope, name, env={"region": settings.region}, description="The resources, read live")
        self.function = python_function(
            self,
            "ApiFunction",
            bundle="api",
            memory_mb=512,
            timeout=Duration.seconds(10),
            environment={"STAGE": settings.stage, "TABLE_NAME": table.table_name},
        )
        self.api = rest_api(self, settings)
        add_routes(self.api, apigateway.LambdaIntegration(self.function, scope_permission_to_method=False))
        add_gateway_errors(self.api)
        CfnOutput(self, "ApiUrl", value=self.api.url)
        CfnOutput(self, "ApiFunctionName", value=self.function.function_name)


def rest_api(stack: Stack, settings: Settings) -> apigateway.RestApi:
    """The API with its one stage: throttled and traced. Its requests are in the function's log."""
    return apigateway.RestApi(
        stack,
        "Api",
        rest_api_name=stack.stack_name,
        cloud_watch_role=False,
        endpoint_types=[apigateway.EndpointType.REGIONAL],
        deploy_options=apigateway.StageOptions(
            stage_name="v1",
            throttling_rate_limit=settings.throttle_rate,
            throttling_burst_limit=settings.throttle_burst,
            method_options=method_limits(settings),
            tracing_enabled=True,
        ),
    )


def method_limits(settings: Settings) -> dict[str, apigateway.MethodDeploymentOptions]:
    """The whole limit for each read of a resource, a fifth of it for preflights and for paths that do not exist.

    A method with a limit of its own draws from that alone, so a flood of junk is answered 429 while the reads keep
    theirs. Wrong methods of a resource are left with the stage's limit, from which no read draws: naming each
    would exceed the eighty changes that AWS takes in one update of a stage.
    """
    whole = limit(settings.throttle_rate, settings.throttle_burst)
    fifth = limit(max(1, settings.throttle_rate // 5), max(1, settings.throttle_burst // 5))
    reads = [f"/{route}/{verb}" for route in ROUTES for verb in ("GET", "HEAD")]
    preflights = [f"/{route}/OPTIONS" for route in ROUTES]
    unknown = [f"/{{proxy+}}/{verb}" for verb in VERBS]
    return dict.fromkeys(reads, whole) | dict.fromkeys([*preflights, *unknown], fifth)


def limit(rate: int, burst: int) -> apigateway.MethodDeploymentOptions:
    """Requests a second, and how many at once."""
    return apigateway.MethodDeploymentOptions(throttling_rate_limit=rate, throttling_burst_limit=burst)


def add_routes(api: apigateway.RestApi, integration: apigateway.Integration) -> None:
    """The resources, and `/` and `/{proxy+}` behind them, so that an unknown path is the function's 404."""
    for route in ROUTES:
        resource = api.root.resource_for_path(route)
        for method in METHODS:
            resource.add_method(method, integration)
    api.root.add_method("ANY", integration)
    api.root.add_resource("{proxy+}").add_method("ANY", integration)


def add_gateway_errors(api: apigateway.RestApi) -> None:
    """Give the gateway's own errors the shape, the headers and the statuses of the function's."""
    for kind, (status, message) in GATEWAY_ERRORS.items():
        api.add_gateway_response(
            kind,
            type=apigateway.ResponseType.of(kind),
            status_code=status,
            response_headers={"Access-Control-Allow-Origin": "'*'", "Cache-Control": "'no-store'"},
            templates={"application/json": f'{{"error": {message}}}'},
        )
