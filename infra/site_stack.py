"""What viewers see: the bucket with page and twins, and the CDN in front of it and of the API."""

from functools import partial

from aws_cdk import CfnOutput, Duration, RemovalPolicy, Stack
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudfront_origins as origins
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.data_stack import private_bucket
from infra.headers import asset_headers, data_headers, page_headers
from infra.settings import Settings

# CloudFront takes the first pattern that fits: assets stand before all else, so that no rule can hide one,
# and the twins' rule before the resources, which would else take the twins.
ASSETS = "assets/*"
TWINS = "*.json"
FILES = ("movers.csv", "feed.xml")
RESOURCES = ("movers", "movers/*", "history", "tickers/*", "status")

# S3 answers 403 for a missing object to a reader who may not list.
FALLBACK_STATUSES = [403, 404, 500, 502, 503, 504]

# Soon enough that the page, which waits 4 seconds, still gets an answer from the second origin.
S3_CONNECT = Duration.seconds(1)


class SiteStack(Stack):
    """Site bucket and distribution: one host for the page and its data."""

    def __init__(self, scope: Construct, *, settings: Settings, api: apigateway.RestApi) -> None:
        name = settings.stack_name("site")
        super().__init__(scope, name, env={"region": settings.region}, description="Page, twins and CDN")
        # The page and every twin can be made again from the repository and the table.
        self.bucket = private_bucket(
            self, "SiteBucket", versioned=False, removal_policy=RemovalPolicy.DESTROY
        )
        self.distribution = distribution(self, settings, bucket=self.bucket, api=api)
        # The ingest stack imports it unless there is a domain. It stays when one comes: nothing can be taken away
        # that a deployed stack still imports, and this stack is deployed before the one that lets go of it.
        self.export_value(self.distribution.distribution_domain_name)
        self.url = f"https://{settings.domain or self.distribution.distribution_domain_name}"
        CfnOutput(self, "SiteBucketName", value=self.bucket.bucket_name)
        CfnOutput(self, "DistributionId", value=self.distribution.distribution_id)
        CfnOutput(self, "DistributionDomainName", value=self.distribution.distribution_domain_name)
        CfnOutput(self, "SiteUrl", value=self.url)


def distribution(
    stack: Stack, settings: Settings, *, bucket: s3.Bucket, api: apigateway.RestApi
) -> cloudfront.Distribution:
    """Page and twins from the bucket, the live resources and every failed twin from the API."""
    files = origins.S3BucketOrigin.with_origin_access_control(
        bucket, connection_attempts=2, connection_timeout=S3_CONNECT
    )
    live = origins.RestApiOrigin(api, connection_attempts=2, read_timeout=Duration.seconds(12))
    twins = origins.OriginGroup(
        primary_origin=files, fallback_origin=live, fallback_status_codes=FALLBACK_STATUSES
    )
    data = partial(behaviour, cache_policy=data_cache(stack), response_headers_policy=data_headers(stack))
    file = partial(behaviour, files, cache_policy=page_cache(stack))
    return cloudfront.Distribution(
        stack,
        "Distribution",
        comment=stack.stack_name,
        default_root_object="index.html",
        default_behavior=file(response_headers_policy=page_headers(stack)),
        additional_behaviors={
            ASSETS: file(response_headers_policy=asset_headers(stack)),
            TWINS: data(twins),
            **{pattern: data(live) for pattern in RESOURCES},
            **{pattern: data(files) for pattern in FILES},
        },
        # Only 403: the API says 404 in its own words, and answers no read with 403.
        error_responses=[
            cloudfront.ErrorResponse(
                http_status=403,
                response_http_status=404,
                response_page_path="/404.html",
                ttl=Duration.seconds(10),
            )
        ],
        http_version=cloudfront.HttpVersion.HTTP2_AND_3,
        # CloudFront's own certificate comes with a minimum of its own.
        minimum_protocol_version=cloudfront.SecurityPolicyProtocol.TLS_V1_2_2021 if settings.domain else None,
        price_class=cloudfront.PriceClass.PRICE_CLASS_100,
        domain_names=[settings.domain] if settings.domain else None,
        certificate=certificate(stack, settings.certificate),
    )


def behaviour(
    origin: cloudfront.IOrigin,
    *,
    cache_policy: cloudfront.CachePolicy,
    response_headers_policy: cloudfront.ResponseHeadersPolicy,
) -> cloudfront.BehaviorOptions:
    """Reads only, over HTTPS, compressed. The origin gets nothing beyond what the cache key holds."""
    return cloudfront.BehaviorOptions(
        origin=origin,
        cache_policy=cache_policy,
        response_headers_policy=response_headers_policy,
        allowed_methods=cloudfront.AllowedMethods.ALLOW_GET_HEAD_OPTIONS,
        viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
        compress=True,
    )


def data_cache(stack: Stack) -> cloudfront.CachePolicy:
    """Data lives as long as its own Cache-Control says; `days` is the one parameter that changes an answer."""
    return cloudfront.CachePolicy(
        stack,
        "DataCache",
        cache_policy_name=f"{stack.stack_name}-data",
        min_ttl=Duration.seconds(0),
        default_ttl=Duration.seconds(60),
        max_ttl=Duration.days(1),
        query_string_behavior=cloudfront.CacheQueryStringBehavior.allow_list("days"),
        enable_accept_encoding_gzip=True,
        enable_accept_encoding_brotli=True,
    )


def page_cache(stack: Stack) -> cloudfront.CachePolicy:
    """Page files live as long as they say, versioned ones a year; a query string changes nothing."""
    return cloudfront.CachePolicy(
        stack,
        "PageCache",
        cache_policy_name=f"{stack.stack_name}-page",
        min_ttl=Duration.seconds(0),
        default_ttl=Duration.seconds(60),
        max_ttl=Duration.days(365),
        enable_accept_encoding_gzip=True,
        enable_accept_encoding_brotli=True,
    )


def certificate(stack: Stack, arn: str) -> acm.ICertificate | None:
    """The operator's certificate; without one CloudFront serves its own name under its own."""
    return acm.Certificate.from_certificate_arn(stack, "Certificate", arn) if arn else None
