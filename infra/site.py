"""What viewers see: the bucket with the page and the twins, and the CDN in front of the bucket and the API."""

import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import cast

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudfront_origins as origins
from aws_cdk import aws_s3 as s3
from constructs import Construct

from api import routes
from api.headers import CORS, SECURITY
from api.markets import Market
from api.routes import ROUTES
from infra.data import private_bucket
from infra.headers import asset_headers, data_headers, page_headers
from infra.settings import Deployment

# CloudFront uses the first pattern that matches. Assets come first, so that no other pattern can hide one, and twins
# come before resources, whose patterns match the twins too.
ASSETS = "assets/*"
TWINS = "*.json"
FILES = tuple(file.key for file in routes.FILES)
# Resources whose answer depends on the query have their own cache policy.
ASKED = tuple(pattern for route in ROUTES if route.query for pattern in (route.path, f"{route.path}/"))
QUERY = sorted({name for route in ROUTES for name in route.query})
HEADS = tuple(dict.fromkeys(route.head for route in ROUTES))
RESOURCES = tuple(path for head in HEADS for path in (head, f"{head}/*") if path not in ASKED)

# Answers requests that need no origin. It runs for pages too, since `//movers` matches only their behavior.
REQUEST = Path(__file__).with_name("edge") / "request.js"
GIVEN = "const GIVEN = {};"

# S3 answers 403 for a missing object if the caller may not list the bucket.
MISSING = [403, 404]
FAILED = [500, 502, 503, 504]

# The bucket's positions among the distribution's origins, which the CDK numbers in order of use.
BUCKET_ORIGINS = (0, 1, 3)
BUCKET_READ_SECONDS = 2


class Site(Construct):
    """The site bucket and the distribution: one host for the page and its data."""

    def __init__(self, scope: Construct, *, deployment: Deployment, api: apigateway.RestApi) -> None:
        super().__init__(scope, "Site")
        # Not versioned, and deleted with the stack: the repository and the table can rebuild everything in it.
        self.bucket = private_bucket(self, "Bucket", versioned=False, removal_policy=RemovalPolicy.DESTROY)
        self.distribution = distribution(self, deployment, bucket=self.bucket, api=api)
        limit_bucket_reads(self.distribution)
        self.url = f"https://{deployment.domain or self.distribution.distribution_domain_name}"


def distribution(
    scope: Construct, deployment: Deployment, *, bucket: s3.Bucket, api: apigateway.RestApi
) -> cloudfront.Distribution:
    """Page and twins come from the bucket; resources, and twins that the bucket fails to serve, from the API."""
    files = bucket_origin(bucket, attempts=2)
    live = origins.RestApiOrigin(api, connection_attempts=2, read_timeout=Duration.seconds(12))
    # The page waits 4 seconds for a twin: enough for one attempt at the bucket, then one at the API.
    twins = with_fallback(bucket_origin(bucket, attempts=1), live, [*MISSING, *FAILED])
    # The API has no copy of these files, but its 404 for a missing one has the usual form of an error.
    files_or_error = with_fallback(files, live, MISSING)
    function = request_function(scope, deployment)
    cached = partial(cache, scope, deployment)
    data = partial(behaviour, response_headers_policy=data_headers(scope, deployment), function=function)
    by_path = partial(data, cache_policy=cached("Data", days=1))
    asked = data(live, cache_policy=cached("Latest", days=1, query=QUERY))
    # Other sites' scripts have no reason to read the page, so OPTIONS (their preflights) is refused too.
    only_reads = cloudfront.AllowedMethods.ALLOW_GET_HEAD
    page = partial(behaviour, files, cache_policy=cached("Page", days=365), allowed_methods=only_reads)
    return cloudfront.Distribution(
        scope,
        "Distribution",
        comment=deployment.name("site"),
        default_root_object="index.html",
        default_behavior=page(response_headers_policy=page_headers(scope, deployment), function=function),
        additional_behaviors={
            ASSETS: page(response_headers_policy=asset_headers(scope, deployment)),
            TWINS: by_path(twins),
            **dict.fromkeys(ASKED, asked),
            **dict.fromkeys(RESOURCES, by_path(live)),
            **dict.fromkeys(FILES, by_path(files_or_error)),
        },
        # Only 403, the bucket's answer for a missing page. The API never answers a read with 403.
        error_responses=[
            cloudfront.ErrorResponse(
                http_status=403,
                response_http_status=404,
                response_page_path="/404.html",
                ttl=Duration.seconds(10),
            )
        ],
        http_version=cloudfront.HttpVersion.HTTP2_AND_3,
        # CloudFront's default certificate has a fixed minimum.
        minimum_protocol_version=cloudfront.SecurityPolicyProtocol.TLS_V1_2_2021
        if deployment.domain
        else None,
        price_class=cloudfront.PriceClass.PRICE_CLASS_100,
        domain_names=[deployment.domain] if deployment.domain else None,
        certificate=certificate(scope, deployment.certificate),
    )


def bucket_origin(bucket: s3.Bucket, *, attempts: int) -> cloudfront.IOrigin:
    """The bucket as an origin. A second is plenty to connect to S3."""
    return origins.S3BucketOrigin.with_origin_access_control(
        bucket, connection_attempts=attempts, connection_timeout=Duration.seconds(1)
    )


def limit_bucket_reads(made: cloudfront.Distribution) -> None:
    """Give up on a bucket that accepts a connection but doesn't answer. The CDK's S3 origins lack this property."""
    resource = cast(cloudfront.CfnDistribution, made.node.default_child)
    for number in BUCKET_ORIGINS:
        path = f"DistributionConfig.Origins.{number}.S3OriginConfig.OriginReadTimeout"
        resource.add_property_override(path, BUCKET_READ_SECONDS)


def with_fallback(
    first: cloudfront.IOrigin, second: cloudfront.IOrigin, statuses: list[int]
) -> origins.OriginGroup:
    """Use the second origin if the first can't be reached or answers with one of the statuses."""
    return origins.OriginGroup(primary_origin=first, fallback_origin=second, fallback_status_codes=statuses)


def request_function(scope: Construct, deployment: Deployment) -> cloudfront.Function:
    """The function that the CDN runs on each request before it looks in its cache."""
    return cloudfront.Function(
        scope,
        "RequestFunction",
        function_name=deployment.name("request"),
        comment="Answers requests that need no origin, normalizes the rest",
        code=cloudfront.FunctionCode.from_inline(request_code(deployment.market)),
        runtime=cloudfront.FunctionRuntime.JS_2_0,
    )


def request_code(market: Market) -> str:
    """`request.js` with facts about resources and market filled in. Raises `ValueError` if it has no place for them."""
    given = {
        "cors": CORS,
        "security": SECURITY,
        "parameters": {route.head: route.parameter for route in ROUTES if route.parameter},
        "resources": [route.path for route in ROUTES if not route.parameter],
        "files": FILES,
        "list": routes.LIST,
        "maxDays": routes.MAX_DAYS,
        "ticker": market.ticker.pattern,
        "spelling": market.spelling,
    }
    before, found, after = REQUEST.read_text(encoding="utf-8").partition(GIVEN)
    if not found:
        raise ValueError(f"{REQUEST} has no line {GIVEN!r}")
    return f"{before}const GIVEN = {json.dumps(given)};{after}"


def behaviour(
    origin: cloudfront.IOrigin,
    *,
    cache_policy: cloudfront.CachePolicy,
    response_headers_policy: cloudfront.ResponseHeadersPolicy,
    function: cloudfront.Function | None = None,
    allowed_methods: cloudfront.AllowedMethods = cloudfront.AllowedMethods.ALLOW_GET_HEAD_OPTIONS,
) -> cloudfront.BehaviorOptions:
    """A behavior: read-only, over HTTPS, compressed. Only what is in the cache key is forwarded to the origin."""
    before = cloudfront.FunctionEventType.VIEWER_REQUEST
    return cloudfront.BehaviorOptions(
        origin=origin,
        cache_policy=cache_policy,
        response_headers_policy=response_headers_policy,
        function_associations=[cloudfront.FunctionAssociation(function=function, event_type=before)]
        if function
        else None,
        allowed_methods=allowed_methods,
        viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
        compress=True,
    )


def cache(
    scope: Construct, deployment: Deployment, name: str, *, days: int, query: Sequence[str] = ()
) -> cloudfront.CachePolicy:
    """Cache as long as the origin's Cache-Control says, up to `days`; a minute if it has none.

    The cache key is the path and the `query` parameters; others are ignored.
    """
    return cloudfront.CachePolicy(
        scope,
        f"{name}Cache",
        cache_policy_name=deployment.name(name.lower()),
        min_ttl=Duration.seconds(0),
        default_ttl=Duration.seconds(60),
        max_ttl=Duration.days(days),
        query_string_behavior=cloudfront.CacheQueryStringBehavior.allow_list(*query) if query else None,
        enable_accept_encoding_gzip=True,
        enable_accept_encoding_brotli=True,
    )


def certificate(scope: Construct, arn: str) -> acm.ICertificate | None:
    """The operator's certificate; without one CloudFront uses its default domain and certificate."""
    return acm.Certificate.from_certificate_arn(scope, "Certificate", arn) if arn else None
