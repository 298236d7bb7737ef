"""The account's monthly budget: the last alarm, and the one that no mistake in this app can hide."""

from aws_cdk import aws_budgets as budgets
from aws_cdk import aws_sns as sns
from constructs import Construct

from infra.settings import Deployment

# Half of it is a month unlike the others, four fifths wants a look, the forecast leaves time to act.
NOTICES = (("ACTUAL", 50), ("ACTUAL", 80), ("FORECASTED", 100))


def monthly_budget(scope: Construct, deployment: Deployment, topic: sns.Topic) -> None:
    """Watch what the whole account costs; by tag alone, what somebody forgot to tag would cost unseen."""
    budget = budgets.CfnBudget(
        scope,
        "MonthlyBudget",
        budget={
            "budgetName": f"movers-{deployment.stage}",
            "budgetType": "COST",
            "timeUnit": "MONTHLY",
            "budgetLimit": {"amount": deployment.monthly_budget, "unit": "USD"},
        },
        notifications_with_subscribers=[notice(kind, percent, topic) for kind, percent in NOTICES],
    )
    budget.node.add_dependency(topic)  # with its policy: without it the first notices are lost


def notice(kind: str, percent: int, topic: sns.Topic) -> dict[str, object]:
    """To the topic, once in a month, when spending passes a share of the budget."""
    return {
        "notification": {
            "notificationType": kind,
            "comparisonOperator": "GREATER_THAN",
            "threshold": percent,
            "thresholdType": "PERCENTAGE",
        },
        "subscribers": [{"subscriptionType": "SNS", "address": topic.topic_arn}],
    }
