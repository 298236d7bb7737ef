"""The API: API Gateway's REST API in front of the api function."""

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

# The CDN asks the API, under the same name, for a twin missing from the bucket. Without routes of their own, such
# requests would share the limit of `{proxy+}` with every junk path. A route that ends in a parameter matches its twins.
PATHS = {
    path: route
    for route in ROUTES
    for path in ((route.path,) if route.parameter else (route.path, route.key()))
}

# GET is declared so that it can have its own limit. ANY passes the rest to the function, which answers HEAD and
# OPTIONS, and all others with 405.
METHODS = ("GET", "ANY")

# Status and error text of the responses that API Gateway makes itself.
# "Missing authentication token" means that no route matches.
GATEWAY_ERRORS = {
    "MISSING_AUTHENTICATION_TOKEN": ("404", json.dumps("Not found")),
    "THROTTLED": ("429", json.dumps("Too many requests")),
    "DEFAULT_4XX": (None, "$context.error.messageString"),
    "DEFAULT_5XX": (None, json.dumps("Internal server error")),
}
RETRY_AFTER = {"Retry-After": "1"}  # limits count requests per second


class Api(Construct):
    """The REST API and its function, which can only read the table."""

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
    """The API and its one stage, throttled and traced. The function logs the requests."""
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
    """A limit for GET on each resource (its share), and a fifth of the rate for GET on unknown paths.

    A method with its own limit uses only that, so a flood of junk gets 429 while reads go on.

    Only GET has its own: an update of a stage can have at most 80 changes, and each method's settings take three. HEAD,
    OPTIONS and disallowed methods share the stage's limit: a flood of HEAD can make other HEADs fail, but no GET.
    """
    shares = {path: route.throttle for path, route in PATHS.items()} | {"{proxy+}": Fraction(1, 5)}
    return {f"/{path}/GET": limit(deployment, share) for path, share in shares.items()}


def limit(deployment: Deployment, share: Fraction) -> apigateway.MethodDeploymentOptions:
    """A share of the stage's rate (requests per second) and burst."""
    return apigateway.MethodDeploymentOptions(
        throttling_rate_limit=max(1, int(deployment.throttle_rate * share)),
        throttling_burst_limit=max(1, int(deployment.throttle_burst * share)),
    )


def add_routes(api: apigateway.RestApi, integration: apigateway.Integration) -> None:
    """Route the resources, and also `/` and `/{proxy+}`, so that the function answers unknown paths with its 404."""
    for path in (*PATHS, "{proxy+}"):
        resource = api.root.resource_for_path(path)
        for method in METHODS:
            resource.add_method(method, integration)
    api.root.add_method("ANY", integration)


def add_gateway_errors(api: apigateway.RestApi) -> None:
    """Make API Gateway's own errors look like the function's: same shape, headers and statuses."""
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
