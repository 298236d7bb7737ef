"""All differences between a deployment to AWS and one to the emulator.

Every transform changes a synthesized template in place; a test checks that nothing else differs.
"""

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from api import names

Template = dict[str, Any]

UNKNOWN_TYPES = ("AWS::Budgets::Budget", "AWS::Logs::QueryDefinition")


@dataclass(frozen=True, slots=True)
class LocalIngest:
    """Settings that the ingest function gets only in the local stage."""

    vendor_url: str
    source_kind: str
    clock_offset_seconds: int
    site_url: str
    site_ca: str = ""


def localized(template: Template, ingest: LocalIngest) -> Template:
    """A copy of the template with every transform applied, for the emulator."""
    local = copy.deepcopy(template)
    for transform in TRANSFORMS:
        transform(local, ingest)
    return local


def point_ingest_at_local_services(template: Template, ingest: LocalIngest) -> None:
    """The upstream and its kind, the clock, the site's address and its certificate depend on this machine."""
    for function in _resources(template, "AWS::Lambda::Function"):
        variables = function.get("Environment", {}).get("Variables", {})
        if names.KEY_PARAMETER in variables:
            variables |= {
                names.VENDOR_URL: ingest.vendor_url,
                names.SOURCE_KIND: ingest.source_kind,
                names.CLOCK_OFFSET_SECONDS: str(ingest.clock_offset_seconds),
                names.SITE_URL: ingest.site_url,
                names.SITE_CA: ingest.site_ca,
            }


def allow_plain_http(template: Template, _: LocalIngest) -> None:
    """The emulator speaks HTTP on loopback, so a statement that denies HTTP would deny everything."""
    for kind in ("AWS::S3::BucketPolicy", "AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy"):
        for policy in _resources(template, kind):
            document = policy["PolicyDocument"]
            document["Statement"] = [each for each in document["Statement"] if not _denies_http(each)]


def drop_the_guard_on_leading_keys(template: Template, _: LocalIngest) -> None:
    """The emulator doesn't report a request's keys, so a statement that requires them would allow nothing."""
    for policy in _resources(template, "AWS::IAM::Policy"):
        for statement in policy["PolicyDocument"]["Statement"]:
            if "dynamodb:LeadingKeys" in statement.get("Condition", {}).get("Null", {}):
                del statement["Condition"]["Null"]


def read_from_the_primary_origin(template: Template, _: LocalIngest) -> None:
    """The emulator's CDN answers 502 for every origin group; nginx in front of it does the failover."""
    for distribution in _resources(template, "AWS::CloudFront::Distribution"):
        config = distribution["DistributionConfig"]
        primaries = {
            group["Id"]: group["Members"]["Items"][0]["OriginId"]
            for group in config.get("OriginGroups", {}).get("Items", [])
        }
        for behaviour in _behaviours(config):
            target = behaviour["TargetOriginId"]
            behaviour["TargetOriginId"] = primaries.get(target, target)


def leave_functions_to_the_server_in_front(template: Template, _: LocalIngest) -> None:
    """nginx in front already runs them, without Node.js; the emulator would run them again, and only with Node.js."""
    for distribution in _resources(template, "AWS::CloudFront::Distribution"):
        for behaviour in _behaviours(distribution["DistributionConfig"]):
            behaviour.pop("FunctionAssociations", None)


def leave_out_what_the_emulator_cannot_make(template: Template, _: LocalIngest) -> None:
    """One resource of these types makes it refuse the whole stack. No other resource refers to them."""
    template["Resources"] = {
        name: resource
        for name, resource in template["Resources"].items()
        if resource["Type"] not in UNKNOWN_TYPES
    }


TRANSFORMS: tuple[Callable[[Template, LocalIngest], None], ...] = (
    point_ingest_at_local_services,
    allow_plain_http,
    drop_the_guard_on_leading_keys,
    read_from_the_primary_origin,
    leave_functions_to_the_server_in_front,
    leave_out_what_the_emulator_cannot_make,
)


def _resources(template: Template, kind: str) -> Iterator[dict[str, Any]]:
    for resource in template["Resources"].values():
        if resource["Type"] == kind:
            yield resource["Properties"]


def _behaviours(config: dict[str, Any]) -> list[dict[str, Any]]:
    return [config["DefaultCacheBehavior"], *config.get("CacheBehaviors", [])]


def _denies_http(statement: dict[str, Any]) -> bool:
    return statement["Effect"] == "Deny" and "aws:SecureTransport" in str(statement.get("Condition"))
