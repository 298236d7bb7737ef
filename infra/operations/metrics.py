"""The metrics that alarms and dashboard share."""

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
    """An hourly metric that the functions write to their logs."""
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
    """A metric that AWS measures for a resource."""
    return of.metric(name, statistic=statistic, period=period)


def waiting(queue: sqs.Queue) -> cloudwatch.Metric:
    """The number of messages in a queue."""
    return queue.metric_approximate_number_of_messages_visible(statistic="Maximum", period=SPAN)


def undelivered(rule_name: str) -> cloudwatch.Metric:
    """How many events of a rule on the default bus never reached their target. Without failures there is no data."""
    return cloudwatch.Metric(
        namespace="AWS/Events",
        metric_name="FailedInvocations",
        dimensions_map={"RuleName": rule_name},
        statistic="Sum",
        period=HOUR,
    )


def certificate_days(arn: str) -> cloudwatch.Metric:
    """The days until a certificate expires, reported twice a day in its own region, and not any more afterwards."""
    return cloudwatch.Metric(
        namespace="AWS/CertificateManager",
        metric_name="DaysToExpiry",
        dimensions_map={"CertificateArn": arn},
        statistic="Minimum",
        period=DAY,
    )


def cdn(distribution_id: str, name: str, statistic: str, region: str | None = None) -> cloudwatch.Metric:
    """A CloudFront metric. They exist only in us-east-1, so a graph in another region's stack must name the region."""
    return cloudwatch.Metric(
        namespace="AWS/CloudFront",
        metric_name=name,
        dimensions_map={"DistributionId": distribution_id, "Region": "Global"},
        statistic=statistic,
        period=SPAN,
        region=region,
    )
