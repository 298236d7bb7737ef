"""Who gets notices of alarms, the budget and new sessions: one topic with one e-mail address."""

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
    """A topic to which only these services may publish, only for this account, only over TLS.

    The e-mail address gets nothing before it has confirmed its subscription.
    """
    topic = sns.Topic(scope, "Notices", enforce_ssl=True)
    let_publish(topic, publishers, conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}})
    if deployment.alert_email:
        topic.add_subscription(subscriptions.EmailSubscription(deployment.alert_email))
    return topic


def let_publish(
    topic: sns.Topic, services: Sequence[str], conditions: Mapping[str, object] | None = None
) -> None:
    """Let AWS services publish to the topic."""
    topic.add_to_resource_policy(
        iam.PolicyStatement(
            actions=["sns:Publish"],
            principals=[iam.ServicePrincipal(f"{service}.amazonaws.com") for service in services],
            resources=[topic.topic_arn],
            conditions=conditions,
        )
    )


def tell(deployment: Deployment, alarm: cloudwatch.Alarm, topic: sns.Topic) -> None:
    """Notify of an alarm and of its end, so that nobody gets up for what is over, unless `notices` is `none`."""
    if deployment.notices != "none":
        alarm.add_alarm_action(actions.SnsAction(topic))
        alarm.add_ok_action(actions.SnsAction(topic))


def tell_of_sessions(
    scope: Construct, deployment: Deployment, function: lambda_.Function, topic: sns.Topic
) -> events.CfnRule:
    """Notify of each scheduled run that stored sessions."""
    # Without a condition, because EventBridge sends neither account nor rule when it publishes: any condition would
    # refuse it. A rule in another account would have to know the topic's generated name.
    # https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html#eb-sns-permissions
    let_publish(topic, ["events"])
    stored = {"Stored": [{"prefix": "20"}]}  # matches if any date does; an empty list never matches
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
