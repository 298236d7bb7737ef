"""What must never be lost: the table and the raw zone."""

from aws_cdk import CfnOutput, Duration, RemovalPolicy, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.settings import Deployment


class DataStack(Stack):
    """Table and raw bucket; both outlive the stack."""

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
    """Keep every answer for good, old ones at a sixth of the price, and overwritten ones for three months.

    A rebuild must read any of them at once, hence instant retrieval. A whole market (0.4 MB) earns the price of
    its move in three months. That class bills 128 KB at least; smaller answers, such as those about one ticker,
    S3 leaves where they are by itself.
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
    """The one table, paid per request, restorable to any second of the last 35 days.

    Nothing in it has a time to live: sessions are kept for good, and a lease that has run out is simply taken over.
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
    """A bucket that nobody reaches in public or without TLS.

    Encrypted with S3's own keys: under KMS an ETag is no longer the MD5 that twins are compared by.
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
