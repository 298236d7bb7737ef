"""Prepares the synthesized app for the emulator, and the emulator for the CDK CLI, as `cdk bootstrap` would."""

from collections.abc import Sequence
from pathlib import Path

from scripts.cloud.emulator import ACCOUNT, REGION
from scripts.cloud.transforms import LocalIngest, localized
from scripts.deployment.account import BOOTSTRAP_VERSION, Account
from scripts.deployment.assembly import rewritten

ASSETS_BUCKET = "cdk-hnb659fds-assets-{account}-{region}"


def localize(templates: Sequence[Path], folder: Path, ingest: LocalIngest) -> list[Path]:
    """Copy the app to `folder` with every transform applied; return the templates' new paths, in the same order."""
    return rewritten(templates, folder, lambda template: localized(template, ingest))


def bootstrap(account: Account) -> None:
    """Create the bucket and the version number that the CLI requires; it works without the roles."""
    region = account.region
    elsewhere = {} if region == REGION else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    bucket = ASSETS_BUCKET.format(account=ACCOUNT, region=region)
    account.client("s3").create_bucket(Bucket=bucket, **elsewhere)
    account.client("ssm").put_parameter(Name=BOOTSTRAP_VERSION, Value="30", Type="String", Overwrite=True)
