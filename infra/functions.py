"""Makes the Lambda functions, all in the same way."""

import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

# Denied to every role, in case a later grant is too broad: they could destroy data, or the means to restore it.
DESTRUCTIVE = (
    "cloudfront:DeleteDistribution",
    "dynamodb:DeleteBackup",
    "dynamodb:DeleteTable",
    "dynamodb:UpdateContinuousBackups",  # turns point-in-time recovery off
    "dynamodb:UpdateTable",  # turns deletion protection off
    "kms:DisableKey",
    "kms:ScheduleKeyDeletion",
    "logs:DeleteLogGroup",
    "logs:DeleteLogStream",
    "logs:PutRetentionPolicy",
    "s3:DeleteBucket",
    "s3:DeleteBucketPolicy",
    "s3:DeleteObjectVersion",
    "s3:PutBucketPolicy",
    "s3:PutBucketPublicAccessBlock",
    "s3:PutBucketVersioning",
    "s3:PutEncryptionConfiguration",
    "s3:PutLifecycleConfiguration",
    "sqs:DeleteQueue",
    "sqs:PurgeQueue",
    "ssm:DeleteParameter",
    "ssm:DeleteParameters",
    "ssm:PutParameter",
)

BUNDLES = Path(__file__).resolve().parents[1] / "build"


def python_function(
    scope: Construct,
    name: str,
    *,
    bundle: str,
    handler: str,
    memory_mb: int,
    timeout: Duration,
    environment: Mapping[str, str],
    files: Mapping[str, str] | None = None,
) -> lambda_.Function:
    """A function made from a bundle in `build/`, with its own role and log group; `handler` is its dotted name.

    `files` (contents by name) are added to the bundle: settings too long for environment variables.

    The role starts with its own log group and X-Ray; AWS's managed policy would allow writing to every log group.
    Raises `FileNotFoundError` if the bundle hasn't been built.
    """
    log_group = kept_logs(scope, f"{name}Logs")
    role = iam.Role(scope, f"{name}Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
    log_group.grant_write(role)
    deny_destruction(role)
    with code(bundle, files or {}) as folder:
        return lambda_.Function(
            scope,
            name,
            runtime=lambda_.Runtime.PYTHON_3_13,
            architecture=lambda_.Architecture.ARM_64,
            code=lambda_.Code.from_asset(folder),
            handler=handler,
            role=role,
            memory_size=memory_mb,
            timeout=timeout,
            environment=dict(environment),
            log_group=log_group,
            tracing=lambda_.Tracing.ACTIVE,
        )


@contextmanager
def code(bundle: str, files: Mapping[str, str]) -> Iterator[str]:
    """A temporary folder with the bundle and `files`. Raises `FileNotFoundError` if there is no bundle."""
    built = BUNDLES / bundle
    if not built.is_dir():
        raise FileNotFoundError(f"{built} is missing: run `python -m scripts.bundle`")
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / bundle
        shutil.copytree(built, folder)
        for name, text in files.items():
            (folder / name).write_text(text, encoding="utf-8")
            (folder / name).chmod(0o644)
        yield str(folder)


def deny_destruction(role: iam.Role) -> None:
    """Deny a role every destructive action: a deny overrides every grant."""
    role.add_to_policy(
        iam.PolicyStatement(effect=iam.Effect.DENY, actions=list(DESTRUCTIVE), resources=["*"])
    )


def kept_logs(scope: Construct, name: str) -> logs.LogGroup:
    """A log group that keeps its entries for three months and is deleted with its stack."""
    return logs.LogGroup(
        scope, name, retention=logs.RetentionDays.THREE_MONTHS, removal_policy=RemovalPolicy.DESTROY
    )


def allow(
    function: lambda_.Function,
    actions: Sequence[str],
    *resources: str,
    conditions: Mapping[str, object] | None = None,
) -> None:
    """Allow a function exactly these actions on exactly these resources.

    The CDK's `grant_read_write_data` and its like would add actions that no code here calls.
    """
    function.add_to_role_policy(
        iam.PolicyStatement(actions=list(actions), resources=list(resources), conditions=conditions)
    )
