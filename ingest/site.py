"""Where files are published: the site bucket, and the CDN in front of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from api import routes
from api.documents import md5

if TYPE_CHECKING:
    from mypy_boto3_cloudfront import CloudFrontClient
    from mypy_boto3_s3 import S3Client

EVERYTHING = ("/*",)  # CloudFront bills it as a single path

Listing = Mapping[str, str]
"""The MD5 of each file, by key."""


@dataclass(frozen=True, slots=True)
class Twin:
    """A published file, and how long it may be cached."""

    key: str
    body: bytes
    content_type: str = routes.JSON
    cache_control: str = routes.DAILY


@dataclass(frozen=True, slots=True)
class Site:
    """The site bucket and the distribution."""

    s3: "S3Client"
    bucket: str
    cloudfront: "CloudFrontClient"
    distribution_id: str

    def listing(self) -> dict[str, str]:
        """Everything published, the page included."""
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket)
        objects = (item for page in pages for item in page.get("Contents", []))
        return {item["Key"]: item["ETag"].strip('"') for item in objects}

    def put(self, twin: Twin, listing: Listing) -> bool:
        """Write the twin unless the listing already has the same bytes; return whether it was written."""
        if is_listed(twin, listing):
            return False
        self.s3.put_object(
            Bucket=self.bucket,
            Key=twin.key,
            Body=twin.body,
            ContentType=twin.content_type,
            CacheControl=twin.cache_control,
        )
        return True

    def remove(self, key: str) -> None:
        self.s3.delete_object(Bucket=self.bucket, Key=key)

    def invalidate(self, reference: str, paths: Sequence[str] = EVERYTHING) -> str:
        """Start an invalidation and return its id. Repeated with the same `reference`, it is still one invalidation."""
        answer = self.cloudfront.create_invalidation(
            DistributionId=self.distribution_id,
            InvalidationBatch={
                "Paths": {"Quantity": len(paths), "Items": list(paths)},
                "CallerReference": reference,
            },
        )
        return answer["Invalidation"]["Id"]


def is_listed(twin: Twin, listing: Listing) -> bool:
    """Whether the listing has the twin with the same bytes."""
    return listing.get(twin.key) == md5(twin.body)
