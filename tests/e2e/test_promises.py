"""What the design promises of the deployed resources, as the running cloud describes them.

A row is the promise in words, the question, and the answer. The emulator forgets some properties without a word
(point-in-time recovery, lifecycles, statements about TLS among them); `tests/infra/test_promises.py` holds those, and
all others once more, in the templates.
"""

import json
from collections.abc import Callable
from typing import Any

import pytest

from scripts.cloud.up import LocalCloud
from tests.conftest import schedule_of

Ask = Callable[[LocalCloud], object]
Row = tuple[str, Ask, object]

BUCKETS = ("raw_bucket_name", "site_bucket_name")
FUNCTIONS = ("api_function_name", "ingest_function_name")
SPANS = "3 of 12"


def table(field: str) -> Ask:
    return lambda cloud: cloud.client("dynamodb").describe_table(TableName=cloud.outputs.table_name)["Table"][
        field
    ]


def buckets(call: str, read: Callable[[Any], object]) -> Ask:
    """The same answer from both buckets, or the two different ones."""

    def ask(cloud: LocalCloud) -> object:
        client = cloud.client("s3")
        answers = [read(getattr(client, call)(Bucket=getattr(cloud.outputs, name))) for name in BUCKETS]
        return answers[0] if answers[0] == answers[1] else answers

    return ask


def functions(read: Callable[[Any], object]) -> Ask:
    """What is read of the api function's configuration, and of the ingest function's."""
    return lambda cloud: [
        read(cloud.client("lambda").get_function_configuration(FunctionName=getattr(cloud.outputs, name)))
        for name in FUNCTIONS
    ]


def concurrency(cloud: LocalCloud) -> object:
    return [
        cloud.client("lambda")
        .get_function_concurrency(FunctionName=getattr(cloud.outputs, name))
        .get("ReservedConcurrentExecutions")
        for name in FUNCTIONS
    ]


def readers_of_the_site(cloud: LocalCloud) -> object:
    policy = cloud.client("s3").get_bucket_policy(Bucket=cloud.outputs.site_bucket_name)["Policy"]
    return [
        (
            each["Action"],
            each["Principal"]["Service"],
            this(cloud, each["Condition"]["StringEquals"]["AWS:SourceArn"]),
        )
        for each in json.loads(policy)["Statement"]
        if each["Effect"] == "Allow"
    ]


def this(cloud: LocalCloud, arn: str) -> bool:
    return arn.endswith(f":distribution/{cloud.outputs.distribution_id}")


def retries(cloud: LocalCloud) -> object:
    config = cloud.client("lambda").get_function_event_invoke_config(
        FunctionName=cloud.outputs.ingest_function_name, Qualifier="$LATEST"
    )
    failed = config["DestinationConfig"]["OnFailure"]["Destination"]
    return (
        config["MaximumRetryAttempts"],
        config["MaximumEventAgeInSeconds"],
        failed == failure_queue(cloud)["QueueArn"],
    )


def undelivered(cloud: LocalCloud) -> object:
    target = schedule_of(cloud)["Target"]
    arn = target["DeadLetterConfig"]["Arn"]
    return target["RetryPolicy"]["MaximumRetryAttempts"], arn == failure_queue(cloud)["QueueArn"]


def failure_queue(cloud: LocalCloud) -> dict[str, str]:
    asked = cloud.client("sqs").get_queue_attributes(
        QueueUrl=cloud.outputs.failure_queue_url, AttributeNames=["All"]
    )
    attributes: dict[str, str] = asked["Attributes"]
    return attributes


def log_groups(cloud: LocalCloud) -> object:
    """How many days the functions' own log groups keep what they are told."""
    kept = {
        group["logGroupName"]: group.get("retentionInDays")
        for group in cloud.client("logs").describe_log_groups()["logGroups"]
    }
    names = functions(lambda it: it["LoggingConfig"]["LogGroup"])(cloud)
    assert isinstance(names, list)
    return [kept[name] for name in names]


def stage(cloud: LocalCloud) -> dict[str, Any]:
    identity = cloud.outputs.api_url.partition("//")[2].partition(".")[0]
    found: dict[str, Any] = cloud.client("apigateway").get_stage(restApiId=identity, stageName="v1")
    return found


def limit(key: str) -> Ask:
    def ask(cloud: LocalCloud) -> object:
        found = stage(cloud)["methodSettings"][key]
        return found["throttlingRateLimit"], found["throttlingBurstLimit"]

    return ask


def cdn(cloud: LocalCloud) -> dict[str, Any]:
    answer = cloud.client("cloudfront").get_distribution_config(Id=cloud.outputs.distribution_id)
    config: dict[str, Any] = answer["DistributionConfig"]
    return config


def protocols(cloud: LocalCloud) -> object:
    config = cdn(cloud)
    every = [config["DefaultCacheBehavior"], *config["CacheBehaviors"]["Items"]]
    return {behaviour["ViewerProtocolPolicy"] for behaviour in every}


def signing(cloud: LocalCloud) -> object:
    """How CloudFront signs what it reads from each origin in S3."""
    client = cloud.client("cloudfront")
    origins = [each for each in cdn(cloud)["Origins"]["Items"] if "S3OriginConfig" in each]
    controls = [
        client.get_origin_access_control_config(Id=each["OriginAccessControlId"])["OriginAccessControlConfig"]
        for each in origins
    ]
    return {(each["SigningBehavior"], each["SigningProtocol"]) for each in controls}


def page_security(cloud: LocalCloud) -> object:
    identity = cdn(cloud)["DefaultCacheBehavior"]["ResponseHeadersPolicyId"]
    policy = cloud.client("cloudfront").get_response_headers_policy(Id=identity)["ResponseHeadersPolicy"]
    return set(policy["ResponseHeadersPolicyConfig"]["SecurityHeadersConfig"])


def alarms(cloud: LocalCloud) -> dict[str, dict[str, Any]]:
    found = cloud.client("cloudwatch").describe_alarms()["MetricAlarms"]
    return {alarm["AlarmName"].removeprefix("movers-local-"): alarm for alarm in found}


def thresholds(cloud: LocalCloud) -> object:
    return {
        name: (
            f"{it['MetricName']} {it.get('ExtendedStatistic') or it['Statistic']} >= {it['Threshold']:g}",
            f"{it['DatapointsToAlarm']} of {it['EvaluationPeriods']} x {it['Period']} s",
            it["TreatMissingData"],
        )
        for name, it in alarms(cloud).items()
    }


def told(cloud: LocalCloud) -> object:
    """Whom the alarms and their ends are told."""
    actions = {tuple(it[kind]) for it in alarms(cloud).values() for kind in ("AlarmActions", "OKActions")}
    return actions == {(cloud.outputs.alarm_topic_arn,)}


def publishers(cloud: LocalCloud) -> object:
    answer = cloud.client("sns").get_topic_attributes(TopicArn=cloud.outputs.alarm_topic_arn)
    (statement,) = json.loads(answer["Attributes"]["Policy"])["Statement"]
    account = statement["Condition"]["StringEquals"]["aws:SourceAccount"]
    return statement["Principal"]["Service"], f":{account}:" in cloud.outputs.alarm_topic_arn


def graphs(cloud: LocalCloud) -> object:
    answer = cloud.client("cloudwatch").get_dashboard(DashboardName=cloud.outputs.dashboard_name)
    titles = [widget["properties"]["title"] for widget in json.loads(answer["DashboardBody"])["widgets"]]
    return {title.partition(":")[0] for title in titles}


def tags(cloud: LocalCloud) -> object:
    carried = cloud.client("sns").list_tags_for_resource(ResourceArn=cloud.outputs.alarm_topic_arn)["Tags"]
    return {tag["Key"]: tag["Value"] for tag in carried if ":" not in tag["Key"]}


PROMISES: list[Row] = [
    ("the table cannot be deleted", table("DeletionProtectionEnabled"), True),
    (
        "the table is paid per request",
        table("BillingModeSummary"),
        {"BillingMode": "PAY_PER_REQUEST"},
    ),
    (
        "buckets are closed to the public",
        buckets("get_public_access_block", lambda it: set(it["PublicAccessBlockConfiguration"].values())),
        {True},
    ),
    (
        "buckets are encrypted, and an ETag is still the MD5",
        buckets(
            "get_bucket_encryption",
            lambda it: [
                rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"]
                for rule in it["ServerSideEncryptionConfiguration"]["Rules"]
            ],
        ),
        ["AES256"],
    ),
    (
        "buckets know no access lists",
        buckets("get_bucket_ownership_controls", lambda it: it["OwnershipControls"]["Rules"]),
        [{"ObjectOwnership": "BucketOwnerEnforced"}],
    ),
    (
        "the raw zone has versions, the site none",
        buckets("get_bucket_versioning", lambda it: it.get("Status")),
        ["Enabled", None],
    ),
    (
        "this distribution alone reads the site",
        readers_of_the_site,
        [("s3:GetObject", "cloudfront.amazonaws.com", True)],
    ),
    (
        "functions run Python 3.13 on arm64",
        functions(lambda it: (it["Runtime"], it["Architectures"])),
        [("python3.13", ["arm64"])] * 2,
    ),
    ("functions are traced", functions(lambda it: it["TracingConfig"]["Mode"]), ["Active"] * 2),
    ("functions have ten seconds and a quarter of an hour", functions(lambda it: it["Timeout"]), [10, 900]),
    ("no function takes concurrency from the account", concurrency, [None, None]),
    ("logs are kept for three months", log_groups, [90, 90]),
    ("a failed run is not tried again and ends in the queue", retries, (0, 3600, True)),
    ("what the schedule cannot start ends in the queue", undelivered, (0, True)),
    ("failures are kept two weeks", lambda c: failure_queue(c)["MessageRetentionPeriod"], "1209600"),
    ("failures are encrypted", lambda c: failure_queue(c)["SqsManagedSseEnabled"], "true"),
    ("reads have the whole limit", limit("/~1movers~1{date}/GET"), (10, 20)),
    ("twins have a whole one of their own", limit("/~1movers.json/GET"), (10, 20)),
    ("unknown paths have a fifth of it", limit("/~1{proxy+}/GET"), (2, 4)),
    ("everything else has the stage's", limit("*/*"), (10, 20)),
    ("API requests are traced", lambda c: stage(c)["tracingEnabled"], True),
    ("every page and resource comes over HTTPS", protocols, {"redirect-to-https"}),
    ("CloudFront signs every read of the bucket", signing, {("always", "sigv4")}),
    (
        "pages come with the strict headers",
        page_security,
        {
            "ContentSecurityPolicy",
            "ContentTypeOptions",
            "FrameOptions",
            "ReferrerPolicy",
            "StrictTransportSecurity",
        },
    ),
    (
        "alarms are raised when they should be",
        thresholds,
        {
            "sessions-behind": ("SessionsBehind Maximum >= 1", "3 of 3 x 3600 s", "breaching"),
            "ingest-errors": ("Errors Sum >= 1", "2 of 2 x 3600 s", "notBreaching"),
            "failure-queue": (
                "ApproximateNumberOfMessagesVisible Maximum >= 1",
                "1 of 1 x 300 s",
                "notBreaching",
            ),
            "api-5xx": ("5XXError Sum >= 1", f"{SPANS} x 300 s", "notBreaching"),
            "api-latency": ("Latency p99 >= 3000", f"{SPANS} x 300 s", "notBreaching"),
            "api-throttles": ("Throttles Sum >= 1", f"{SPANS} x 300 s", "notBreaching"),
            "ingest-throttles": ("Throttles Sum >= 1", "2 of 2 x 3600 s", "notBreaching"),
            "table-read-throttles": ("ReadThrottleEvents Sum >= 1", f"{SPANS} x 300 s", "notBreaching"),
            "table-write-throttles": ("WriteThrottleEvents Sum >= 1", "2 of 2 x 3600 s", "notBreaching"),
            "twin-miss": ("TwinMiss Sum >= 3", "1 of 1 x 3600 s", "notBreaching"),
            "cdn-5xx": ("5xxErrorRate Average >= 5", f"{SPANS} x 300 s", "notBreaching"),
            "cdn-4xx": ("4xxErrorRate Average >= 50", "9 of 12 x 300 s", "notBreaching"),
            "edge-failed": ("EdgeFailed Maximum >= 1", "3 of 3 x 3600 s", "breaching"),
            "record-shrank": ("TwinsKept Maximum >= 1", "1 of 1 x 3600 s", "notBreaching"),
        },
    ),
    ("every alarm and its end are told to the topic", told, True),
    (
        "this account's alarms and budget may publish",
        publishers,
        (["budgets.amazonaws.com", "cloudwatch.amazonaws.com"], True),
    ),
    (
        "the dashboard shows freshness, runs, readers, table and cost",
        graphs,
        {"Freshness", "Runs", "Upstream calls", "Twins published and kept", "API", "CDN", "Table", "Cost"},
    ),
    ("the topic says whose it is", tags, {"project": "movers", "stage": "local"}),
]


@pytest.mark.parametrize(
    ("ask", "answer"), [pytest.param(ask, answer, id=words) for words, ask, answer in PROMISES]
)
def test_promise(cloud: LocalCloud, ask: Ask, answer: object) -> None:
    assert ask(cloud) == answer
