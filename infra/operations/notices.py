"""Whom the alarms, the budget and new sessions are told to: one topic, and behind it one e-mail address."""

from collections.abc import Mapping, Sequence

from aws_cdk import Aws
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from infra.settings import Deployment


def notice_topic(scope: Construct, deployment: Deployment, publishers: Sequence[str]) -> sns.Topic:
    """The topic, which takes notices of this account from the services that have some for it, over TLS alone.

    The address has to confirm its subscription before anything reaches it.
    """
    topic = sns.Topic(scope, "Notices", enforce_ssl=True)
    let_publish(topic, publishers, conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}})
    if deployment.alert_email:
        topic.add_subscription(subscriptions.EmailSubscription(deployment.alert_email))
    return topic


def let_publish(
    topic: sns.Topic, services: Sequence[str], conditions: Mapping[str, object] | None = None
) -> None:
    """Let services of AWS publish to the topic."""
    topic.add_to_resource_policy(
        iam.PolicyStatement(
            actions=["sns:Publish"],
            principals=[iam.ServicePrincipal(f"{service}.amazonaws.com") for service in services],
            resources=[topic.topic_arn],
            conditions=conditions,
        )
    )


def tell(deployment: Deployment, alarm: cloudwatch.Alarm, topic: sns.Topic) -> None:
    """Tell of an alarm, and of its end, so that nobody gets up for what has passed by itself."""
    if deployment.notices != "none":
        alarm.add_alarm_action(actions.SnsAction(topic))
        alarm.add_ok_action(actions.SnsAction(topic))


def tell_of_sessions(
    scope: Construct, deployment: Deployment, function: lambda_.Function, topic: sns.Topic
) -> events.CfnRule:
    """Tell of each scheduled run that stored a session, in words; a run that found nothing new is no news."""
    # EventBridge says neither account nor rule when it publishes: under any condition it is refused. A stranger's rule
    # would have to know the topic's generated name.
    # https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html#eb-sns-permissions
    let_publish(topic, ["events"])
    stored = {"Stored": [{"prefix": "20"}]}  # matches if any of the dates does, and an empty list has none
    return events.CfnRule(
        scope,
        "SessionStored",
        description="A run stored a session",
        event_pattern={
            "source": ["lambda"],
            "detail-type": ["Lambda Function Invocation Result - Success"],
            "resources": [f"{function.function_arn}:$LATEST"],
            "detail": {"responsePayload": stored},
        },
        targets=[
            {
                "id": "Notices",
                "arn": topic.topic_arn,
                "inputTransformer": {
                    "inputPathsMap": {"sessions": "$.detail.responsePayload.Stored"},
                    "inputTemplate": f'"movers {deployment.stage}: a run stored the sessions <sessions>."',
                },
            }
        ],
    )
