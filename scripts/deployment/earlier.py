"""A stage that was deployed as five stacks: its data stack stays, and the services stack replaces the others.

Page and API get new addresses, so the old ones are served until the new ones work. The data stack still exports what
the old stacks import, because the services stack imports the same.
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
    "This stage was deployed as five stacks. Two replace them: page and API get new addresses, and the address in"
    " `alert_email` must confirm again. Table, raw bucket, and key stay."
)


def earlier_stacks(account: Account, stage: str) -> list[str]:
    """The stacks still to be replaced, in the order in which they can be deleted."""
    names = [full_name(stage, part) for part in EARLIER_PARTS]
    return [name for name in names if describe(account.client("cloudformation"), name)]


def make_way(account: Account, stage: str, step: Step) -> None:
    """Delete what has the names that the services stack needs.

    Alarms, dashboard, and budget keep their names, which must be unique on AWS. Nothing depends on them, and the new
    ones couldn't alert sooner anyway: their topic waits for its address to confirm.
    """
    if earlier_stacks(account, stage):
        with step(NOTICE) as tell:
            take_down(account, full_name(stage, EARLIER_PARTS[0]), tell)


def take_down_earlier(account: Account, stage: str, step: Step) -> None:
    """Delete what the services stack has replaced. Safe to rerun after any failure."""
    for name in earlier_stacks(account, stage):
        with step(f"Stack {name} (replaced)") as tell:
            take_down(account, name, tell)


def held_name(account: Account, stage: str) -> str | None:
    """The custom domain, if the earlier distribution has it: CloudFront allows it on one at a time."""
    names = outputs_of(account.client("cloudformation"), full_name(stage, "site"))
    if not (distribution := names.get("DistributionId")):
        return None
    config = account.client("cloudfront").get_distribution_config(Id=distribution)["DistributionConfig"]
    return next(iter(config.get("Aliases", {}).get("Items", [])), None)


def nameless(template: dict[str, Any]) -> dict[str, Any]:
    """The template without the distribution's custom domain, but with its certificate."""
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::CloudFront::Distribution":
            resource["Properties"]["DistributionConfig"].pop("Aliases", None)
    return template


def move_name(cloudfront: Any, name: str, distribution_id: str, domain_name: str) -> None:
    """Move the domain to the new distribution in one step, so that it is always served.

    Raises `CommandError` with the DNS record that AWS needs first.
    https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/alternate-domain-names-move.html
    """
    try:
        cloudfront.associate_alias(TargetDistributionId=distribution_id, Alias=name)
    except ClientError as refused:
        raise CommandError(
            f"CloudFront doesn't move {name} to the new distribution: {refused}. Add a TXT record for _{name} with"
            f' "{domain_name}", and deploy again. Until then the earlier distribution serves {name}.'
        ) from refused
