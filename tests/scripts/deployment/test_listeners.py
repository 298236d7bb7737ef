"""Who is told when an alarm rings."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from infra.settings import full_name
from scripts.deployment.account import Account
from scripts.deployment.listeners import HOW_TO, heard, hearing

ARN = "arn:aws:sns:us-east-1:123456789012:topic:1"


def subscription(address: str, arn: str = ARN) -> dict[str, str]:
    return {"Endpoint": address, "SubscriptionArn": arn}


@pytest.mark.parametrize(
    ("subscriptions", "words", "fine"),
    [
        ([], "go to nobody in eu-west-1: no address is subscribed", False),
        ([("me@a.org", "Deleted")], "go to nobody in eu-west-1: no address is subscribed", False),
        (
            [("me@a.org", "PendingConfirmation")],
            "go to nobody in eu-west-1: me@a.org has not confirmed",
            False,
        ),
        ([("me@a.org", ARN)], "go to me@a.org in eu-west-1", True),
        ([("me@a.org", "PendingConfirmation"), ("we@a.org", ARN)], "go to we@a.org in eu-west-1", True),
        ([("me@a.org", ARN), ("we@a.org", ARN)], "go to me@a.org, we@a.org in eu-west-1", True),
    ],
)
def test_an_address_hears_once_it_has_confirmed(
    subscriptions: list[tuple[str, str]], words: str, fine: bool
) -> None:
    found = heard("eu-west-1", [subscription(*each) for each in subscriptions])
    assert (found.words, found.fine) == (words, fine)


def deployed(region: str, part: str, alarm: str, *, told: bool = True, address: str = "") -> None:
    """A stack with a topic, an alarm of it, and perhaps an address."""
    template = {
        "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},
        "Outputs": {"AlarmTopicArn": {"Value": {"Ref": "Topic"}}},
    }
    client = Account(region).client
    client("cloudformation").create_stack(
        StackName=full_name("prod", part), TemplateBody=json.dumps(template)
    )
    topic = client("sns").list_topics()["Topics"][0]["TopicArn"]
    client("cloudwatch").put_metric_alarm(
        AlarmName=f"movers-prod-{alarm}",
        Namespace="Movers",
        MetricName="SessionsBehind",
        Statistic="Maximum",
        Period=3600,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        AlarmActions=[topic] if told else [],
    )
    if address:
        client("sns").subscribe(TopicArn=topic, Protocol="email", Endpoint=address)


@pytest.mark.parametrize(
    ("address", "words", "fine"),
    [
        ("", f"go to nobody in us-east-1: no address is subscribed ({HOW_TO})", False),
        ("me@example.org", "go to me@example.org in us-east-1", True),
    ],
)
def test_a_stage_is_heard_where_its_topic_has_an_address(
    moto: None, address: str, words: str, fine: bool
) -> None:
    deployed("us-east-1", "services", "sessions-behind", address=address)
    found = hearing(Account("us-east-1"), "prod")
    assert (found.words, found.fine) == (words, fine)


def test_elsewhere_the_cdns_topic_has_to_be_heard_as_well(moto: None) -> None:
    deployed("eu-west-1", "services", "sessions-behind", address="me@example.org")
    deployed("us-east-1", "cdn-alarms", "cdn-5xx")
    found = hearing(Account("eu-west-1"), "prod")
    assert found.words == (
        f"go to me@example.org in eu-west-1; go to nobody in us-east-1: no address is subscribed ({HOW_TO})"
    )
    assert not found.fine


def test_alarms_that_are_meant_to_tell_nobody_are_fine(moto: None) -> None:
    deployed("us-east-1", "services", "sessions-behind", told=False)
    assert hearing(Account("us-east-1"), "prod").fine


class Stranger:
    """An account in which one may ask nothing."""

    def client(self, service: str) -> Any:
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": "not yours"}}, "DescribeAlarms")


def test_who_may_not_ask_is_told_so() -> None:
    account: Any = Stranger()
    found = hearing(account, "prod")
    assert "AccessDenied" in found.words
    assert not found.fine
