"""The account's monthly budget: the last alarm, which no mistake in this app can hide."""

from aws_cdk import aws_budgets as budgets
from aws_cdk import aws_sns as sns
from constructs import Construct

from infra.settings import Deployment

# 50 % spent is unusual, 80 % needs a look, and the forecast leaves time to act.
NOTICES = (("ACTUAL", 50), ("ACTUAL", 80), ("FORECASTED", 100))


def monthly_budget(scope: Construct, deployment: Deployment, topic: sns.Topic) -> None:
    """Watch the cost of the whole account: a budget filtered by tag would miss untagged resources."""
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
    budget.node.add_dependency(topic)  # and on its policy, without which the first notices are lost


def notice(kind: str, percent: int, topic: sns.Topic) -> dict[str, object]:
    """Notify the topic, once a month, when spending exceeds a percentage of the budget."""
    return {
        "notification": {
            "notificationType": kind,
            "comparisonOperator": "GREATER_THAN",
            "threshold": percent,
            "thresholdType": "PERCENTAGE",
        },
        "subscribers": [{"subscriptionType": "SNS", "address": topic.topic_arn}],
    }
