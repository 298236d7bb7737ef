"""The live answer to every resource: a REST API in front of one function."""

import json

from aws_cdk import CfnOutput, Duration, Stack
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct

from api.headers import COMMON
from infra.functions import python_function
from infra.settings import Settings

# A twin that the CDN does not find in the bucket is asked for here, by its own name: without routes of their own such
# requests would share the limit of `{proxy+}` with every junk path. The names with a parameter take the suffix along.
ROUTES = (
    "movers",
    "movers.json",
    "movers/{date}",
    "history",
    "history.json",
    "tickers/{ticker}",
    "status",
    "status.json",
)

# GET is declared so that it can have a limit of its own. ANY hands the rest to the function too: it answers HEAD and
# OPTIONS, and 405 to all others.
METHODS = ("GET", "ANY")

# Answers that API Gateway gives by itself: the status and the text of the error.
# "Missing authentication token" is its way to say that there is no such route.
GATEWAY_ERRORS = {
    "MISSING_AUTHENTICATION_TOKEN": ("404", json.dumps("Not found")),
    "THROTTLED": ("429", json.dumps("Too many requests")),
    "DEFAULT_4XX": (None, "$context.error.messageString"),
    "DEFAULT_5XX": (None, json.dumps("Internal server error")),
}
RETRY_AFTER = {"Retry-After": "1"}  # a limit is so many a second


class ApiStack(Stack):
    """REST API and its function, which reads the table and nothing else."""

    def __init__(self, scope: Construct, *, settings: Settings, table: dynamodb.ITable) -> None:
        name = settings.stack_name("api")
        super().__init__(scope, name, env={"region": settings.region}, description="The resources, read live")
        self.function = python_function(
            self,
            "ApiFunction",
            bundle="api",
            handler="api.handler.handler",
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
    """The whole limit for each read of a resource, a fifth of it for reads of paths that do not exist.

    A method with a limit of its own draws from that alone. A flood of junk is answered 429 while the reads keep theirs.

    Only GET has one: API Gateway takes eighty changes in one update of a stage, and a method's settings are three of
    them. HEAD, OPTIONS and wrong methods draw from the stage's limit, which a read never does: a flood of HEAD can make
    another HEAD fail, but no GET.
    """
    whole = limit(settings.throttle_rate, settings.throttle_burst)
    fifth = limit(max(1, settings.throttle_rate // 5), max(1, settings.throttle_burst // 5))
    return {f"/{route}/GET": whole for route in ROUTES} | {"/{proxy+}/GET": fifth}


def limit(rate: int, burst: int) -> apigateway.MethodDeploymentOptions:
    """Requests a second, and how many at once."""
    return apigateway.MethodDeploymentOptions(throttling_rate_limit=rate, throttling_burst_limit=burst)


def add_routes(api: apigateway.RestApi, integration: apigateway.Integration) -> None:
    """The resources, and `/` and `/{proxy+}` behind them, so that an unknown path is the function's 404."""
    for route in (*ROUTES, "{proxy+}"):
        resource = api.root.resource_for_path(route)
        for method in METHODS:
            resource.add_method(method, integration)
    api.root.add_method("ANY", integration)


def add_gateway_errors(api: apigateway.RestApi) -> None:
    """Give the gateway's own errors the shape, the headers and the statuses of the function's."""
    for kind, (status, message) in GATEWAY_ERRORS.items():
        api.add_gateway_response(
            kind,
            type=apigateway.ResponseType.of(kind),
            status_code=status,
            response_headers={name: f"'{value}'" for name, value in gateway_headers(kind).items()},
            templates={"application/json": f'{{"error": {message}}}'},
        )


def gateway_headers(kind: str) -> dict[str, str]:
    return COMMON | {"Cache-Control": "no-store"} | (RETRY_AFTER if kind == "THROTTLED" else {})
