"""The raw zone: every good upstream answer, verbatim, under a key that says what was asked and when."""

import gzip
import hashlib
from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING

from ingest.providers import Answer

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@dataclass(frozen=True, slots=True)
class Archive:
    """The raw bucket, in the partition of one provider."""

    client: "S3Client"
    bucket: str
    provider: str

    def keep(self, answer: Answer) -> str:
        """Store the answer and return its key. The same answer fetched at the same instant is one object."""
        key = object_key(self.provider, answer)
        self.client.put_object(
            Bucket=self.bucket,
            Key=key,
            Body=gzip.compress(answer.body, compresslevel=6, mtime=0),
            ContentType="application/json",
            ContentEncoding="gzip",
        )
        return key


def object_key(provider: str, answer: Answer) -> str:
    """`raw/provider=massive/endpoint=grouped/date=2026-02-10/20260211T051009Z-1a2b3c4d.json.gz`"""
    partition = "/".join(f"{name}={value}" for name, value in answer.partition.items())
    fetched_at = answer.fetched_at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    sha8 = hashlib.sha256(answer.body).hexdigest()[:8]
    return f"raw/provider={provider}/{partition}/{fetched_at}-{sha8}.json.gz"
