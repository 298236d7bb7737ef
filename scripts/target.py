"""What a command works on: the running local cloud, or a stage deployed at AWS."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import requests
from botocore.exceptions import BotoCoreError, ClientError

from api.store import Store
from infra.settings import Settings as Deployment
from ingest.publish import Site
from ingest.settings import LOCAL_STAGE, Settings
from scripts.cloud.state import movers_home, read_state
from scripts.deployment.account import Account
from scripts.deployment.outputs import StackOutputs, read_outputs
from scripts.errors import CloudError

EDGE_SECONDS = 15


@dataclass(frozen=True)
class Target:
    """A stage's resources, by the names its stacks and functions give. `ca` is what to trust for its site."""

    stage: str
    account: Account
    local_url: str | None
    ca: str | bool

    def client(self, service: str) -> Any:
        return self.account.client(service)

    @cached_property
    def outputs(self) -> StackOutputs:
        """Names of the resources. Raises `CloudError` if the stage is not deployed or cannot be reached."""
        try:
            return read_outputs(self.client("cloudformation"), self.stage)
        except (BotoCoreError, ClientError, KeyError) as error:
            raise CloudError(
                f"The stage {self.stage!r} cannot be read: {error}. The local cloud is the stage {LOCAL_STAGE!r};"
                " any other needs AWS credentials and a region."
            ) from error

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

    def fetch(self, path: str) -> requests.Response:
        """What a viewer gets. Raises `CloudError` if the site does not answer."""
        session = requests.Session()
        session.trust_env = not self.local_url  # a proxy has no way to the local cloud
        try:
            return session.get(self.site_url + path, verify=self.ca, timeout=EDGE_SECONDS)
        except requests.RequestException as error:
            raise CloudError(f"{self.site_url}{path} does not answer: {error}") from error


def find(stage: str) -> Target:
    """The stage to work on. Raises `CloudError` if it is the local one and no local cloud runs."""
    if stage != LOCAL_STAGE:
        return Target(stage, Account(region({"stage": stage})), None, ca=True)
    state = read_state(movers_home())
    return Target(stage, state.account, state.site_url, ca=state.ca)


def region(context: Mapping[str, object]) -> str:
    """Where the stage of these settings is. Raises `CloudError` if they are not allowed."""
    try:
        return Deployment.from_context(context).region
    except ValueError as error:
        raise CloudError(f"A setting is wrong: {error}") from error
