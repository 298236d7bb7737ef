import json

import pytest

from infra.ingest_stack import joined
from tests.infra.templates import Templates

pytestmark = pytest.mark.xdist_group("synth")

QUEUE = "<ingest AWS::SQS::Queue Arn>"


def test_the_run_comes_hourly_whatever_the_zone_or_the_weekday(templates: Templates) -> None:
    schedule = templates.one("ingest", "AWS::Scheduler::Schedule")

    assert schedule["ScheduleExpression"] == "cron(10 * * * ? *)"
    assert "ScheduleExpressionTimezone" not in schedule
    assert schedule["FlexibleTimeWindow"] == {"Mode": "OFF"}
    assert schedule.get("State", "ENABLED") == "ENABLED"


def test_the_schedule_runs_the_ingest_function_with_an_empty_event(templates: Templates) -> None:
    target = templates.one("ingest", "AWS::Scheduler::Schedule")["Target"]

    assert templates.render("ingest", target["Arn"]) == "<ingest AWS::Lambda::Function Arn>"
    assert json.loads(target["Input"]) == {}


def test_the_next_hour_is_the_retry(templates: Templates) -> None:
    invoke = templates.one("ingest", "AWS::Lambda::EventInvokeConfig")
    delivery = templates.one("ingest", "AWS::Scheduler::Schedule")["Target"]["RetryPolicy"]

    assert templates.render("ingest", invoke["FunctionName"]) == "<ingest AWS::Lambda::Function>"
    assert invoke["Qualifier"] == "$LATEST"
    assert invoke["MaximumRetryAttempts"] == 0
    assert delivery["MaximumRetryAttempts"] == 0
    assert invoke["MaximumEventAgeInSeconds"] <= 3600


def test_failed_runs_and_undelivered_schedules_end_in_one_queue(templates: Templates) -> None:
    invoke = templates.one("ingest", "AWS::Lambda::EventInvokeConfig")
    target = templates.one("ingest", "AWS::Scheduler::Schedule")["Target"]

    assert templates.render("ingest", invoke["DestinationConfig"]["OnFailure"]["Destination"]) == QUEUE
    assert templates.render("ingest", target["DeadLetterConfig"]["Arn"]) == QUEUE


def test_failures_stay_two_weeks_encrypted_and_move_over_tls_only(templates: Templates) -> None:
    queue = templates.one("ingest", "AWS::SQS::Queue")
    (denied,) = templates.one("ingest", "AWS::SQS::QueuePolicy")["PolicyDocument"]["Statement"]

    assert queue["MessageRetentionPeriod"] == 14 * 24 * 3600
    assert queue["SqsManagedSseEnabled"] is True
    assert (denied["Effect"], denied["Action"]) == ("Deny", "sqs:*")
    assert denied["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_the_schedules_role_serves_this_account_alone(templates: Templates) -> None:
    (trust,) = [
        resource["Properties"]["AssumeRolePolicyDocument"]["Statement"]
        for _, resource in templates.every("AWS::IAM::Role")
        if "scheduler" in json.dumps(resource)
    ]

    assert [statement["Principal"] for statement in trust] == [{"Service": "scheduler.amazonaws.com"}]
    assert trust[0]["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}


def test_the_function_has_a_quarter_of_an_hour_and_takes_nothing_from_the_account(
    templates: Templates,
) -> None:
    function = templates.one("ingest", "AWS::Lambda::Function")

    assert function["Timeout"] == 900
    assert "ReservedConcurrentExecutions" not in function


def test_the_function_knows_its_deployment_and_no_secret(templates: Templates) -> None:
    environment = templates.one("ingest", "AWS::Lambda::Function")["Environment"]["Variables"]

    assert {name: templates.render("ingest", value) for name, value in environment.items()} == {
        "STAGE": "prod",
        "TABLE_NAME": "<data AWS::DynamoDB::Table>",
        "RAW_BUCKET": "<data AWS::S3::Bucket>",
        "SITE_BUCKET": "<site AWS::S3::Bucket>",
        "DISTRIBUTION_ID": "<site AWS::CloudFront::Distribution>",
        "SITE_URL": "https://<site AWS::CloudFront::Distribution DomainName>",
        "KEY_PARAMETER": "/movers/prod/massive-api-key",
        "WATCHLIST": "AAPL,MSFT,GOOGL,AMZN,TSLA,NVDA",
        "PROVIDER": "massive",
        "READY": "T+1 00:05",
        "WINDOW": "7",
        "CALLS_PER_MINUTE": "5",
        "HISTORY_DAYS": "730",
    }


def test_another_deployment_has_its_own_values(domain_templates: Templates) -> None:
    environment = domain_templates.one("ingest", "AWS::Lambda::Function")["Environment"]["Variables"]

    assert environment["STAGE"] == "test"
    assert environment["SITE_URL"] == "https://movers.example.org"
    assert environment["KEY_PARAMETER"] == "/movers/test/massive-api-key"
    assert environment["WATCHLIST"] == "BRK.A,IBM"


def test_a_watchlist_that_lambda_would_refuse_is_refused_before() -> None:
    with pytest.raises(ValueError, match="watchlist takes 5999 characters"):
        joined(["ABCDE"] * 1000)


def test_the_ingest_stack_tells_its_names(templates: Templates) -> None:
    assert templates.output("ingest", "IngestFunctionName") == "<ingest AWS::Lambda::Function>"
    assert templates.output("ingest", "FailureQueueUrl") == "<ingest AWS::SQS::Queue>"
    assert templates.output("ingest", "KeyParameterName") == "/movers/prod/massive-api-key"
