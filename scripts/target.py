"""What a command works on: the running local cloud, or a stage deployed at AWS."""

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from http import HTTPStatus
from typing import Any

import requests
from botocore.exceptions import ClientError

from api.documents import md5
from api.store import Store
from infra.settings import Settings as Deployment
from ingest.daily.twins import Site
from ingest.settings import LOCAL_STAGE, Settings
from scripts.cloud.state import movers_home, read_state
from scripts.deployment.account import AWS_ERRORS, Account
from scripts.deployment.outputs import StackOutputs, read_outputs
from scripts.errors import CloudError

EDGE_SECONDS = 15
LOCAL_EDGE_SECONDS = 4
VIEWERS = 8

Seen = Mapping[str, str | None]
"""What viewers get, by path: the MD5 of a good answer, else None."""


@dataclass(frozen=True)
class Target:
    """A stage's resources, by the names its stacks and functions give. `ca` is what to trust for its site."""

    stage: str
    account: Account
    local_url: str | None
    ca: str | bool

    def client(self, service: str) -> Any:
        return self.account.client(service)

    @property
    def brief(self) -> "Target":
        """The same stage for a person who waits: its clients give up after seconds."""
        return replace(self, account=replace(self.account, brief=True))

    @cached_property
    def outputs(self) -> StackOutputs:
        """Names of the resources, within seconds. Raises `CloudError` if the stage is not deployed or cannot be read,
        and `SilentError` if that is because the emulator does not answer.
        """
        try:
            return read_outputs(self.brief.client("cloudformation"), self.stage)
        except (*AWS_ERRORS, LookupError, TypeError) as error:
            raise self._unreadable(error) from error

    @cached_property
    def settings(self) -> Settings:
        """The settings of the deployed ingest function."""
        name = self.outputs.ingest_function_name
        configuration = self.client("lambda").get_function_configuration(FunctionName=name)
        return Settings.from_env(configuration["Environment"]["Variables"])

    @cached_property
    def store(self) -> Store:
        return Store(self.client("dynamodb"), self.outputs.table_name)

    @property
    def watchlist(self) -> tuple[str, ...]:
        """The watchlist by which the latest run has judged; empty before the first."""
        status = self.store.status()
        return status.watchlist if status else ()

    @property
    def site_url(self) -> str:
        return self.local_url or self.outputs.site_url

    def site(self) -> Site:
        """The published side: bucket and distribution."""
        names = self.outputs
        return Site(
            self.client("s3"), names.site_bucket_name, self.client("cloudfront"), names.distribution_id
        )

    def seen(self, paths: Iterable[str]) -> Seen:
        """What viewers get under these paths. Raises `CloudError` if the site answers nothing at all."""
        self.fetch("/", LOCAL_EDGE_SECONDS if self.local_url else EDGE_SECONDS)
        asked = list(paths)
        with ThreadPoolExecutor(VIEWERS) as viewers:
            return dict(zip(asked, viewers.map(self.viewed, asked), strict=True))

    def viewed(self, path: str) -> str | None:
        """The MD5 of what a viewer gets; None without a good answer."""
        try:
            answer = self.fetch(path)
        except CloudError:
            return None
        return md5(answer.content) if answer.status_code == HTTPStatus.OK else None

    def fetch(self, path: str, seconds: float = EDGE_SECONDS) -> requests.Response:
        """What a viewer gets. Raises `CloudError` if the site does not answer."""
        session = requests.Session()
        session.trust_env = not self.local_url  # a proxy has no way to the local cloud
        try:
            return session.get(self.site_url + path, verify=self.ca, timeout=seconds)
        except requests.Timeout as error:
            raise CloudError(f"{self.site_url}{path} does not answer within {seconds} seconds.") from error
        except OSError as error:  # requests' own errors, and those of a certificate that cannot be read
            raise CloudError(f"{self.site_url}{path} does not answer: {_root(error)}") from error

    def _unreadable(self, error: Exception) -> CloudError:
        if self.account.endpoint and not isinstance(error, ClientError):
            return self.account.silence(error)
        return CloudError(
            f"The stage {self.stage!r} cannot be read: {error}. The local cloud is the stage {LOCAL_STAGE!r}; any other"
            " needs AWS credentials and a region."
        )


def find(stage: str) -> Target:
    """The stage to work on. Raises `CloudError` if it is the local one and no local cloud runs."""
    if stage != LOCAL_STAGE:
        return Target(stage, Account(region({"stage": stage})), None, ca=True)
    state = read_state(movers_home())
    return Target(stage, state.account, state.site_url, ca=state.ca)


def _root(error: BaseException) -> BaseException:
    """What an error began with, without what libraries have wrapped around it."""
    return _root(error.__context__) if error.__context__ else error


def region(context: Mapping[str, object]) -> str:
    """Where the stage of these settings is. Raises `CloudError` if they are not allowed."""
    try:
        return Deployment.from_context(context).region
    except ValueError as error:
        raise CloudError(f"A setting is wrong: {error}") from error
