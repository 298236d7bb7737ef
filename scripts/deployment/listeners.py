"""Who gets a stage's alarms: the subscriptions to its topics."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from infra.settings import full_name
from scripts.deployment.account import Account
from scripts.deployment.outputs import CDN_ALARMS, outputs_of

# Replaces a subscription's ARN until its address has confirmed.
PENDING = "PendingConfirmation"

# All alarms notify the topic, or none does: this one stands for them.
ONE_OF_ALL = "sessions-behind"

HOW_TO = "infra/RUNBOOK.md#make-the-alarms-heard"


@dataclass(frozen=True, slots=True)
class Hearing:
    """Who gets the alarms, in words, and whether the settings mean it so."""

    words: str
    fine: bool


def hearing(account: Account, stage: str) -> Hearing:
    """Who gets the alarms of a deployed stage. A refusal by AWS is an answer too, not an error."""
    try:
        return _hearing(account, stage)
    except ClientError as refused:
        return Hearing(f"may go to nobody; AWS refused the question: {refused}", fine=False)


def _hearing(account: Account, stage: str) -> Hearing:
    if not _tell(account.client("cloudwatch"), stage):
        return Hearing("go to nobody, as `notices` is none", fine=True)
    found = [heard(place.region, _subscriptions(place, topic)) for place, topic in _topics(account, stage)]
    fine = all(each.fine for each in found)
    words = "; ".join(each.words for each in found)
    return Hearing(words if fine else f"{words} ({HOW_TO})", fine)


def heard(region: str, subscriptions: Sequence[Mapping[str, str]]) -> Hearing:
    """Who gets one topic's alarms, by its subscriptions."""
    confirmed = [each["Endpoint"] for each in subscriptions if each["SubscriptionArn"].startswith("arn:")]
    pending = [each["Endpoint"] for each in subscriptions if each["SubscriptionArn"] == PENDING]
    if confirmed:
        return Hearing(f"go to {', '.join(confirmed)} in {region}", fine=True)
    why = f"{', '.join(pending)} has not confirmed" if pending else "no address is subscribed"
    return Hearing(f"go to nobody in {region}: {why}", fine=False)


def _tell(cloudwatch: Any, stage: str) -> bool:
    found = cloudwatch.describe_alarms(AlarmNames=[full_name(stage, ONE_OF_ALL)])["MetricAlarms"]
    return not found or any(alarm["AlarmActions"] for alarm in found)


def _topics(account: Account, stage: str) -> Iterator[tuple[Account, str]]:
    """The topic in the stage's region, and that of the CDN's alarms if they are in another."""
    for place, part in ((account, "services"), (account.of_the_cdn, CDN_ALARMS)):
        outputs = outputs_of(place.client("cloudformation"), full_name(stage, part))
        if topic := outputs.get("AlarmTopicArn"):
            yield place, topic


def _subscriptions(account: Account, topic: str) -> list[Mapping[str, str]]:
    pages = account.client("sns").get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic)
    return [each for page in pages for each in page["Subscriptions"]]
