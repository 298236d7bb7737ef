"""The live answer to every resource: a REST API in front of one function."""

import json
from fractions import Fraction

from aws_cdk import Duration
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct

from api import names
from api.headers import COMMON
from api.routes import ROUTES
from infra.functions import python_function
from infra.settings import Deployment

# A twin that the CDN does not find in the bucket is asked for here, by its own name: without routes of their own such
# requests would share the limit of `{proxy+}` with every junk path. The names with a parameter take the suffix along.
PATHS = {
    path: route
    for route in ROUTES
    for path in ((route.path,) if route.parameter else (route.path, route.key()))
}

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


class Api(Construct):
    """REST API and its function, which reads the table and nothing else."""

    def __init__(self, scope: Construct, *, deployment: Deployment, table: dynamodb.ITable) -> None:
        super().__init__(scope, "Api")
        self.function = python_function(
            self,
            "Function",
            bundle="api",
            handler="api.handler.handler",
            memory_mb=512,
            timeout=Duration.seconds(10),
            environment={
                names.STAGE: deployment.stage,
                names.MARKET: deployment.market.name,
                names.TABLE_NAME: table.table_name,
            },
        )
        self.rest_api = rest_api(self, deployment)
        add_routes(
            self.rest_api, apigateway.LambdaIntegration(self.function, scope_permission_to_method=False)
        )
        add_gateway_errors(self.rest_api)


def rest_api(scope: Construct, deployment: Deployment) -> apigateway.RestApi:
    """The API with its one stage: throttled and traced. Its requests are in the function's log."""
    return apigateway.RestApi(
        scope,
        "RestApi",
        rest_api_name=deployment.name("api"),
        cloud_watch_role=False,
        endpoint_types=[apigateway.EndpointType.REGIONAL],
        deploy_options=apigateway.StageOptions(
            stage_name="v1",
            throttling_rate_limit=deployment.throttle_rate,
            throttling_burst_limit=deployment.throttle_burst,
            method_options=method_limits(deployment),
            tracing_enabled=True,
        ),
    )


def method_limits(deployment: Deployment) -> dict[str, apigateway.MethodDeploymentOptions]:
    """Its share of the limit for each read of a resource, a fifth of it for reads of paths that do not exist.

    A method with a limit of its own draws from that alone. A flood of junk is answered 429 while the reads keep theirs.

    Only GET has one: API Gateway takes eighty changes in one update of a stage, and a method's settings are three of
    them. HEAD, OPTIONS and wrong methods draw from the stage's limit, which a read never does: a flood of HEAD can make
    another HEAD fail, but no GET.
    """
    shares = {path: route.throttle for path, route in PATHS.items()} | {"{proxy+}": Fraction(1, 5)}
    return {f"/{path}/GET": limit(deployment, share) for path, share in shares.items()}


def limit(deployment: Deployment, share: Fraction) -> apigateway.MethodDeploymentOptions:
    """A share of the stage's limit: requests a second, and how many at once."""
    return apigateway.MethodDeploymentOptions(
        throttling_rate_limit=max(1, int(deployment.throttle_rate * share)),
        throttling_burst_limit=max(1, int(deployment.throttle_burst * share)),
    )


def add_routes(api: apigateway.RestApi, integration: apigateway.Integration) -> None:
    """The resources, and `/` and `/{proxy+}` behind them, so that an unknown path is the function's 404."""
    for path in (*PATHS, "{proxy+}"):
        resource = api.root.resource_for_path(path)
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
