"""The hourly run: its schedule, its function, and the queue of failed runs."""

from aws_cdk import Aws, Duration, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from api import names
from infra.data import DataStack
from infra.functions import deny_destruction, python_function
from infra.settings import Deployment
from infra.site import Site

# Hourly, every day: the calendar decides whether there is anything to do.
SCHEDULE = "cron(10 * * * ? *)"
HOUR_SECONDS = 3600

# A watchlist may be too long for Lambda's environment variables, which are limited to 4 KB in total.
WATCHLIST_FILE = "watchlist.json"


class Daily(Construct):
    """The ingest function and its schedule; every failed run ends up in one queue."""

    def __init__(self, scope: Construct, *, deployment: Deployment, data: DataStack, site: Site) -> None:
        super().__init__(scope, "Daily")
        self.failures = sqs.Queue(
            self,
            "Failures",
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=Duration.days(14),
        )
        self.function = python_function(
            self,
            "Function",
            bundle="ingest",
            handler="ingest.daily.handler.handler",
            memory_mb=512,
            timeout=Duration.minutes(15),
            environment=environment(deployment, data, site),
            files={WATCHLIST_FILE: deployment.watchlist.dump()},
        )
        stack = Stack.of(self)
        self.key_parameter_arn = stack.format_arn(
            service="ssm", resource="parameter", resource_name=deployment.key_parameter.removeprefix("/")
        )
        self.news = default_bus(stack) if deployment.notices == "all" else None
        never_retry(self, self.function, failures=self.failures, news=self.news)
        run_hourly(self, self.function, failures=self.failures)


def environment(deployment: Deployment, data: DataStack, site: Site) -> dict[str, str]:
    """The function's environment variables. The API key isn't among them: it stays in the parameter store."""
    ends = {names.KEY_EXPIRES: str(deployment.key_expires)} if deployment.key_expires else {}
    return ends | {
        names.STAGE: deployment.stage,
        names.TABLE_NAME: data.table.table_name,
        names.RAW_BUCKET: data.raw_bucket.bucket_name,
        names.SITE_BUCKET: site.bucket.bucket_name,
        names.DISTRIBUTION_ID: site.distribution.distribution_id,
        names.SITE_URL: site.url,
        names.KEY_PARAMETER: deployment.key_parameter,
        names.WATCHLIST_FILE: WATCHLIST_FILE,
        names.MARKET: deployment.market.name,
        names.PROVIDER: deployment.provider.name,
        **{name: str(getattr(deployment, name.lower())) for name in names.SETTINGS},
    }


def default_bus(stack: Stack) -> str:
    """The ARN of the account's default event bus, which gets the results of runs if `notices` is `all`."""
    return stack.format_arn(service="events", resource="event-bus", resource_name="default")


def never_retry(
    scope: Construct, function: lambda_.Function, *, failures: sqs.Queue, news: str | None
) -> None:
    """No retries but the next hourly run: a failed run goes to the queue at once, one that can't start in an hour."""
    succeeded = {"onSuccess": {"destination": news}} if news else {}
    lambda_.CfnEventInvokeConfig(
        scope,
        "NoRetries",
        function_name=function.function_name,
        qualifier="$LATEST",
        maximum_retry_attempts=0,
        maximum_event_age_in_seconds=HOUR_SECONDS,
        destination_config={"onFailure": {"destination": failures.queue_arn}, **succeeded},
    )


def run_hourly(scope: Construct, function: lambda_.Function, *, failures: sqs.Queue) -> None:
    """The schedule, with a role that can invoke the function and queue runs it couldn't start."""
    # EventBridge Scheduler's source ARN is the schedule's group, not the schedule; ours is in the default group.
    group = Stack.of(scope).format_arn(
        service="scheduler", resource="schedule-group", resource_name="default"
    )
    own_schedules = iam.ServicePrincipal("scheduler.amazonaws.com").with_conditions(
        {"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID, "aws:SourceArn": group}}
    )
    role = iam.Role(scope, "ScheduleRole", assumed_by=own_schedules)
    role.add_to_policy(
        iam.PolicyStatement(actions=["lambda:InvokeFunction"], resources=[function.function_arn])
    )
    role.add_to_policy(iam.PolicyStatement(actions=["sqs:SendMessage"], resources=[failures.queue_arn]))
    deny_destruction(role)
    schedule = scheduler.CfnSchedule(
        scope,
        "Schedule",
        schedule_expression=SCHEDULE,
        flexible_time_window={"mode": "OFF"},
        target={
            "arn": function.function_arn,
            "roleArn": role.role_arn,
            "input": "{}",
            "deadLetterConfig": {"arn": failures.queue_arn},
            "retryPolicy": {"maximumRetryAttempts": 0, "maximumEventAgeInSeconds": HOUR_SECONDS},
        },
    )
    schedule.node.add_dependency(role)
