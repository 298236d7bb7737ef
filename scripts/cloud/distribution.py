"""Reads the CloudFront distribution from a synthesized template, as far as the edge needs it.

Features that the edge lacks are refused here, so that it never silently differs from CloudFront.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from scripts.cloud.response_headers import Header, read_headers
from scripts.errors import CommandError

# https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/DownloadDistValuesOrigin.html
CONNECT_SECONDS = 10
READ_SECONDS = 30

ERROR_SECONDS = 10
"""How long CloudFront caches an error by default."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where content comes from: a bucket or an HTTP server."""

    is_bucket: bool
    connect_seconds: int
    read_seconds: int


@dataclass(frozen=True, slots=True)
class CachePolicy:
    """How long responses are cached, in seconds, and which query parameters are in the cache key."""

    min_seconds: int
    default_seconds: int
    max_seconds: int
    query_behaviour: str
    """`none`, `whitelist`, `allExcept` or `all`."""
    query_names: tuple[str, ...]
    gzip: bool


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What happens to requests whose path matches the pattern, in which `*` and `?` are wildcards."""

    pattern: str
    methods: tuple[str, ...]
    compress: bool
    cache: CachePolicy
    headers: tuple[Header, ...]
    origin: Origin
    function: str | None = None
    """The distribution's function that each request passes through first."""
    secondary: Origin | None = None
    failover_statuses: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class ErrorResponse:
    """How long an error is cached, in seconds, and the page shown in its place, if any."""

    status: int
    seconds: int
    page: str | None
    page_status: int


@dataclass(frozen=True, slots=True)
class Distribution:
    """Behaviours in the order in which they are tried; the last one matches everything. Functions are JavaScript."""

    behaviours: tuple[Behaviour, ...]
    errors: tuple[ErrorResponse, ...]
    root_object: str
    functions: Mapping[str, str]


def read_distribution(template: Mapping[str, Any]) -> Distribution:
    """The template's only distribution with the policies it refers to.

    Raises CommandError for features that the edge lacks, KeyError if a required property is missing.
    """
    resources = template["Resources"]
    (config,) = (
        resource["Properties"]["DistributionConfig"]
        for resource in resources.values()
        if resource["Type"] == "AWS::CloudFront::Distribution"
    )
    targets = _targets(config)
    ordered = [*config.get("CacheBehaviors", []), {**config["DefaultCacheBehavior"], "PathPattern": "*"}]
    return Distribution(
        behaviours=tuple(_behaviour(each, targets, resources) for each in ordered),
        errors=tuple(map(_error_response, config.get("CustomErrorResponses", []))),
        root_object=config.get("DefaultRootObject", ""),
        functions={
            name: resource["Properties"]["FunctionCode"]
            for name, resource in resources.items()
            if resource["Type"] == "AWS::CloudFront::Function"
        },
    )


def _targets(config: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """A behaviour's possible targets, origins and origin groups, as fields of a Behaviour."""
    origins = {origin["Id"]: _origin(origin) for origin in config["Origins"]}
    targets: dict[str, dict[str, Any]] = {name: {"origin": origin} for name, origin in origins.items()}
    for group in config.get("OriginGroups", {}).get("Items", []):
        primary, secondary = (origins[member["OriginId"]] for member in group["Members"]["Items"])
        targets[group["Id"]] = {
            "origin": primary,
            "secondary": secondary,
            "failover_statuses": tuple(group["FailoverCriteria"]["StatusCodes"]["Items"]),
        }
    return targets


def _origin(origin: Mapping[str, Any]) -> Origin:
    is_bucket = "S3OriginConfig" in origin
    own = origin["S3OriginConfig" if is_bucket else "CustomOriginConfig"]
    return Origin(
        is_bucket=is_bucket,
        connect_seconds=origin.get("ConnectionTimeout", CONNECT_SECONDS),
        read_seconds=own.get("OriginReadTimeout", READ_SECONDS),
    )


def _behaviour(
    behaviour: Mapping[str, Any], targets: Mapping[str, dict[str, Any]], resources: Mapping[str, Any]
) -> Behaviour:
    pattern = "/" + behaviour["PathPattern"].removeprefix("/")
    for unknown in ("OriginRequestPolicyId", "LambdaFunctionAssociations"):
        if behaviour.get(unknown):
            raise CommandError(f"The edge lacks {unknown}, which behaviour {pattern} uses.")
    return Behaviour(
        pattern=pattern,
        methods=tuple(behaviour.get("AllowedMethods", ("GET", "HEAD"))),
        compress=behaviour.get("Compress", False),
        cache=_cache_policy(_policy(behaviour["CachePolicyId"], resources)["CachePolicyConfig"]),
        headers=_headers(behaviour.get("ResponseHeadersPolicyId"), resources),
        function=_function(behaviour.get("FunctionAssociations", [])),
        **targets[behaviour["TargetOriginId"]],
    )


def _function(associations: Sequence[Mapping[str, Any]]) -> str | None:
    """The name of the viewer-request function, which must be in the same template."""
    for association in associations:
        event, arn = association["EventType"], association["FunctionARN"]
        if event != "viewer-request" or isinstance(arn, str):
            raise CommandError("The edge runs only viewer-request functions that the stack itself defines.")
        name: str = arn["Fn::GetAtt"][0]
        return name
    return None


def _policy(reference: Any, resources: Mapping[str, Any]) -> Mapping[str, Any]:
    """The properties of a policy, which must be in the same template."""
    if isinstance(reference, str):
        raise CommandError(f"The edge lacks the managed policy {reference}: define one in the stack.")
    properties: Mapping[str, Any] = resources[reference["Ref"]]["Properties"]
    return properties


def _headers(reference: Any, resources: Mapping[str, Any]) -> tuple[Header, ...]:
    if reference is None:
        return ()
    return read_headers(_policy(reference, resources)["ResponseHeadersPolicyConfig"])


def _cache_policy(config: Mapping[str, Any]) -> CachePolicy:
    key = config["ParametersInCacheKeyAndForwardedToOrigin"]
    _refuse_other_keys(config["Name"], key)
    queries = key["QueryStringsConfig"]
    return CachePolicy(
        min_seconds=config["MinTTL"],
        default_seconds=config["DefaultTTL"],
        max_seconds=config["MaxTTL"],
        query_behaviour=queries["QueryStringBehavior"],
        query_names=tuple(queries.get("QueryStrings", ())),
        gzip=key["EnableAcceptEncodingGzip"],
    )


def _refuse_other_keys(policy: str, key: Mapping[str, Any]) -> None:
    kinds = key["HeadersConfig"]["HeaderBehavior"], key["CookiesConfig"]["CookieBehavior"]
    if kinds != ("none", "none"):
        raise CommandError(
            f"The edge's cache key has only path and query; policy {policy} adds headers or cookies."
        )


def _error_response(error: Mapping[str, Any]) -> ErrorResponse:
    return ErrorResponse(
        status=error["ErrorCode"],
        seconds=error.get("ErrorCachingMinTTL", ERROR_SECONDS),
        page=error.get("ResponsePagePath"),
        page_status=error.get("ResponseCode", error["ErrorCode"]),
    )
