from typing import Any

import pytest

from infra.headers import THEME_HASH
from tests.infra.templates import Templates

pytestmark = pytest.mark.xdist_group("synth")

LATEST = ["movers", "movers/"]
BY_PATH = [
    *("*.json", "movers/*", "history", "history/*", "tickers", "tickers/*", "status", "status/*"),
    *("movers.csv", "feed.xml", "badge.svg", "by-previous-close.json"),
]
DATA_PATTERNS = [*LATEST, *BY_PATH]
PAGE_WAITS_SECONDS = 4


def distribution(templates: Templates) -> dict[str, Any]:
    config: dict[str, Any] = templates.one("site", "AWS::CloudFront::Distribution")["DistributionConfig"]
    return config


def behaviours(templates: Templates) -> dict[str, dict[str, Any]]:
    """The behaviours by pattern, in the order in which CloudFront tries them; the default comes last."""
    config = distribution(templates)
    listed = {behaviour["PathPattern"]: behaviour for behaviour in config["CacheBehaviors"]}
    return listed | {"default": config["DefaultCacheBehavior"]}


def origin(templates: Templates, wanted: str) -> str:
    """What an origin id stands for: site, api, or a group of them with an arrow."""
    config = distribution(templates)
    for group in config["OriginGroups"]["Items"]:
        if group["Id"] == wanted:
            return " -> ".join(origin(templates, member["OriginId"]) for member in group["Members"]["Items"])
    (found,) = [candidate for candidate in config["Origins"] if candidate["Id"] == wanted]
    return "site" if "S3OriginConfig" in found else "api"


def policy(templates: Templates, kind: str, behaviour: dict[str, Any], field: str) -> dict[str, Any]:
    """The configuration of the policy that a behaviour refers to."""
    properties = templates.parts["site"]["Resources"][behaviour[field]["Ref"]]["Properties"]
    config: dict[str, Any] = properties[kind]
    return config


def cache_policy(templates: Templates, pattern: str) -> dict[str, Any]:
    return policy(templates, "CachePolicyConfig", behaviours(templates)[pattern], "CachePolicyId")


def headers_policy(templates: Templates, pattern: str) -> dict[str, Any]:
    behaviour = behaviours(templates)[pattern]
    return policy(templates, "ResponseHeadersPolicyConfig", behaviour, "ResponseHeadersPolicyId")


def test_behaviours_stand_in_the_order_that_sends_twins_to_the_bucket_first(templates: Templates) -> None:
    served_by = {
        pattern: origin(templates, behaviour["TargetOriginId"])
        for pattern, behaviour in behaviours(templates).items()
    }

    assert list(served_by.items()) == [
        ("assets/*", "site"),
        ("*.json", "site -> api"),
        ("movers", "api"),
        ("movers/", "api"),
        ("movers/*", "api"),
        ("history", "api"),
        ("history/*", "api"),
        ("tickers", "api"),
        ("tickers/*", "api"),
        ("status", "api"),
        ("status/*", "api"),
        ("movers.csv", "site -> api"),
        ("feed.xml", "site -> api"),
        ("badge.svg", "site -> api"),
        ("by-previous-close.json", "site -> api"),
        ("default", "site"),
    ]


@pytest.mark.parametrize(
    ("pattern", "statuses"),
    [("*.json", [403, 404, 500, 502, 503, 504]), ("movers.csv", [403, 404]), ("feed.xml", [403, 404])],
)
def test_the_api_stands_in_for_a_twin_that_fails_and_for_a_file_that_is_missing(
    templates: Templates, pattern: str, statuses: list[int]
) -> None:
    target = behaviours(templates)[pattern]["TargetOriginId"]
    (group,) = [each for each in distribution(templates)["OriginGroups"]["Items"] if each["Id"] == target]

    assert group["FailoverCriteria"]["StatusCodes"]["Items"] == statuses


def patience(candidate: dict[str, Any]) -> int:
    """How many seconds a bucket may take until it is given up."""
    longest: int = candidate["ConnectionTimeout"] + candidate["S3OriginConfig"]["OriginReadTimeout"]
    attempts: int = candidate["ConnectionAttempts"]
    return attempts * longest


def test_a_twins_bucket_gives_up_in_time_for_the_api_and_no_bucket_hangs_for_long(
    templates: Templates,
) -> None:
    config = distribution(templates)
    buckets = {each["Id"]: patience(each) for each in config["Origins"] if "S3OriginConfig" in each}
    target = behaviours(templates)["*.json"]["TargetOriginId"]
    (twins,) = [each for each in config["OriginGroups"]["Items"] if each["Id"] == target]
    api_seconds = 1

    assert buckets[twins["Members"]["Items"][0]["OriginId"]] + api_seconds <= PAGE_WAITS_SECONDS
    assert max(buckets.values()) <= 6


def test_the_api_origin_is_the_stage_of_the_rest_api_over_tls(templates: Templates) -> None:
    (api,) = [
        candidate for candidate in distribution(templates)["Origins"] if "CustomOriginConfig" in candidate
    ]

    assert templates.render("site", api["DomainName"]).startswith(
        "<api AWS::ApiGateway::RestApi>.execute-api."
    )
    assert templates.render("site", api["OriginPath"]) == "/<api AWS::ApiGateway::Stage>"
    assert api["CustomOriginConfig"]["OriginProtocolPolicy"] == "https-only"
    assert api["CustomOriginConfig"]["OriginSSLProtocols"] == ["TLSv1.2"]


def test_only_a_missing_page_gets_the_error_page(templates: Templates) -> None:
    assert distribution(templates)["CustomErrorResponses"] == [
        {"ErrorCode": 403, "ResponseCode": 404, "ResponsePagePath": "/404.html", "ErrorCachingMinTTL": 10}
    ]


def test_the_root_is_the_page(templates: Templates) -> None:
    assert distribution(templates)["DefaultRootObject"] == "index.html"


def test_every_behaviour_only_reads_over_https_and_compresses(templates: Templates) -> None:
    for pattern, behaviour in behaviours(templates).items():
        preflights = ["OPTIONS"] if pattern in DATA_PATTERNS else []
        assert behaviour["AllowedMethods"] == ["GET", "HEAD", *preflights]
        assert behaviour["ViewerProtocolPolicy"] == "redirect-to-https"
        assert behaviour["Compress"] is True
        assert "OriginRequestPolicyId" not in behaviour


def test_the_function_sees_every_request_but_those_for_assets_first(templates: Templates) -> None:
    for pattern in [*DATA_PATTERNS, "default"]:
        (association,) = behaviours(templates)[pattern]["FunctionAssociations"]
        function = templates.one("site", "AWS::CloudFront::Function")

        assert association["EventType"] == "viewer-request"
        assert templates.render("site", association["FunctionARN"]) == (
            "<site AWS::CloudFront::Function FunctionARN>"
        )
        assert (function["AutoPublish"], function["FunctionConfig"]["Runtime"]) == (True, "cloudfront-js-2.0")
        assert "FunctionAssociations" not in behaviours(templates)["assets/*"]


def test_data_lives_as_its_origin_says_and_only_the_latest_movers_are_kept_by_days(
    templates: Templates,
) -> None:
    for pattern in DATA_PATTERNS:
        cache = cache_policy(templates, pattern)
        key = cache["ParametersInCacheKeyAndForwardedToOrigin"]
        by_days = {"QueryStringBehavior": "whitelist", "QueryStrings": ["days"]}
        by_path = {"QueryStringBehavior": "none"}

        assert (cache["MinTTL"], cache["DefaultTTL"], cache["MaxTTL"]) == (0, 60, 86_400)
        assert key["QueryStringsConfig"] == (by_days if pattern in LATEST else by_path)
        assert key["CookiesConfig"] == {"CookieBehavior": "none"}
        assert key["HeadersConfig"] == {"HeaderBehavior": "none"}


def test_page_files_are_kept_by_path_alone(templates: Templates) -> None:
    for pattern in ["assets/*", "default"]:
        cache = cache_policy(templates, pattern)

        assert cache["MinTTL"] == 0
        assert cache["MaxTTL"] == 31_536_000
        key = cache["ParametersInCacheKeyAndForwardedToOrigin"]
        assert key["QueryStringsConfig"] == {"QueryStringBehavior": "none"}


def test_both_compressions_are_cached(templates: Templates) -> None:
    for pattern in ["assets/*", "*.json", "default"]:
        key = cache_policy(templates, pattern)["ParametersInCacheKeyAndForwardedToOrigin"]

        assert key["EnableAcceptEncodingGzip"]
        assert key["EnableAcceptEncodingBrotli"]


def test_the_page_may_run_and_load_only_what_comes_from_its_own_host(templates: Templates) -> None:
    headers = headers_policy(templates, "default")
    security = headers["SecurityHeadersConfig"]

    assert security["ContentSecurityPolicy"]["ContentSecurityPolicy"].split("; ") == [
        "default-src 'none'",
        f"script-src 'self' 'sha256-{THEME_HASH}'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "font-src 'self'",
        "manifest-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    ]
    assert "CorsConfig" not in headers


def test_the_page_is_isolated_from_other_sites_and_from_devices(templates: Templates) -> None:
    headers = headers_policy(templates, "default")
    own = {item["Header"]: item["Value"] for item in headers["CustomHeadersConfig"]["Items"]}

    assert own["Cross-Origin-Opener-Policy"] == "same-origin"
    assert own["Cross-Origin-Resource-Policy"] == "same-origin"
    features = own["Permissions-Policy"].split(", ")
    assert {"camera=()", "geolocation=()", "microphone=()", "payment=()"} <= set(features)
    assert all(feature.endswith("=()") for feature in features)


def test_assets_carry_no_header_that_only_documents_need(templates: Templates) -> None:
    headers = headers_policy(templates, "assets/*")

    assert {name: part for name, part in headers.items() if name not in ("Name", "RemoveHeadersConfig")} == {
        "SecurityHeadersConfig": {"ContentTypeOptions": {"Override": True}}
    }


def test_data_and_pages_are_strict_about_transport_and_types(templates: Templates) -> None:
    for pattern in [*DATA_PATTERNS, "default"]:
        headers = headers_policy(templates, pattern)["SecurityHeadersConfig"]

        assert headers["StrictTransportSecurity"] == {
            "AccessControlMaxAgeSec": 63_072_000,
            "IncludeSubdomains": False,
            "Override": True,
        }
        assert headers["ContentTypeOptions"] == {"Override": True}


def test_any_site_may_read_the_data(templates: Templates) -> None:
    for pattern in DATA_PATTERNS:
        headers = headers_policy(templates, pattern)
        cors = headers["CorsConfig"]

        assert cors["AccessControlAllowOrigins"] == {"Items": ["*"]}
        assert cors["AccessControlAllowMethods"] == {"Items": ["GET", "HEAD", "OPTIONS"]}
        assert cors["AccessControlExposeHeaders"] == {"Items": ["ETag", "Date", "Age", "Retry-After"]}
        assert cors["AccessControlAllowCredentials"] is False
        assert "CustomHeadersConfig" not in headers


def test_data_is_inert_whatever_type_an_object_is_of(templates: Templates) -> None:
    for pattern in DATA_PATTERNS:
        headers = headers_policy(templates, pattern)["SecurityHeadersConfig"]

        assert headers["ContentSecurityPolicy"] == {
            "ContentSecurityPolicy": "default-src 'none'; frame-ancestors 'none'; sandbox",
            "Override": True,
        }


def test_nothing_carries_a_second_validator_or_how_it_is_stored(templates: Templates) -> None:
    for pattern in ["assets/*", "*.json", "default"]:
        headers = headers_policy(templates, pattern)

        removed = {item["Header"] for item in headers["RemoveHeadersConfig"]["Items"]}
        assert removed == {"Last-Modified", "x-amz-server-side-encryption"}


def test_an_own_domain_brings_its_certificate(domain_templates: Templates) -> None:
    config = distribution(domain_templates)

    assert config["Aliases"] == ["movers.example.org"]
    assert ":acm:us-east-1:" in config["ViewerCertificate"]["AcmCertificateArn"]
