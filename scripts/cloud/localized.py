"""The synthesized app as the emulator gets it, and what `cdk bootstrap` would have left there for the CDK's CLI."""

import hashlib
import json
import shutil
from collections.abc import Sequence
from pathlib import Path

from scripts.cloud.emulator import ACCOUNT, REGION
from scripts.cloud.transforms import LocalIngest, localized
from scripts.deployment.account import BOOTSTRAP_VERSION, Account

ASSETS_BUCKET = "cdk-hnb659fds-assets-{account}-{region}"


def localize(templates: Sequence[Path], folder: Path, ingest: LocalIngest) -> list[Path]:
    """Copy the app to `folder`, every transform applied to its templates; their paths there, in the same order."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(templates[0].parent, folder)
    for path in (copies := [folder / path.name for path in templates]):
        path.write_text(json.dumps(localized(json.loads(path.read_text()), ingest)))
        _rename_asset(path)
    return copies


def _rename_asset(template: Path) -> None:
    """Let the copy be published under a hash of its own: the CLI takes a key that exists for the same content."""
    assets = template.with_name(template.name.replace(".template.json", ".assets.json"))
    (entry,) = [
        file
        for file in json.loads(assets.read_text())["files"].values()
        if file["source"]["path"] == template.name
    ]
    (destination,) = entry["destinations"].values()
    old, new = Path(destination["objectKey"]).stem, hashlib.sha256(template.read_bytes()).hexdigest()
    for path in (assets, template.with_name("manifest.json")):
        path.write_text(path.read_text().replace(old, new))


def bootstrap(account: Account) -> None:
    """The bucket and the version number that the CLI looks for; it does without the roles."""
    region = account.region
    elsewhere = {} if region == REGION else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    bucket = ASSETS_BUCKET.format(account=ACCOUNT, region=region)
    account.client("s3").create_bucket(Bucket=bucket, **elsewhere)
    account.client("ssm").put_parameter(Name=BOOTSTRAP_VERSION, Value="30", Type="String", Overwrite=True)
