import json
from pathlib import Path
from typing import Any

import pytest

from scripts.cloud.distribution import Behaviour, CachePolicy, ErrorResponse, Origin, read_distribution
from scripts.cloud.response_headers import Header
from scripts.errors import CommandError

TEMPLATE = Path(__file__).parents[2] / "fixtures" / "edge" / "site.template.json"

BUCKET = Origin(is_bucket=True, connect_seconds=1, read_seconds=30)
OWN = {"Fn::GetAtt": ["Told", "FunctionARN"]}
API = Origin(is_bucket=False, connect_seconds=10, read_seconds=1)


@pytest.fixture
def template() -> dict[str, Any]:
    read: dict[str, Any] = json.loads(TEMPLATE.read_text())
    return read


def config(template: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = template["Resources"]["Distribution"]["Properties"]["DistributionConfig"]
    return found


def behaviour(template: dict[str, Any], pattern: str) -> Behaviour:
    (found,) = [each for each in read_distribution(template).behaviours if each.pattern == pattern]
    return found


def test_behaviours_keep_their_order_and_the_default_comes_last(template: dict[str, Any]) -> None:
    patterns = [behaviour.pattern for behaviour in read_distribution(template).behaviours]
    assert patterns == [
        *("/*.json", "/movers", "/movers/*", "/status", "/brief/*", "/told/*", "/v?/$~+.txt", "/*")
    ]


def test_a_group_is_its_first_origin_with_the_second_behind_it(template: dict[str, Any]) -> None:
    twins = behaviour(template, "/*.json")
    assert (twins.origin, twins.secondary) == (BUCKET, API)
    assert twins.failover_statuses == (403, 404, 500, 502, 503, 504)


def test_a_single_origin_has_nothing_behind_it(template: dict[str, Any]) -> None:
    assert behaviour(template, "/*").origin == BUCKET
    live = behaviour(template, "/movers")
    assert (live.origin, live.secondary, live.failover_statuses) == (API, None, ())


def test_a_behaviour_has_the_cache_policy_that_it_refers_to(template: dict[str, Any]) -> None:
    days = CachePolicy(0, 60, 86400, query_behaviour="whitelist", query_names=("days",), gzip=True)
    assert behaviour(template, "/movers").cache == days
    assert behaviour(template, "/*").cache == CachePolicy(0, 60, 31536000, "none", (), gzip=True)


def test_methods_and_compression_have_cloudfronts_defaults(template: dict[str, Any]) -> None:
    brief = behaviour(template, "/brief/*")
    assert (brief.methods, brief.compress, brief.headers) == (("GET", "HEAD"), False, ())
    assert behaviour(template, "/movers").methods == ("GET", "HEAD", "OPTIONS")


def test_a_behaviour_names_the_function_that_comes_first(template: dict[str, Any]) -> None:
    assert (behaviour(template, "/told/*").function, behaviour(template, "/movers").function) == (
        "Told",
        None,
    )
    code = template["Resources"]["Told"]["Properties"]["FunctionCode"]
    assert read_distribution(template).functions == {"Told": code}


def test_a_bucket_too_may_have_a_time_to_answer_in(template: dict[str, Any]) -> None:
    config(template)["Origins"][0]["S3OriginConfig"]["OriginReadTimeout"] = 2
    assert behaviour(template, "/*").origin == Origin(is_bucket=True, connect_seconds=1, read_seconds=2)


def test_a_behaviour_has_the_headers_of_its_policy(template: dict[str, Any]) -> None:
    assert set(behaviour(template, "/movers").headers) == {
        Header("Access-Control-Allow-Origin", "*", override=True),
        Header("Access-Control-Allow-Methods", "GET, HEAD, OPTIONS", override=True),
        Header("Access-Control-Allow-Headers", "*", override=True),
        Header("Access-Control-Expose-Headers", "ETag", override=True),
        Header("Access-Control-Max-Age", "86400", override=True),
        Header("X-Stored", "", override=True),
        Header("X-Content-Type-Options", "nosniff", override=True),
        Header("Referrer-Policy", "no-referrer", override=True),
        Header("Strict-Transport-Security", "max-age=63072000; includeSubDomains", override=True),
    }
    assert set(behaviour(template, "/*").headers) > {
        Header("Content-Security-Policy", "default-src 'none'; script-src 'self'", override=True),
        Header("X-Frame-Options", "DENY", override=True),
        Header("Content-Language", "en", override=False),
    }


def test_errors_have_their_page_and_time(template: dict[str, Any]) -> None:
    del config(template)["CustomErrorResponses"][0]["ErrorCachingMinTTL"]
    assert read_distribution(template).errors == (
        ErrorResponse(403, seconds=10, page="/404.html", page_status=404),
        ErrorResponse(500, seconds=0, page=None, page_status=500),
    )


def test_the_root_object_may_be_missing(template: dict[str, Any]) -> None:
    assert read_distribution(template).root_object == "index.html"
    del config(template)["DefaultRootObject"]
    assert read_distribution(template).root_object == ""


@pytest.mark.parametrize(
    ("unknown", "message"),
    [
        ({"CachePolicyId": "658327ea-f89d-4fab-a63d-7e88639e58f6"}, "managed policy 658327ea"),
        ({"OriginRequestPolicyId": {"Ref": "Other"}}, "OriginRequestPolicyId, which behaviour /movers"),
        ({"LambdaFunctionAssociations": [{"EventType": "viewer-request"}]}, "LambdaFunctionAssociations"),
        (
            {"FunctionAssociations": [{"EventType": "viewer-response", "FunctionARN": OWN}]},
            "only for viewer-request",
        ),
        (
            {"FunctionAssociations": [{"EventType": "viewer-request", "FunctionARN": "arn:of:another"}]},
            "of the stack itself",
        ),
    ],
)
def test_what_the_edge_cannot_do_in_a_behaviour_is_refused(
    unknown: dict[str, Any], message: str, template: dict[str, Any]
) -> None:
    config(template)["CacheBehaviors"][1] |= unknown
    with pytest.raises(CommandError, match=message):
        read_distribution(template)


def test_keys_of_headers_and_cookies_are_refused(template: dict[str, Any]) -> None:
    policy = template["Resources"]["DataCache"]["Properties"]["CachePolicyConfig"]
    policy["ParametersInCacheKeyAndForwardedToOrigin"]["CookiesConfig"]["CookieBehavior"] = "all"
    with pytest.raises(CommandError, match="policy data adds headers or cookies"):
        read_distribution(template)


@pytest.mark.parametrize(
    ("policy", "unknown", "message"),
    [
        ("DataHeaders", {"ServerTimingHeadersConfig": {"Enabled": True}}, "ServerTimingHeadersConfig"),
        ("PageHeaders", {"SecurityHeadersConfig": {"XSSProtection": {"Override": True}}}, "XSSProtection"),
    ],
)
def test_headers_that_the_edge_cannot_set_are_refused(
    policy: str, unknown: dict[str, Any], message: str, template: dict[str, Any]
) -> None:
    template["Resources"][policy]["Properties"]["ResponseHeadersPolicyConfig"] |= unknown
    with pytest.raises(CommandError, match=message):
        read_distribution(template)


@pytest.mark.parametrize(
    "narrower",
    [
        {"AccessControlAllowOrigins": {"Items": ["https://example.org"]}},
        {"AccessControlAllowCredentials": True},
    ],
)
def test_cors_for_some_origins_only_is_refused(narrower: dict[str, Any], template: dict[str, Any]) -> None:
    policy = template["Resources"]["DataHeaders"]["Properties"]["ResponseHeadersPolicyConfig"]
    policy["CorsConfig"] |= narrower
    with pytest.raises(CommandError, match="CORS only for every origin"):
        read_distribution(template)
