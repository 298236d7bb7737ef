"""The one way this project makes a Lambda function."""

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

# What no code here calls, and what would lose data, or the means to get it back, if a later grant were too broad.
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
    """A function of a bundle in `build/`, with a role and a log group of its own; `handler` is its dotted name.

    `files` are texts of this deployment that lie beside the code, for what is too long for the environment.

    The role starts with its own log group and X-Ray; the managed policy would open every log group.
    Raises FileNotFoundError if the bundle has not been built.
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
    """The folder to deploy, while the function is made. Raises FileNotFoundError if there is no bundle."""
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
    """Deny a role what it must never do, wherever it is allowed: a deny wins over every grant."""
    role.add_to_policy(
        iam.PolicyStatement(effect=iam.Effect.DENY, actions=list(DESTRUCTIVE), resources=["*"])
    )


def kept_logs(scope: Construct, name: str) -> logs.LogGroup:
    """A log group that forgets after three months and goes with its stack."""
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

    The broader `grant_read_write_data` and its kin would add actions that no code here calls.
    """
    function.add_to_role_policy(
        iam.PolicyStatement(actions=list(actions), resources=list(resources), conditions=conditions)
    )
