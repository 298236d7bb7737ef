"""cdk-nag's AWS Solutions rules. Synthesis fails on every finding that isn't accepted here with a reason."""

from aws_cdk import Acknowledgment, App, Stack, Validations
from cdk_nag import AwsSolutionsChecks
from constructs import IConstruct

from infra.api import Api
from infra.daily import Daily
from infra.data import DataStack
from infra.settings import Deployment
from infra.site import Site

XRAY = ("IAM5[Resource::*]", "X-Ray's two actions don't support resource-level permissions.")
RUNTIME = ("L1", "The locked dependencies and the tests use Python 3.13; all move up together.")


def check(app: App, *, deployment: Deployment, data: DataStack, api: Api, site: Site, daily: Daily) -> None:
    """Run the rules when the app is synthesized."""
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    accept_in_api(api)
    accept_in_site(site, deployment)
    accept_in_daily(daily, data, site)


def accept(construct: IConstruct, *findings: tuple[str, str]) -> None:
    """Acknowledge findings, each a rule and a reason, for a construct and everything in it."""
    Validations.of(construct).acknowledge(
        *(Acknowledgment(id=f"AwsSolutions::AwsSolutions-{rule}", reason=reason) for rule, reason in findings)
    )


def accept_in_api(api: Api) -> None:
    """A public, read-only API."""
    logged = "The function logs each request; API Gateway's logs need a role shared by the whole account."
    public = "The data is public and every method only reads."
    accept(api.function, RUNTIME)
    accept(api.node.find_child("FunctionRole"), XRAY)
    accept(
        api.rest_api,
        ("APIG1", logged),
        ("APIG2", "The function validates each request; its 400 says what is allowed."),
        ("APIG3", "The throttle caps the cost of a flood; a web ACL costs more than everything else."),
        ("APIG4", public),
        ("APIG6", logged),
        ("COG4", public),
    )


def accept_in_site(site: Site, deployment: Deployment) -> None:
    """A public site that keeps no record of its viewers."""
    accept(site.bucket, ("S1", "Only CloudFront can read it, and viewers aren't tracked."))
    accept(
        site.distribution,
        ("CFR1", "The data is for viewers everywhere."),
        ("CFR2", "There is nothing to inject into: it serves files and five read-only, throttled resources."),
        ("CFR3", "Viewers aren't tracked; CloudFront's metrics count their requests."),
    )
    if not deployment.domain:
        fixed = "CloudFront's default certificate fixes the minimum TLS version; a custom domain raises it."
        accept(site.distribution, ("CFR4", fixed))


def accept_in_daily(daily: Daily, data: DataStack, site: Site) -> None:
    """The run and its raw zone. Its wildcards are for keys that contain a date or a ticker."""
    stack = Stack.of(daily)
    raw = stack.resolve(data.export_value(data.raw_bucket.bucket_arn))["Fn::ImportValue"]
    published = f"<{stack.resolve(site.bucket.bucket_arn)['Fn::GetAtt'][0]}.Arn>"
    accept(data.raw_bucket, ("S1", "Only the ingest function writes here; keys say what was asked and when."))
    accept(daily.failures, ("SQS3", "This is the dead-letter queue itself."))
    accept(daily.function, RUNTIME)
    accept(
        daily.node.find_child("FunctionRole"),
        XRAY,
        (f"IAM5[Resource::{raw}/raw/*]", "Keys of raw responses contain date and time."),
        (f"IAM5[Resource::{published}/movers/*]", "One twin for each session."),
        (f"IAM5[Resource::{published}/tickers/*]", "One twin for each ticker."),
        (f"IAM5[Resource::{published}/days/*]", "One page for each session."),
    )
