"""The measurements that alarms and dashboard share, each a sum over five minutes unless it says otherwise."""

from aws_cdk import Duration
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs

from api import names
from infra.settings import Deployment

SPAN = Duration.minutes(5)
HOUR = Duration.hours(1)
DAY = Duration.days(1)


def own(deployment: Deployment, name: str, statistic: str = "Sum") -> cloudwatch.Metric:
    """One of the functions' own counts, by the hour, as they write them into their logs."""
    return cloudwatch.Metric(
        namespace=names.NAMESPACE,
        metric_name=name,
        dimensions_map={names.STAGE_DIMENSION: deployment.stage},
        statistic=statistic,
        period=HOUR,
    )


def measured(
    of: apigateway.RestApi | dynamodb.Table | lambda_.Function,
    name: str,
    statistic: str = "Sum",
    period: Duration = SPAN,
) -> cloudwatch.Metric:
    """What AWS measures of a resource."""
    return of.metric(name, statistic=statistic, period=period)


def waiting(queue: sqs.Queue) -> cloudwatch.Metric:
    """How many messages lie in a queue."""
    return queue.metric_approximate_number_of_messages_visible(statistic="Maximum", period=SPAN)


def undelivered(rule_name: str) -> cloudwatch.Metric:
    """How many events of a rule of the default bus never reached their target. There is no value where none failed."""
    return cloudwatch.Metric(
        namespace="AWS/Events",
        metric_name="FailedInvocations",
        dimensions_map={"RuleName": rule_name},
        statistic="Sum",
        period=HOUR,
    )


def certificate_days(arn: str) -> cloudwatch.Metric:
    """How many days a certificate has left, told twice a day in its own region, until it ends."""
    return cloudwatch.Metric(
        namespace="AWS/CertificateManager",
        metric_name="DaysToExpiry",
        dimensions_map={"CertificateArn": arn},
        statistic="Minimum",
        period=DAY,
    )


def cdn(distribution_id: str, name: str, statistic: str, region: str | None = None) -> cloudwatch.Metric:
    """CloudFront measures in us-east-1 alone, whatever the region of the stack; a graph elsewhere names it."""
    return cloudwatch.Metric(
        namespace="AWS/CloudFront",
        metric_name=name,
        dimensions_map={"DistributionId": distribution_id, "Region": "Global"},
        statistic=statistic,
        period=SPAN,
        region=region,
    )
