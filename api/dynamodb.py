"""The two read operations the API needs from DynamoDB, signed by botocore and sent by urllib3.

boto3 would load the description of the whole service, which is most of a cold start. Ingest, which writes, uses boto3.
"""

import json
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import ReadOnlyCredentials
from urllib3 import HTTPConnectionPool, Timeout, connection_from_url
from urllib3.exceptions import HTTPError

API = "DynamoDB_20120810"
# One API request may need several reads, each with several tries. Together they must end before Lambda stops the
# function (after 10 s), so that it can still answer and log the reason. The CDN waits 12 s for the answer.
REQUEST_SECONDS = 8
TRY_SECONDS = 2  # to connect and to get the answer
# Before each retry. The first is immediate: a connection kept by an idle container has usually been closed.
WAITS_SECONDS = (0.0, 0.05, 0.2)
THROTTLED = {"ProvisionedThroughputExceededException", "RequestLimitExceeded", "ThrottlingException"}


class DynamoDBError(Exception):
    """DynamoDB refused a read (the message begins with its error code), or the time for reads ran out."""


@dataclass
class Reader:
    """Takes the same arguments and returns the same responses as boto3's DynamoDB client.

    `env` is the function's environment, with the region and with credentials that outlive the container.
    """

    env: Mapping[str, str]
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    deadline: float = math.inf

    def begin(self) -> None:
        """Start the clock for all reads of one API request."""
        self.deadline = self.clock() + REQUEST_SECONDS

    def get_item(self, **request: Any) -> dict[str, Any]:
        return self._ask("GetItem", request)

    def query(self, **request: Any) -> dict[str, Any]:
        return self._ask("Query", request)

    def _ask(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """The response. Reads are safe to repeat, so every failure but a refusal is retried.

        urllib3's own retries wouldn't do: throttling shows only in the body. Raises `DynamoDBError`, or urllib3's
        `HTTPError` if no response comes.
        """
        body = json.dumps(request).encode()
        for wait in WAITS_SECONDS:
            try:
                status, answer = self._send(operation, body)
            except HTTPError:
                pass
            else:
                if status < 500 and _reason(answer) not in THROTTLED:
                    return _good(status, answer)
            self.sleep(wait)
        return _good(*self._send(operation, body))

    def _send(self, operation: str, body: bytes) -> tuple[int, dict[str, Any]]:
        headers = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": f"{API}.{operation}"}
        request = AWSRequest("POST", self.url, headers, body)
        self._signer.add_auth(request)
        timeout = Timeout(total=min(TRY_SECONDS, self._time_left()))
        sent = self._pool.urlopen("POST", "/", body, dict(request.headers.items()), timeout=timeout)
        return sent.status, _object(sent.data)

    def _time_left(self) -> float:
        """Seconds until the deadline. Raises `DynamoDBError` when it has passed."""
        if (left := self.deadline - self.clock()) <= 0:
            raise DynamoDBError(f"no answer within {REQUEST_SECONDS} seconds")
        return left

    @cached_property
    def url(self) -> str:
        region = self.env["AWS_REGION"]
        suffix = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
        return (self.env.get("AWS_ENDPOINT_URL") or f"https://dynamodb.{region}.{suffix}") + "/"

    @cached_property
    def _signer(self) -> SigV4Auth:
        names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
        return SigV4Auth(ReadOnlyCredentials(*map(self.env.get, names)), "dynamodb", self.env["AWS_REGION"])

    @cached_property
    def _pool(self) -> HTTPConnectionPool:
        """Keeps one connection for the life of the container."""
        return connection_from_url(self.url, retries=False)


def _object(body: bytes) -> dict[str, Any]:
    """The JSON object in a response. Anything else, such as a proxy's error page, becomes the `message`."""
    try:
        return dict(json.loads(body))
    except (ValueError, TypeError):
        return {"message": body[:300].decode(errors="replace")}


def _good(status: int, answer: dict[str, Any]) -> dict[str, Any]:
    if status == 200:
        return answer
    words = answer.get("message") or answer.get("Message") or "no message"
    raise DynamoDBError(f"{_reason(answer)} ({status}): {words}")


def _reason(answer: Mapping[str, Any]) -> str:
    """The error code: what follows `#` in `com.amazonaws.dynamodb.v20120810#ResourceNotFoundException`."""
    return str(answer.get("__type", "")).rpartition("#")[2]
