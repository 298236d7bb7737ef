"""Puts the stacks together and says who may do what: `python -m infra.app`."""

import json
import os
from pathlib import Path

from aws_cdk import App, Tags

from api.documents import PUBLISHED
from infra.api_stack import ApiStack
from infra.data_stack import DataStack
from infra.functions import allow
from infra.ingest_stack import IngestStack
from infra.nag import check
from infra.operations_stack import CdnAlarmsStack, OperationsStack
from infra.settings import CDN_REGION, Settings
from infra.site_stack import SiteStack

# What another stack uses cannot be taken away from under it.
STRONG_REFERENCES = {"@aws-cdk/core:defaultCrossStackReferences": "strong"}
OUTDIR = Path(__file__).resolve().parents[1] / "build" / "cdk.out"


def build_app(settings: Settings, outdir: Path) -> App:
    """All stacks of one deployment, to be written to `outdir` by `synth()`."""
    app = App(outdir=str(outdir), analytics_reporting=False, context=STRONG_REFERENCES)
    data = DataStack(app, settings=settings)
    api = ApiStack(app, settings=settings, table=data.table)
    site = SiteStack(app, settings=settings, api=api.api)
    ingest = IngestStack(app, settings=settings, data=data, site=site)
    grant_api(api, data)
    grant_ingest(ingest, data, site)
    OperationsStack(app, settings=settings, data=data, api=api, site=site, ingest=ingest)
    if settings.region != CDN_REGION:
        CdnAlarmsStack(app, settings=settings)
    tag(app, project="movers", stage=settings.stage)
    check(app, settings=settings, data=data, api=api, site=site, ingest=ingest)
    return app


def grant_api(api: ApiStack, data: DataStack) -> None:
    """The api function reads the table."""
    allow(api.function, ["dynamodb:GetItem", "dynamodb:Query"], data.table.table_arn)


def grant_ingest(ingest: IngestStack, data: DataStack, site: SiteStack) -> None:
    """The ingest function writes sessions, raw answers and twins, reads its key and reports what it did.

    It reads raw answers to make sessions of them again.
    """
    function = ingest.function
    table = data.table.table_arn
    allow(function, ["dynamodb:GetItem", "dynamodb:Query"], table)
    allow(function, ["dynamodb:PutItem", "dynamodb:UpdateItem"], table)
    allow(function, ["dynamodb:DeleteItem"], table, conditions=only_key("LEASE"))
    allow(function, ["dynamodb:BatchWriteItem"], table, conditions=only_key("TICKER#*"))
    allow(function, ["s3:GetObject", "s3:PutObject"], data.raw_bucket.arn_for_objects("raw/*"))
    allow(function, ["s3:ListBucket"], data.raw_bucket.bucket_arn, site.bucket.bucket_arn)
    allow(function, ["s3:PutObject", "s3:DeleteObject"], *map(site.bucket.arn_for_objects, PUBLISHED))
    allow(function, ["ssm:GetParameter"], ingest.key_parameter_arn)
    allow(function, ["sqs:SendMessage"], ingest.failures.queue_arn)
    if ingest.news:
        allow(function, ["events:PutEvents"], ingest.news)
    site.distribution.grant_create_invalidation(function)


def tag(app: App, **tags: str) -> None:
    """Mark everything that takes a tag, so that bills and consoles can tell this app and stage from the rest."""
    for name, value in tags.items():
        Tags.of(app).add(name, value)


def only_key(partition: str) -> dict[str, object]:
    """A condition for requests that touch no other partition of the table; `*` stands for any ending.

    `ForAllValues` alone would also let through a request that names no key at all.
    """
    named = "dynamodb:LeadingKeys"
    return {"ForAllValues:StringLike": {named: [partition]}, "Null": {named: "false"}}


def main() -> None:
    """Synthesize into CDK_OUTDIR, with CDK_CONTEXT_JSON laid over the defaults, as the CDK CLI asks for it."""
    outdir = Path(os.environ.get("CDK_OUTDIR", OUTDIR))
    try:
        settings = Settings.from_context(json.loads(os.environ.get("CDK_CONTEXT_JSON", "{}")))
        app = build_app(settings, outdir)
    except (ValueError, FileNotFoundError) as error:  # what the operator can mend
        raise SystemExit(str(error)) from error
    app.synth()


if __name__ == "__main__":
    main()
