"""cdk-nag's AWS Solutions rules; a finding that is not accepted here, with its reason, stops the synthesis."""

from aws_cdk import Acknowledgment, App, Stack, Validations
from cdk_nag import AwsSolutionsChecks
from constructs import IConstruct

from infra.api import Api
from infra.daily import Daily
from infra.data import DataStack
from infra.settings import Deployment
from infra.site import Site

XRAY = ("IAM5[Resource::*]", "X-Ray knows no resources, its two actions work on * alone.")
RUNTIME = ("L1", "The locked libraries and the tests run on Python 3.13; a newer one comes with them.")


def check(app: App, *, deployment: Deployment, data: DataStack, api: Api, site: Site, daily: Daily) -> None:
    """Run the rules when the app is synthesized."""
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    accept_in_api(api)
    accept_in_site(site, deployment)
    accept_in_daily(daily, data, site)


def accept(construct: IConstruct, *findings: tuple[str, str]) -> None:
    """Acknowledge findings, each a rule and a reason, below one construct."""
    Validations.of(construct).acknowledge(
        *(Acknowledgment(id=f"AwsSolutions::AwsSolutions-{rule}", reason=reason) for rule, reason in findings)
    )


def accept_in_api(api: Api) -> None:
    """A public, read-only API."""
    logged = "The function logs each request; the gateway's logs need a role that the whole account shares."
    public = "The data is public and every method only reads."
    accept(api.function, RUNTIME)
    accept(api.node.find_child("FunctionRole"), XRAY)
    accept(
        api.rest_api,
        ("APIG1", logged),
        ("APIG2", "The function checks each request itself and says in its 400 what is allowed."),
        ("APIG3", "The stage's throttle bounds what a flood can cost; a web ACL costs more than all else."),
        ("APIG4", public),
        ("APIG6", logged),
        ("COG4", public),
    )


def accept_in_site(site: Site, deployment: Deployment) -> None:
    """A public site that keeps no record of its readers."""
    accept(site.bucket, ("S1", "CloudFront alone may read, and no record of readers is kept."))
    accept(
        site.distribution,
        ("CFR1", "The data is for readers everywhere."),
        ("CFR2", "There is nothing to inject into: files and five read-only resources behind a throttle."),
        ("CFR3", "No record of readers is kept; CloudFront's metrics say how many they are."),
    )
    if not deployment.domain:
        fixed = "CloudFront's own certificate fixes the minimum; a domain raises it."
        accept(site.distribution, ("CFR4", fixed))


def accept_in_daily(daily: Daily, data: DataStack, site: Site) -> None:
    """The run, its raw zone, and its wildcards: keys that carry a date or a ticker."""
    stack = Stack.of(daily)
    raw = stack.resolve(data.export_value(data.raw_bucket.bucket_arn))["Fn::ImportValue"]
    published = f"<{stack.resolve(site.bucket.bucket_arn)['Fn::GetAtt'][0]}.Arn>"
    accept(data.raw_bucket, ("S1", "One function writes here, and its run logs each object."))
    accept(daily.failures, ("SQS3", "This is the queue that the others' failures go to."))
    accept(daily.function, RUNTIME)
    accept(
        daily.node.find_child("FunctionRole"),
        XRAY,
        (f"IAM5[Resource::{raw}/raw/*]", "Raw answers are named by date and time."),
        (f"IAM5[Resource::{published}/movers/*]", "One twin for each session."),
        (f"IAM5[Resource::{published}/tickers/*]", "One twin for each ticker."),
    )
