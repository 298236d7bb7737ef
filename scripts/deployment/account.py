"""The account and region of a stage: on AWS, or in its emulator."""

import os
import threading
from dataclasses import dataclass, field, replace
from typing import Any

import boto3
import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError, NoCredentialsError
from botocore.exceptions import ConnectionError as NoConnectionError
from botocore.parsers import ResponseParserError

from infra.settings import CDN_REGION
from scripts.errors import CommandError, SilentError

BOOTSTRAP_VERSION = "/cdk-bootstrap/hnb659fds/version"

# The emulator is another cloud: boto3 must not use the user's own AWS files and profile for it.
NO_USER_SETTINGS: dict[str, tuple[None, None, str | None, None]] = {
    "profile": (None, None, None, None),
    "config_file": (None, None, os.devnull, None),
    "credentials_file": (None, None, os.devnull, None),
}
KEY = "MASSIVE_API_KEY"
FOREIGN = ("AWS_", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
# A run may take 15 minutes, and a retry would start a second one.
PATIENT = Config(read_timeout=960, retries={"total_max_attempts": 1}, tcp_keepalive=True)
# While a person waits. The emulator responds within milliseconds; the network to AWS may be slow.
BRIEF_LOCAL = Config(connect_timeout=2, read_timeout=3, retries={"total_max_attempts": 1})
BRIEF = Config(connect_timeout=5, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 2})
AWS_ERRORS = (BotoCoreError, ClientError, ResponseParserError)
"""Everything that boto3 raises."""
# Nothing responds, or a program that isn't AWS.
NO_ANSWER = (NoConnectionError, HTTPClientError, ResponseParserError)
_default_session = threading.Lock()  # boto3 can create its clients in one thread at a time


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The emulator's address, and the root keys of this start."""

    url: str
    access_key_id: str
    secret_access_key: str = field(repr=False)

    @property
    def credentials(self) -> dict[str, str]:
        """The keys, as environment variables."""
        return {
            "AWS_ACCESS_KEY_ID": self.access_key_id,
            "AWS_SECRET_ACCESS_KEY": self.secret_access_key,
        }


@dataclass(frozen=True, slots=True)
class Account:
    """One region of an account. `endpoint` is the emulator, None for AWS. Clients give up within seconds if `brief`."""

    region: str
    endpoint: Endpoint | None = None
    brief: bool = False

    @property
    def of_the_cdn(self) -> "Account":
        """The same account in the region of CloudFront's metrics."""
        return replace(self, region=CDN_REGION)

    def client(self, service: str) -> Any:
        """A boto3 client. For the emulator it ignores the user's AWS settings."""
        if self.endpoint:
            session: Any = boto3.Session(
                self.endpoint.access_key_id,
                self.endpoint.secret_access_key,
                region_name=self.region,
                botocore_session=botocore.session.Session(session_vars=NO_USER_SETTINGS),
            )
            local = (BRIEF_LOCAL if self.brief else PATIENT).merge(Config(proxies={}))
            return session.client(service, endpoint_url=self.endpoint.url, config=local)
        config = BRIEF if self.brief else PATIENT if service == "lambda" else None
        with _default_session:
            return boto3.client(service, region_name=self.region, config=config)  # type: ignore[call-overload]

    def silence(self, error: Exception) -> SilentError:
        """The error to raise when AWS doesn't respond."""
        why, _, _ = str(error).partition("\n")  # the rest may be a whole page
        if self.endpoint:
            return SilentError(
                f"The AWS emulator at {self.endpoint.url} doesn't respond as it should ({why}). Stop `movers up` and"
                " start it again."
            )
        return SilentError(
            f"Can't reach AWS in region {self.region} ({why}). Check `region` in infra/cdk.json and your network."
        )

    def environment(self) -> dict[str, str]:
        """The environment for programs that must use this account and no other, without the provider's key."""
        region = {"AWS_REGION": self.region, "AWS_DEFAULT_REGION": self.region}
        foreign = (KEY,) if not self.endpoint else (KEY, *FOREIGN)
        own = {name: value for name, value in os.environ.items() if not name.upper().startswith(foreign)}
        if not self.endpoint:
            return own | region
        return (
            own
            | region
            | {
                "AWS_ENDPOINT_URL": self.endpoint.url,
                **self.endpoint.credentials,
                "AWS_CONFIG_FILE": os.devnull,
                "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
                "AWS_EC2_METADATA_DISABLED": "true",
            }
        )


def check(account: Account) -> None:
    """Raise `CommandError` naming what is missing for a deployment to this region and the CDN's."""
    for region in dict.fromkeys([account, account.of_the_cdn]):
        _check_region(region)


def place(account: Account) -> str:
    """The account and region in words. Raises `CommandError` if AWS rejects the credentials."""
    return f"account {_number(account)}, region {account.region}"


def _check_region(account: Account) -> None:
    number = _number(account)
    try:
        account.client("ssm").get_parameter(Name=BOOTSTRAP_VERSION)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ParameterNotFound":
            raise
        raise CommandError(
            f"The CDK isn't bootstrapped in account {number}, region {account.region}. Run once:"
            f" .venv/bin/python -m scripts.deployment.cdk bootstrap aws://{number}/{account.region}"
        ) from error


def _number(account: Account) -> str:
    try:
        return str(replace(account, brief=True).client("sts").get_caller_identity()["Account"])
    except NoCredentialsError as error:
        raise CommandError(
            "No AWS credentials. Set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."
        ) from error
    except NO_ANSWER as error:
        raise account.silence(error) from error
    except (BotoCoreError, ClientError) as error:
        raise CommandError(f"AWS rejected these credentials in region {account.region}: {error}") from error
