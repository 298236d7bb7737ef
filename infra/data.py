"""The data that must never be lost: the table and the raw zone."""

from aws_cdk import CfnOutput, Duration, RemovalPolicy, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.settings import Deployment


class DataStack(Stack):
    """The table and the raw bucket, which outlive the stack."""

    def __init__(self, scope: Construct, *, deployment: Deployment) -> None:
        super().__init__(
            scope,
            deployment.name("data"),
            env={"region": deployment.region},
            description="Sessions, movers, raw answers",
        )
        self.table = sessions_table(self)
        self.raw_bucket = private_bucket(
            self, "RawBucket", versioned=True, removal_policy=RemovalPolicy.RETAIN
        )
        keep_cheaply(self.raw_bucket)
        CfnOutput(self, "TableName", value=self.table.table_name)
        CfnOutput(self, "RawBucketName", value=self.raw_bucket.bucket_name)


def keep_cheaply(bucket: s3.Bucket) -> None:
    """Keep every response forever, at a sixth of the price after 90 days, and overwritten ones for 90 days.

    A rebuild must read any of them at once, hence instant retrieval. For a whole-market response (0.4 MB), the move
    pays off within three months. S3 doesn't move objects below 128 KB, such as responses for one ticker, because the
    cheaper class bills that size at least.
    """
    cheaper = s3.Transition(
        storage_class=s3.StorageClass.GLACIER_INSTANT_RETRIEVAL, transition_after=Duration.days(90)
    )
    bucket.add_lifecycle_rule(
        transitions=[cheaper],
        noncurrent_version_expiration=Duration.days(90),
        abort_incomplete_multipart_upload_after=Duration.days(7),
    )


def sessions_table(scope: Construct) -> dynamodb.Table:
    """The one table, billed per request, restorable to any second of the last 35 days.

    Nothing in it expires: sessions are kept forever, and the next run takes over an expired lease.
    """
    return dynamodb.Table(
        scope,
        "Table",
        partition_key=dynamodb.Attribute(name="pk", type=dynamodb.AttributeType.STRING),
        sort_key=dynamodb.Attribute(name="sk", type=dynamodb.AttributeType.STRING),
        billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
        point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
            point_in_time_recovery_enabled=True
        ),
        deletion_protection=True,
        removal_policy=RemovalPolicy.RETAIN,
    )


def private_bucket(
    scope: Construct, name: str, *, versioned: bool, removal_policy: RemovalPolicy
) -> s3.Bucket:
    """A bucket without public access, reachable over TLS only.

    It is encrypted with S3's own keys: with KMS, an ETag wouldn't be the MD5 that twins are compared by.
    """
    return s3.Bucket(
        scope,
        name,
        versioned=versioned,
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
        encryption=s3.BucketEncryption.S3_MANAGED,
        enforce_ssl=True,
        object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
        removal_policy=removal_policy,
    )
