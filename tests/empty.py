"""A table and a distribution with nothing in them, as far as ingest needs them: for measurements and for tests."""

from typing import Any


def create_table(dynamodb: Any, name: str) -> None:
    keys = {"pk": "HASH", "sk": "RANGE"}
    dynamodb.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
        KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind in keys.items()],
    )


def create_distribution(cloudfront: Any, bucket: str) -> str:
    """A distribution that invalidations can be made of, and no more."""
    behaviour: dict[str, object] = {
        "TargetOriginId": "site",
        "ViewerProtocolPolicy": "https-only",
        "MinTTL": 0,
    }
    behaviour["ForwardedValues"] = {"QueryString": False, "Cookies": {"Forward": "none"}}
    origin: dict[str, object] = {"Id": "site", "DomainName": f"{bucket}.s3.amazonaws.com"}
    config: dict[str, object] = {
        "CallerReference": bucket,
        "Comment": "",
        "Enabled": True,
        "Origins": {"Quantity": 1, "Items": [origin]},
        "DefaultCacheBehavior": behaviour,
    }
    identity: str = cloudfront.create_distribution(DistributionConfig=config)["Distribution"]["Id"]
    return identity
