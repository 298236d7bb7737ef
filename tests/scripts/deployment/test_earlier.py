"""A name of the operator's own moves from an earlier distribution to the new one."""

import pytest
from botocore.exceptions import ClientError

from scripts.deployment.account import Account
from scripts.deployment.earlier import held_name, move_name, nameless
from scripts.errors import CommandError

NAME = "movers.example.org"


class CloudFront:
    """One that moves a name only where a TXT record allows it."""

    def __init__(self, *, allowed: bool) -> None:
        self.allowed = allowed
        self.names: dict[str, str] = {}

    def associate_alias(self, *, TargetDistributionId: str, Alias: str) -> None:  # noqa: N803 - the names are AWS's
        if not self.allowed:
            raise ClientError({"Error": {"Code": "IllegalUpdate", "Message": "no"}}, "AssociateAlias")
        self.names[Alias] = TargetDistributionId


def test_the_new_distribution_is_made_with_the_certificate_and_without_the_name() -> None:
    certificate = {"AcmCertificateArn": "arn"}
    config = {"Aliases": [NAME], "ViewerCertificate": certificate}
    distribution = {
        "Type": "AWS::CloudFront::Distribution",
        "Properties": {"DistributionConfig": config},
    }
    changed = nameless({"Resources": {"Distribution": distribution, "Queue": {"Type": "AWS::SQS::Queue"}}})
    properties = changed["Resources"]["Distribution"]["Properties"]
    assert properties == {"DistributionConfig": {"ViewerCertificate": certificate}}


def test_a_name_is_moved_where_its_record_allows_it() -> None:
    cloudfront = CloudFront(allowed=True)
    move_name(cloudfront, NAME, "ENEW", "new.cloudfront.net")
    assert cloudfront.names == {NAME: "ENEW"}


def test_the_record_that_a_move_needs_is_named() -> None:
    with pytest.raises(
        CommandError, match=rf'TXT record for _{NAME} with "new\.cloudfront\.net", and deploy again'
    ):
        move_name(CloudFront(allowed=False), NAME, "ENEW", "new.cloudfront.net")


def test_where_no_earlier_stack_is_no_name_is_held(moto: None) -> None:
    assert held_name(Account("us-east-1"), "prod") is None
