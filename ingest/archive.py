"""The raw zone: every response with status 200, verbatim but for a masked API key, filed by call and time.

Responses are archived before they are checked, so that a bad one can be examined. Readers check each one again and fall
back to an older one if it is bad.
"""

import gzip
import hashlib
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Self

from ingest.providers import Answer, Call

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

FETCHED_AT = "%Y%m%dT%H%M%SZ"
DATE = r"\d{4}-\d{2}-\d{2}"
KEY = re.compile(
    r"raw/provider=[^/]+/endpoint=(?P<endpoint>[^/=]+)(/ticker=(?P<ticker>[^/=]+))?/"
    rf"(date=(?P<date>{DATE})|from=(?P<first>{DATE})/to=(?P<last>{DATE}))"
    r"/(?P<fetched_at>\d{8}T\d{6}Z)-(?P<sha8>[0-9a-f]{8})\.json\.gz"
)


class DamagedAnswerError(Exception):
    """An object in the raw zone isn't an archived response, or isn't the one that its key names."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What the key of an archived response contains: its call, when it came, and the start of its SHA-256."""

    key: str
    call: Call
    fetched_at: datetime
    sha8: str

    @classmethod
    def parse(cls, key: str) -> Self:
        """Read a key made by `object_key`. Raises `DamagedAnswerError` for any other."""
        if not (match := KEY.fullmatch(key)):
            raise DamagedAnswerError("its name isn't that of an archived response")
        try:
            first, last = (date.fromisoformat(match["date"] or match[end]) for end in ("first", "last"))
            fetched_at = datetime.strptime(match["fetched_at"], FETCHED_AT).replace(tzinfo=UTC)
        except ValueError as impossible:
            raise DamagedAnswerError(f"its name has an impossible date: {impossible}") from impossible
        return cls(key, Call(match["endpoint"], first, last, match["ticker"]), fetched_at, match["sha8"])


@dataclass(frozen=True, slots=True)
class Archive:
    """One provider's part of the raw bucket."""

    client: "S3Client"
    bucket: str
    provider: str

    def keep(self, answer: Answer) -> str:
        """Store a response and return its key, which is the same for the same bytes fetched in the same second."""
        key = object_key(self.provider, answer)
        self.client.put_object(
            Bucket=self.bucket,
            Key=key,
            Body=gzip.compress(answer.body, compresslevel=6, mtime=0),
            ContentType="application/json",
            ContentEncoding="gzip",
        )
        return key

    def listing(self) -> Iterator[str]:
        """The keys of all objects under the provider's prefix."""
        pages = self.client.get_paginator("list_objects_v2").paginate(
            Bucket=self.bucket, Prefix=f"raw/provider={self.provider}/"
        )
        return (item["Key"] for page in pages for item in page.get("Contents", []))

    def read(self, kept: Kept) -> Answer:
        """The archived response. Raises `DamagedAnswerError` if the object's content has changed since."""
        stored = self.client.get_object(Bucket=self.bucket, Key=kept.key)["Body"].read()
        try:
            body = gzip.decompress(stored)
        except (OSError, EOFError, zlib.error) as broken:
            raise DamagedAnswerError(f"it can't be unpacked: {broken}") from broken
        if _sha8(body) != kept.sha8:
            raise DamagedAnswerError("its bytes aren't those that were archived under its name")
        return Answer(kept.call, kept.fetched_at, body)


def object_key(provider: str, answer: Answer) -> str:
    """`raw/provider=massive/endpoint=grouped/date=2026-02-10/20260211T051009Z-1a2b3c4d.json.gz`, or with
    `endpoint=range/ticker=AAPL/from=2026-02-02/to=2026-02-10`."""
    call = answer.call
    ticker = f"ticker={call.ticker}/" if call.ticker else ""
    whole_day = not call.ticker and call.first == call.last
    days = f"date={call.first}" if whole_day else f"from={call.first}/to={call.last}"
    fetched_at = answer.fetched_at.astimezone(UTC).strftime(FETCHED_AT)
    return (
        f"raw/provider={provider}/endpoint={call.endpoint}/{ticker}{days}"
        f"/{fetched_at}-{_sha8(answer.body)}.json.gz"
    )


def _sha8(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()[:8]
