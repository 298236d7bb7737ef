"""Composes the stacks and grants the functions their permissions."""

import json
import os
from pathlib import Path

from aws_cdk import App, CfnOutput, Stack, Tags
from constructs import Construct

from api.names import LEASE
from api.routes import PUBLISHED
from infra.api import Api
from infra.daily import Daily
from infra.data import DataStack
from infra.functions import allow
from infra.nag import check
from infra.operations import CdnAlarmsStack, Operations
from infra.settings import CDN_REGION, Deployment
from infra.site import Site

# CloudFormation refuses to delete what another stack still uses.
STRONG_REFERENCES = {"@aws-cdk/core:defaultCrossStackReferences": "strong"}
OUTDIR = Path(__file__).resolve().parents[1] / "build" / "cdk.out"


def build_app(deployment: Deployment, outdir: Path) -> App:
    """All stacks of one deployment; `synth()` writes them to `outdir`."""
    app = App(outdir=str(outdir), analytics_reporting=False, context=STRONG_REFERENCES)
    data = DataStack(app, deployment=deployment)
    services = ServicesStack(app, deployment=deployment, data=data)
    if deployment.region != CDN_REGION:
        CdnAlarmsStack(app, deployment=deployment)
    tag(app, project="movers", stage=deployment.stage)
    check(app, deployment=deployment, data=data, api=services.api, site=services.site, daily=services.daily)
    return app


class ServicesStack(Stack):
    """Everything that can be rebuilt from the repository and the data."""

    def __init__(self, scope: Construct, *, deployment: Deployment, data: DataStack) -> None:
        super().__init__(
            scope,
            deployment.name("services"),
            env={"region": deployment.region},
            description="API, page and CDN, daily run, alarms",
        )
        self.api = Api(self, deployment=deployment, table=data.table)
        self.site = Site(self, deployment=deployment, api=self.api.rest_api)
        self.daily = Daily(self, deployment=deployment, data=data, site=self.site)
        grant_api(self.api, data)
        grant_daily(self.daily, data, self.site)
        operations = Operations(
            self, deployment=deployment, data=data, api=self.api, site=self.site, daily=self.daily
        )
        outputs = {
            "ApiUrl": self.api.rest_api.url,
            "ApiFunctionName": self.api.function.function_name,
            "SiteBucketName": self.site.bucket.bucket_name,
            "DistributionId": self.site.distribution.distribution_id,
            "DistributionDomainName": self.site.distribution.distribution_domain_name,
            "SiteUrl": self.site.url,
            "IngestFunctionName": self.daily.function.function_name,
            "FailureQueueUrl": self.daily.failures.queue_url,
            "KeyParameterName": deployment.key_parameter,
            "AlarmTopicArn": operations.topic.topic_arn,
            "DashboardName": operations.dashboard.dashboard_name,
        }
        for name, value in outputs.items():
            CfnOutput(self, name, value=value)


def grant_api(api: Api, data: DataStack) -> None:
    """Let the api function read the table."""
    allow(api.function, ["dynamodb:GetItem", "dynamodb:Query"], data.table.table_arn)


def grant_daily(daily: Daily, data: DataStack, site: Site) -> None:
    """Let the ingest function write sessions, raw responses and twins, read its API key, and report its results.

    It reads raw responses to rebuild sessions from them.
    """
    function = daily.function
    table = data.table.table_arn
    allow(function, ["dynamodb:GetItem", "dynamodb:Query"], table)
    allow(function, ["dynamodb:PutItem", "dynamodb:UpdateItem"], table)
    allow(function, ["dynamodb:DeleteItem"], table, conditions=only_key(LEASE))
    allow(function, ["dynamodb:BatchWriteItem"], table, conditions=only_key("TICKER#*"))
    allow(function, ["s3:GetObject", "s3:PutObject"], data.raw_bucket.arn_for_objects("raw/*"))
    allow(function, ["s3:ListBucket"], data.raw_bucket.bucket_arn, site.bucket.bucket_arn)
    allow(function, ["s3:PutObject", "s3:DeleteObject"], *map(site.bucket.arn_for_objects, PUBLISHED))
    allow(function, ["ssm:GetParameter"], daily.key_parameter_arn)
    allow(function, ["sqs:SendMessage"], daily.failures.queue_arn)
    if daily.news:
        allow(function, ["events:PutEvents"], daily.news)
    site.distribution.grant_create_invalidation(function)


def tag(app: App, **tags: str) -> None:
    """Tag every resource, so that bills and consoles can be filtered by app and stage."""
    for name, value in tags.items():
        Tags.of(app).add(name, value)


def only_key(partition: str) -> dict[str, object]:
    """A condition that limits requests to one partition of the table, or to those that match, with `*` at the end.

    `ForAllValues` alone would also allow a request without any key.
    """
    named = "dynamodb:LeadingKeys"
    return {"ForAllValues:StringLike": {named: [partition]}, "Null": {named: "false"}}


def main() -> None:
    """Synthesize into CDK_OUTDIR, with CDK_CONTEXT_JSON over the defaults: the CDK CLI sets both variables."""
    outdir = Path(os.environ.get("CDK_OUTDIR", OUTDIR))
    try:
        deployment = Deployment.from_context(json.loads(os.environ.get("CDK_CONTEXT_JSON", "{}")))
        app = build_app(deployment, outdir)
    except (ValueError, FileNotFoundError) as error:  # the operator can fix these
        raise SystemExit(str(error)) from error
    app.synth()
