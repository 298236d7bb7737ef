"""What the design promises of the deployed resources: a row is the promise in words, where to look, what must be there.

That these templates are what the local cloud runs is checked in `tests/e2e/test_local_cloud.py`.
"""

import pytest

from tests.infra.promises import (
    Look,
    alarm,
    alarm_names,
    allowed,
    attribute,
    budget_notices,
    denied,
    drawn,
    every,
    every_alarm,
    headers,
    limits,
    none,
    output,
    questions,
    secrets,
    undenied,
    untagged,
)
from tests.infra.templates import Templates

pytestmark = pytest.mark.xdist_group("synth")

TABLE = "AWS::DynamoDB::Table"
BUCKET = "AWS::S3::Bucket"
FUNCTION = "AWS::Lambda::Function"
INVOKE = "AWS::Lambda::EventInvokeConfig"
SCHEDULE = "AWS::Scheduler::Schedule"
QUEUE = "AWS::SQS::Queue"
STAGE = "AWS::ApiGateway::Stage"
CDN = "AWS::CloudFront::Distribution"
OAC = "AWS::CloudFront::OriginAccessControl"
ALARM = "AWS::CloudWatch::Alarm"
BUDGET = "AWS::Budgets::Budget"

FAILURES = "<daily AWS::SQS::Queue Arn>"
TOPIC = "<operations AWS::SNS::Topic>"
CDN_TOPIC = "<cdn-alarms AWS::SNS::Topic>"
CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/11111111-2222-3333-4444-555555555555"
OVER_HTTP = {"Bool": {"aws:SecureTransport": "false"}}
IN_THIS_ACCOUNT = {"StringEquals": {"aws:SourceAccount": "123456789012"}}
BUDGET_AND_ALARMS = ["budgets.amazonaws.com", "cloudwatch.amazonaws.com"]
DAY = 24 * 3600

API = f"FunctionName=<api {FUNCTION}>"
INGEST = f"FunctionName=<daily {FUNCTION}>"
FAILED = f"QueueName=<daily {QUEUE} QueueName>"
SESSIONS = f"TableName=<data {TABLE}>"
LASTING = " of 300 s >= 1, 3 of 12, silence notBreaching"
TWO_RUNS = " of 3600 s >= 1, 2 of 2, silence notBreaching"
FAILING = "Average of 300 s >= 5, 3 of 12, silence notBreaching"
LOST = "Average of 300 s >= 50, 9 of 12, silence notBreaching"
ONCE = ", 1 of 1, silence notBreaching"

# What would lose data, or the means to get it back.
DESTRUCTIVE = {
    "cloudfront:DeleteDistribution",
    "dynamodb:DeleteBackup",
    "dynamodb:DeleteTable",
    "dynamodb:UpdateContinuousBackups",
    "dynamodb:UpdateTable",
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
}

# Kinds of resources that CloudFormation gives no tags.
TAGLESS = {
    "AWS::ApiGateway::Deployment",
    "AWS::ApiGateway::GatewayResponse",
    "AWS::ApiGateway::Method",
    "AWS::ApiGateway::Resource",
    "AWS::Budgets::Budget",
    "AWS::CDK::Metadata",
    "AWS::CloudFront::CachePolicy",
    "AWS::CloudFront::OriginAccessControl",
    "AWS::CloudFront::ResponseHeadersPolicy",
    "AWS::CloudWatch::Dashboard",
    "AWS::Events::Rule",
    "AWS::IAM::Policy",
    "AWS::Lambda::EventInvokeConfig",
    "AWS::Lambda::Permission",
    "AWS::Logs::QueryDefinition",
    "AWS::S3::BucketPolicy",
    "AWS::SNS::Subscription",
    "AWS::SNS::TopicPolicy",
    "AWS::SQS::QueuePolicy",
    "AWS::Scheduler::Schedule",
}

RUN_LOGS, API_LOGS = "<daily AWS::Logs::LogGroup>", "<api AWS::Logs::LogGroup>"
RUN_METRICS = {
    f"Movers {name}"
    for name in (
        "SessionsBehind",
        "SessionsOnRecord",
        "SessionsStored",
        "SessionsFailed",
        "UpstreamCalls",
        "TwinsPublished",
        "TwinsKept",
        "EdgeFailed",
    )
}

Row = tuple[str, Look, object]

DATA: list[Row] = [
    (
        "the table can be restored to any second",
        every(TABLE, "PointInTimeRecoverySpecification"),
        {"PointInTimeRecoveryEnabled": True},
    ),
    ("the table cannot be deleted", every(TABLE, "DeletionProtectionEnabled"), True),
    ("the table is paid per request", every(TABLE, "BillingMode"), "PAY_PER_REQUEST"),
    (
        "the table is keyed by pk and sk",
        every(TABLE, "KeySchema"),
        [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
    ),
    ("nothing in the table expires", every(TABLE, "TimeToLiveSpecification"), None),
    ("the table outlives its stack", attribute(TABLE, "DeletionPolicy", part="data"), {"Retain"}),
    ("the table outlives its replacement", attribute(TABLE, "UpdateReplacePolicy", part="data"), {"Retain"}),
    ("the raw zone outlives its stack", attribute(BUCKET, "DeletionPolicy", part="data"), {"Retain"}),
    (
        "the raw zone outlives its replacement",
        attribute(BUCKET, "UpdateReplacePolicy", part="data"),
        {"Retain"},
    ),
    (
        "no raw answer is overwritten",
        every(BUCKET, "VersioningConfiguration", part="data"),
        {"Status": "Enabled"},
    ),
    (
        "old raw answers get cheap, stay readable at once and are kept for good, their old versions for three months",
        every(BUCKET, "LifecycleConfiguration.Rules", part="data"),
        [
            {
                "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
                "NoncurrentVersionExpiration": {"NoncurrentDays": 90},
                "Status": "Enabled",
                "Transitions": [{"StorageClass": "GLACIER_IR", "TransitionInDays": 90}],
            }
        ],
    ),
    (
        "every bucket is closed to the public",
        every(BUCKET, "PublicAccessBlockConfiguration"),
        dict.fromkeys(
            ["BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"], True
        ),
    ),
    (
        "every bucket is encrypted, and an ETag is still the MD5",
        every(BUCKET, "BucketEncryption.ServerSideEncryptionConfiguration"),
        [{"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}],
    ),
    (
        "no bucket knows access lists",
        every(BUCKET, "OwnershipControls.Rules"),
        [{"ObjectOwnership": "BucketOwnerEnforced"}],
    ),
    (
        "every bucket wants TLS",
        denied("AWS::S3::BucketPolicy"),
        {part: [({"AWS": "*"}, "s3:*", OVER_HTTP)] for part in ("data", "site")},
    ),
]

CODE: list[Row] = [
    ("functions run on arm64", every(FUNCTION, "Architectures"), ["arm64"]),
    ("functions run Python 3.13", every(FUNCTION, "Runtime"), "python3.13"),
    ("functions are traced", every(FUNCTION, "TracingConfig"), {"Mode": "Active"}),
    ("the api function has ten seconds", every(FUNCTION, "Timeout", part="api"), 10),
    ("the ingest function has a quarter of an hour", every(FUNCTION, "Timeout", part="daily"), 900),
    ("no function takes concurrency from the account", every(FUNCTION, "ReservedConcurrentExecutions"), None),
    (
        "the api function logs into its own group",
        every(FUNCTION, "LoggingConfig.LogGroup", part="api"),
        API_LOGS,
    ),
    (
        "the ingest function logs into its own group",
        every(FUNCTION, "LoggingConfig.LogGroup", part="daily"),
        RUN_LOGS,
    ),
    ("logs are kept for three months", every("AWS::Logs::LogGroup", "RetentionInDays"), 90),
    (
        "no function and no template holds a secret",
        secrets,
        ({"KEY_PARAMETER": "/movers/prod/massive-api-key"}, 0),
    ),
    ("no template makes the key", none("AWS::SSM::Parameter"), []),
    ("every role is denied what destroys", undenied(DESTRUCTIVE), {}),
    ("no role has rights from elsewhere", every("AWS::IAM::Role", "ManagedPolicyArns"), None),
    ("no role has rights in itself", every("AWS::IAM::Role", "Policies"), None),
    ("everything that takes tags says whose it is", untagged(TAGLESS, project="movers", stage="prod"), set()),
]

RUNS: list[Row] = [
    ("the run comes hourly, every day", every(SCHEDULE, "ScheduleExpression"), "cron(10 * * * ? *)"),
    ("the run comes on time", every(SCHEDULE, "FlexibleTimeWindow"), {"Mode": "OFF"}),
    ("the schedule is on", every(SCHEDULE, "State"), None),
    (
        "the schedule runs the ingest function",
        every(SCHEDULE, "Target.Arn"),
        "<daily AWS::Lambda::Function Arn>",
    ),
    ("a scheduled run has the usual window", every(SCHEDULE, "Target.Input"), "{}"),
    (
        "the next hour is the retry of a schedule",
        every(SCHEDULE, "Target.RetryPolicy"),
        {"MaximumRetryAttempts": 0, "MaximumEventAgeInSeconds": 3600},
    ),
    (
        "what the schedule cannot start ends in the queue",
        every(SCHEDULE, "Target.DeadLetterConfig.Arn"),
        FAILURES,
    ),
    ("nothing but the next hour tries a failed run again", every(INVOKE, "MaximumRetryAttempts"), 0),
    ("a run that comes an hour late is left out", every(INVOKE, "MaximumEventAgeInSeconds"), 3600),
    (
        "that holds for the function the schedule runs",
        every(INVOKE, "FunctionName"),
        "<daily AWS::Lambda::Function>",
    ),
    (
        "a failed run ends in the queue, a good one is no news",
        every(INVOKE, "DestinationConfig"),
        {"OnFailure": {"Destination": FAILURES}},
    ),
    ("failures are kept two weeks", every(QUEUE, "MessageRetentionPeriod"), 14 * DAY),
    ("failures are encrypted", every(QUEUE, "SqsManagedSseEnabled"), True),
    (
        "failures travel over TLS",
        denied("AWS::SQS::QueuePolicy"),
        {"daily": [({"AWS": "*"}, "sqs:*", OVER_HTTP)]},
    ),
]

READERS: list[Row] = [
    ("API requests are traced", every(STAGE, "TracingEnabled"), True),
    ("nobody needs a key or a plan", none("AWS::ApiGateway::UsagePlan"), []),
    (
        "CloudFront signs every read of the bucket",
        every(OAC, "OriginAccessControlConfig.SigningBehavior"),
        "always",
    ),
    (
        "this distribution alone may read the bucket, and nobody may list it",
        allowed("AWS::S3::BucketPolicy", part="site"),
        [
            {
                "Action": "s3:GetObject",
                "Principal": {"Service": "cloudfront.amazonaws.com"},
                "Resource": "<site AWS::S3::Bucket Arn>/*",
                "Condition": {
                    "StringEquals": {
                        "AWS:SourceArn": f"arn:aws:cloudfront::123456789012:distribution/<site {CDN}>"
                    }
                },
            }
        ],
    ),
    ("nobody but the functions reads the raw zone", allowed("AWS::S3::BucketPolicy", part="data"), []),
    ("no record of readers is kept", every(CDN, "DistributionConfig.Logging"), None),
    (
        "the page stands in nobody's frame",
        lambda t: headers(t)["SecurityHeadersConfig"]["FrameOptions"],
        {"FrameOption": "DENY", "Override": True},
    ),
    (
        "the page sends no referrer",
        lambda t: headers(t)["SecurityHeadersConfig"]["ReferrerPolicy"],
        {"ReferrerPolicy": "no-referrer", "Override": True},
    ),
]

WATCH: list[Row] = [
    (
        "these and no other things call a person",
        every_alarm,
        {
            "sessions-behind": "SessionsBehind Stage=prod: Maximum of 3600 s >= 1, 3 of 3, silence breaching",
            "ingest-errors": f"Errors {INGEST}: Sum{TWO_RUNS}",
            "failure-queue": f"ApproximateNumberOfMessagesVisible {FAILED}: Maximum of 300 s >= 1{ONCE}",
            "record-shrank": f"TwinsKept Stage=prod: Maximum of 3600 s >= 1{ONCE}",
            "edge-failed": "EdgeFailed Stage=prod: Maximum of 3600 s >= 1, 3 of 3, silence breaching",
            "api-5xx": f"5XXError ApiName=movers-prod-api: Sum{LASTING}",
            "api-latency": "Latency ApiName=movers-prod-api: p99 of 300 s >= 3000, 3 of 12, silence notBreaching",
            "api-throttles": f"Throttles {API}: Sum{LASTING}",
            "ingest-throttles": f"Throttles {INGEST}: Sum{TWO_RUNS}",
            "table-read-throttles": f"ReadThrottleEvents {SESSIONS}: Sum{LASTING}",
            "table-write-throttles": f"WriteThrottleEvents {SESSIONS}: Sum{TWO_RUNS}",
            "twin-miss": f"TwinMiss Stage=prod: Sum of 3600 s >= 3{ONCE}",
            "cdn-5xx": f"5xxErrorRate DistributionId=<site {CDN}> Region=Global: {FAILING}",
            "cdn-4xx": f"4xxErrorRate DistributionId=<site {CDN}> Region=Global: {LOST}",
        },
    ),
    ("every alarm is told", every(ALARM, "AlarmActions"), [TOPIC]),
    ("the end of every alarm is told", every(ALARM, "OKActions"), [TOPIC]),
    ("without an address nobody is written to", none("AWS::SNS::Subscription"), []),
    ("a new session is no notice unless asked for", none("AWS::Events::Rule"), []),
    (
        "alarms and budget of this account may publish",
        allowed("AWS::SNS::TopicPolicy", part="operations"),
        [
            {
                "Action": "sns:Publish",
                "Principal": {"Service": BUDGET_AND_ALARMS},
                "Resource": TOPIC,
                "Condition": IN_THIS_ACCOUNT,
            }
        ],
    ),
    (
        "notices travel over TLS",
        denied("AWS::SNS::TopicPolicy"),
        {"operations": [("*", "sns:Publish", OVER_HTTP)]},
    ),
    (
        "the budget is the whole account's, in dollars a month",
        every(BUDGET, "Budget"),
        {
            "BudgetLimit": {"Amount": 5, "Unit": "USD"},
            "BudgetName": "movers-prod",
            "BudgetType": "COST",
            "TimeUnit": "MONTHLY",
        },
    ),
    (
        "the budget tells at half, at four fifths, and when it will not last",
        budget_notices,
        [("ACTUAL", 50, [TOPIC]), ("ACTUAL", 80, [TOPIC]), ("FORECASTED", 100, [TOPIC])],
    ),
    (
        "every question of the runbook is saved with the logs that answer it",
        questions,
        {
            "What failed lately": [RUN_LOGS, API_LOGS],
            "What the last runs did": [RUN_LOGS],
            "Which sessions were corrected": [RUN_LOGS],
            "Which runs waited for the rate limit": [RUN_LOGS],
            "How many upstream calls a day": [RUN_LOGS],
            "Slow or failed API requests": [API_LOGS],
            "Which twins were missed": [API_LOGS],
        },
    ),
    (
        "the dashboard shows freshness, runs, readers, table and cost",
        drawn,
        RUN_METRICS
        | {
            "Movers TwinMiss",
            "AWS/Lambda Errors",
            "AWS/Lambda Duration",
            "AWS/SQS ApproximateNumberOfMessagesVisible",
        }
        | {f"AWS/ApiGateway {name}" for name in ("Count", "4XXError", "5XXError", "Latency")}
        | {
            f"AWS/CloudFront {name}"
            for name in ("Requests", "BytesDownloaded", "4xxErrorRate", "5xxErrorRate")
        }
        | {f"AWS/DynamoDB Consumed{kind}CapacityUnits" for kind in ("Read", "Write")}
        | {f"AWS/DynamoDB {kind}ThrottleEvents" for kind in ("Read", "Write")}
        | {"AWS/Billing EstimatedCharges"},
    ),
]

# A deployment in Frankfurt with a domain of its own, an address, and a notice of every session.
ELSEWHERE: list[Row] = [
    (
        "an own domain has today's TLS",
        every(CDN, "DistributionConfig.ViewerCertificate.MinimumProtocolVersion"),
        "TLSv1.2_2021",
    ),
    (
        "the names below the domain are asked for over HTTPS only where a setting says so",
        lambda t: headers(t)["SecurityHeadersConfig"]["StrictTransportSecurity"]["IncludeSubdomains"],
        True,
    ),
    (
        "the CDN's alarms stand where its measurements are",
        alarm_names(part="cdn-alarms"),
        {"cdn-4xx", "cdn-5xx", "certificate-ends"},
    ),
    (
        "the CDN's alarms are the same alarms, on the distribution that is handed over",
        alarm("cdn-5xx", part="cdn-alarms"),
        f"5xxErrorRate DistributionId=<cdn-alarms parameter DistributionId> Region=Global: {FAILING}",
    ),
    (
        "a certificate that ends within a month, or is told of no more",
        alarm("certificate-ends", part="cdn-alarms"),
        f"DaysToExpiry CertificateArn={CERTIFICATE}: Minimum of 86400 s <= 30, 1 of 1, silence breaching",
    ),
    (
        "a key that ends within two weeks",
        alarm("key-ends"),
        f"KeyDaysLeft Stage=test: Minimum of 3600 s <= 14{ONCE}",
    ),
    (
        "a notice of a new session that did not arrive",
        alarm("notices-failed"),
        f"FailedInvocations RuleName=<operations AWS::Events::Rule>: Sum of 3600 s >= 1{ONCE}",
    ),
    (
        "the CDN's alarms are told through a topic of its region",
        every(ALARM, "AlarmActions", part="cdn-alarms"),
        [CDN_TOPIC],
    ),
    (
        "new sessions may publish too, without a condition, which EventBridge could not meet",
        lambda t: allowed("AWS::SNS::TopicPolicy", part="operations")(t)[1:],  # type: ignore[index]
        [{"Action": "sns:Publish", "Principal": {"Service": "events.amazonaws.com"}, "Resource": TOPIC}],
    ),
    (
        "that topic takes notices of this account's alarms alone",
        allowed("AWS::SNS::TopicPolicy", part="cdn-alarms"),
        [
            {
                "Action": "sns:Publish",
                "Principal": {"Service": "cloudwatch.amazonaws.com"},
                "Resource": CDN_TOPIC,
                "Condition": IN_THIS_ACCOUNT,
            }
        ],
    ),
    ("the address hears of both topics", every("AWS::SNS::Subscription", "Endpoint"), "me@example.org"),
    ("the address hears by e-mail", every("AWS::SNS::Subscription", "Protocol"), "email"),
    ("the address is on the topic", every("AWS::SNS::Subscription", "TopicArn", part="operations"), TOPIC),
    (
        "the address is on the CDN's topic",
        every("AWS::SNS::Subscription", "TopicArn", part="cdn-alarms"),
        CDN_TOPIC,
    ),
    (
        "a good run is told to the account's event bus",
        every(INVOKE, "DestinationConfig.OnSuccess.Destination"),
        "arn:aws:events:eu-central-1:123456789012:event-bus/default",
    ),
    (
        "a run of this function that stored a session is a notice",
        every("AWS::Events::Rule", "EventPattern"),
        {
            "source": ["lambda"],
            "detail-type": ["Lambda Function Invocation Result - Success"],
            "resources": ["<daily AWS::Lambda::Function Arn>:$LATEST"],
            "detail": {"responsePayload": {"Stored": [{"prefix": "20"}]}},
        },
    ),
    (
        "the notice goes to the topic in plain words",
        every("AWS::Events::Rule", "Targets"),
        [
            {
                "Id": "Notices",
                "Arn": TOPIC,
                "InputTransformer": {
                    "InputPathsMap": {"sessions": "$.detail.responsePayload.Stored"},
                    "InputTemplate": '"movers test: a run stored the sessions <sessions>."',
                },
            }
        ],
    ),
    (
        "limits are the settings'",
        limits,
        {
            "reads": {(50, 100)},
            "unknown paths": {(10, 20)},
            "everything else": {(50, 100)},
        },
    ),
    ("the site's address is the domain", output("services", "SiteUrl"), "https://movers.example.org"),
    ("the CDN's topic has a name too", output("cdn-alarms", "AlarmTopicArn"), CDN_TOPIC),
    ("everything says its stage", untagged(TAGLESS, project="movers", stage="test"), set()),
]


@pytest.mark.parametrize(
    ("look", "expected"),
    [
        pytest.param(look, expected, id=words)
        for words, look, expected in [*DATA, *CODE, *RUNS, *READERS, *WATCH]
    ],
)
def test_promise(templates: Templates, look: Look, expected: object) -> None:
    assert look(templates) == expected


@pytest.mark.parametrize(
    ("look", "expected"), [pytest.param(look, expected, id=words) for words, look, expected in ELSEWHERE]
)
def test_promise_elsewhere(domain_templates: Templates, look: Look, expected: object) -> None:
    assert look(domain_templates) == expected
