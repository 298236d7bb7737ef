import json
from pathlib import Path
from typing import Any

import pytest

from scripts.cloud.distribution import read_distribution
from scripts.errors import CommandError

TEMPLATE = Path(__file__).parents[2] / "fixtures" / "edge" / "site.template.json"

OWN = {"Fn::GetAtt": ["Told", "FunctionARN"]}


@pytest.fixture
def template() -> dict[str, Any]:
    read: dict[str, Any] = json.loads(TEMPLATE.read_text())
    return read


def config(template: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = template["Resources"]["Distribution"]["Properties"]["DistributionConfig"]
    return found


@pytest.mark.parametrize(
    ("unknown", "message"),
    [
        ({"CachePolicyId": "658327ea-f89d-4fab-a63d-7e88639e58f6"}, "managed policy 658327ea"),
        ({"OriginRequestPolicyId": {"Ref": "Other"}}, "OriginRequestPolicyId, which behaviour /movers"),
        ({"LambdaFunctionAssociations": [{"EventType": "viewer-request"}]}, "LambdaFunctionAssociations"),
        (
            {"FunctionAssociations": [{"EventType": "viewer-response", "FunctionARN": OWN}]},
            "only viewer-request functions",
        ),
        (
            {"FunctionAssociations": [{"EventType": "viewer-request", "FunctionARN": "arn:of:another"}]},
            "the stack itself defines",
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
