"""cdk-nag's AWS Solutions rules; a finding that is not accepted here, with its reason, stops the synthesis."""

from aws_cdk import Acknowledgment, App, Stack, Validations
from cdk_nag import AwsSolutionsChecks
from constructs import IConstruct

from infra.api_stack import ApiStack
from infra.data_stack import DataStack
from infra.ingest_stack import IngestStack
from infra.settings import Settings
from infra.site_stack import SiteStack

XRAY = ("IAM5[Resource::*]", "X-Ray knows no resources, its two actions work on * alone.")
RUNTIME = (
    "L1",
    "Python 3.13 is what the locked libraries and the tests run on; a newer one comes with them.",
)


def check(
    app: App, *, settings: Settings, data: DataStack, api: ApiStack, site: SiteStack, ingest: IngestStack
) -> None:
    """Run the rules when the app is synthesized."""
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    accept_in_data(data)
    accept_in_api(api)
    accept_in_site(site, settings)
    accept_in_ingest(ingest, data, site)


def accept(construct: IConstruct, *findings: tuple[str, str]) -> None:
    """Acknowledge findings, each a rule and a reason, below one construct."""
    Validations.of(construct).acknowledge(
        *(Acknowledgment(id=f"AwsSolutions::AwsSolutions-{rule}", reason=reason) for rule, reason in findings)
    )


def accept_in_data(data: DataStack) -> None:
    """The raw zone."""
    accept(
        data.raw_bucket, ("S1", "One function writes here, and its run logs each object; nobody else comes.")
    )


def accept_in_api(api: ApiStack) -> None:
    """A public, read-only API."""
    accept(api.function, RUNTIME)
    accept(api.node.find_child("ApiFunctionRole"), XRAY)
    accept(
        api.api,
        (
            "APIG1",
            "The function logs each request; an access log would need a role that the whole account shares.",
        ),
        ("APIG2", "The function checks each request itself and says in its 400 what is allowed."),
        (
            "APIG3",
            "The stage throttle bounds what a flood can cost; a web ACL costs more than the whole system.",
        ),
        ("APIG4", "The data is public and every method only reads."),
        (
            "APIG6",
            "The function logs each request; execution logs need a role that the whole account shares.",
        ),
        ("COG4", "The data is public and every method only reads."),
    )


def accept_in_site(site: SiteStack, settings: Settings) -> None:
    """A public site that keeps no record of its readers."""
    accept(site.bucket, ("S1", "CloudFront alone may read, and no record of readers is kept."))
    accept(
        site.distribution,
        ("CFR1", "The data is for readers everywhere."),
        ("CFR2", "There is nothing to inject into: files and five read-only resources behind a throttle."),
        ("CFR3", "No record of readers is kept; CloudFront's metrics say how many they are."),
    )
    if not settings.domain:
        accept(
            site.distribution, ("CFR4", "CloudFront's own certificate fixes the minimum; a domain raises it.")
        )


def accept_in_ingest(ingest: IngestStack, data: DataStack, site: SiteStack) -> None:
    """The run's own wildcards: keys that carry a date or a ticker."""
    raw = exported(ingest, data, data.raw_bucket.bucket_arn)
    published = exported(ingest, site, site.bucket.bucket_arn)
    accept(ingest.failures, ("SQS3", "This is the queue that the others' failures go to."))
    accept(ingest.function, RUNTIME)
    accept(
        ingest.node.find_child("IngestFunctionRole"),
        XRAY,
        (f"IAM5[Resource::{raw}/raw/*]", "Raw answers are named by date and time."),
        (f"IAM5[Resource::{published}/movers/*]", "One twin for each session."),
        (f"IAM5[Resource::{published}/tickers/*]", "One twin for each ticker."),
    )


def exported(consumer: Stack, producer: Stack, value: str) -> str:
    """The name under which one stack takes a value from another, as the rules write it."""
    name: str = consumer.resolve(producer.export_value(value))["Fn::ImportValue"]
    return name
