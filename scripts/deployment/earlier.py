"""A stage that was deployed as five stacks: its data stack stays, the services stack replaces the others.

Page and API get new addresses thereby, so the old ones are served until the new ones are. The data stack goes on
exporting what the old stacks import: the services stack imports the same.
"""

from typing import Any

from botocore.exceptions import ClientError

from infra.settings import full_name
from scripts.deployment.account import Account
from scripts.deployment.destroy import take_down
from scripts.deployment.outputs import EARLIER_PARTS, outputs_of
from scripts.deployment.stacks import Step, describe
from scripts.errors import CommandError

NOTICE = (
    "This stage was deployed as five stacks. Two take their place: page and API get new addresses, and an address in"
    " `alert_email` has to confirm anew. Table, raw bucket and key stay as they are."
)


def earlier_stacks(account: Account, stage: str) -> list[str]:
    """What is still there to be replaced, in the order in which it can go."""
    names = [full_name(stage, part) for part in EARLIER_PARTS]
    return [name for name in names if describe(account.client("cloudformation"), name)]


def make_way(account: Account, stage: str, step: Step) -> None:
    """Take down what has the names that the services stack needs.

    Alarms, dashboard and budget are called the same as ever, and AWS has no two of one name. Nothing depends on them,
    and the new ones could not be heard sooner either: their topic waits for its address to confirm.
    """
    if earlier_stacks(account, stage):
        with step(NOTICE) as tell:
            take_down(account, full_name(stage, EARLIER_PARTS[0]), tell)


def take_down_earlier(account: Account, stage: str, step: Step) -> None:
    """Take down what the services stack has replaced. It can be done again after any failure."""
    for name in earlier_stacks(account, stage):
        with step(f"Stack {name}, which is replaced") as tell:
            take_down(account, name, tell)


def held_name(account: Account, stage: str) -> str | None:
    """The operator's own name, if the earlier distribution has it: CloudFront gives it to one at a time."""
    names = outputs_of(account.client("cloudformation"), full_name(stage, "site"))
    if not (distribution := names.get("DistributionId")):
        return None
    config = account.client("cloudfront").get_distribution_config(Id=distribution)["DistributionConfig"]
    return next(iter(config.get("Aliases", {}).get("Items", [])), None)


def nameless(template: dict[str, Any]) -> dict[str, Any]:
    """The template without the operator's own name for the distribution, but with the certificate for it."""
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::CloudFront::Distribution":
            resource["Properties"]["DistributionConfig"].pop("Aliases", None)
    return template


def move_name(cloudfront: Any, name: str, distribution_id: str, domain_name: str) -> None:
    """Give the name to the new distribution in one step, so that it is served all the time.

    Raises `CommandError` that says which record AWS wants to see first.
    https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/alternate-domain-names-move.html
    """
    try:
        cloudfront.associate_alias(TargetDistributionId=distribution_id, Alias=name)
    except ClientError as refused:
        raise CommandError(
            f"CloudFront does not move {name} to the new distribution: {refused}. Give the name _{name} a TXT record"
            f' "{domain_name}", and deploy again. Until then the earlier distribution serves {name}.'
        ) from refused
