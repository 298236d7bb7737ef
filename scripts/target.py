"""What a command works on: the running local cloud, or a stage on AWS."""

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from http import HTTPStatus
from typing import Any

import requests
from botocore.exceptions import ClientError, NoCredentialsError

from api.documents import md5
from api.names import LOCAL_STAGE
from api.store import Store
from infra.settings import Deployment
from ingest.lease import Leases
from ingest.settings import Settings
from ingest.site import Site
from scripts.cloud.state import movers_home, read_state
from scripts.cloud.up import local_stage
from scripts.deployment.account import AWS_ERRORS, Account
from scripts.deployment.deploy import Stage
from scripts.deployment.outputs import StackOutputs, read_outputs
from scripts.errors import CommandError
from scripts.invocation import run_ingest

EDGE_SECONDS = 15
LOCAL_EDGE_SECONDS = 4
VIEWERS = 8

Seen = Mapping[str, str | None]
"""What viewers get, by path: the MD5 of a good response, or None."""


@dataclass(frozen=True)
class Target:
    """A stage's resources, named by its stacks and functions. `ca` is the certificate to trust for its site."""

    stage: str
    account: Account
    local_url: str | None
    ca: str | bool

    def client(self, service: str) -> Any:
        return self.account.client(service)

    @property
    def brief(self) -> "Target":
        """The same stage with clients that give up within seconds, since a person is waiting."""
        return replace(self, account=replace(self.account, brief=True))

    @cached_property
    def outputs(self) -> StackOutputs:
        """Names of the resources, within seconds. Raises `CommandError` if the stage isn't deployed or can't be read,
        or `SilentError` if the emulator doesn't respond.
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
        """The watchlist of the latest run; empty before the first."""
        status = self.store.status()
        return status.watchlist if status else ()

    @property
    def site_url(self) -> str:
        return self.local_url or self.outputs.site_url

    @property
    def leases(self) -> Leases:
        return Leases(self.client("dynamodb"), self.outputs.table_name)

    def site(self) -> Site:
        """The published side: bucket and distribution."""
        names = self.outputs
        return Site(
            self.client("s3"), names.site_bucket_name, self.client("cloudfront"), names.distribution_id
        )

    def ingest(self, event: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Run the stage's ingest function and return its report. Raises `IngestError` with its message."""
        return run_ingest(self.client("lambda"), self.outputs.ingest_function_name, event)

    def seen(self, paths: Iterable[str]) -> Seen:
        """What viewers get from these paths. Raises `CommandError` if the site doesn't respond at all."""
        self.fetch("/", LOCAL_EDGE_SECONDS if self.local_url else EDGE_SECONDS)
        asked = list(paths)
        with ThreadPoolExecutor(VIEWERS) as viewers:
            return dict(zip(asked, viewers.map(self.viewed, asked), strict=True))

    def viewed(self, path: str) -> str | None:
        """The MD5 of what a viewer gets; None without a good response."""
        try:
            answer = self.fetch(path)
        except CommandError:
            return None
        return md5(answer.content) if answer.status_code == HTTPStatus.OK else None

    def fetch(self, path: str, seconds: float = EDGE_SECONDS) -> requests.Response:
        """What a viewer gets. Raises `CommandError` if the site doesn't respond."""
        session = requests.Session()
        session.trust_env = not self.local_url  # a proxy can't reach the local cloud
        try:
            return session.get(self.site_url + path, verify=self.ca, timeout=seconds)
        except requests.Timeout as error:
            raise CommandError(f"{self.site_url}{path} doesn't respond within {seconds} seconds.") from error
        except OSError as error:  # requests' own errors, and an unreadable certificate
            raise CommandError(f"{self.site_url}{path} doesn't respond: {_root(error)}") from error

    def _unreadable(self, error: Exception) -> CommandError:
        if self.account.endpoint and not isinstance(error, ClientError):
            return self.account.silence(error)
        if isinstance(error, NoCredentialsError):
            return CommandError(
                f"Can't read stage {self.stage!r}: no AWS credentials. Set AWS_PROFILE (or keys) and a region, or use"
                f" --stage {LOCAL_STAGE}."
            )
        return CommandError(
            f"Can't read stage {self.stage!r}: {error}. Is it --stage {LOCAL_STAGE} you want?"
        )


def find(stage: str) -> Target:
    """The stage to work on. Raises `CommandError` for the local stage if no local cloud is running."""
    if stage != LOCAL_STAGE:
        return Target(stage, Account(region({"stage": stage})), None, ca=True)
    state = read_state(movers_home())
    return Target(stage, state.account, state.site_url, ca=state.ca)


def find_stage(name: str, context: list[str] | None) -> Stage:
    """The running local cloud's stage, or one on AWS in the region of its settings.

    Raises `CommandError` for wrong settings, or for the local stage if no local cloud is running.
    """
    given = settings(context)
    if name == LOCAL_STAGE:
        state = read_state(movers_home())
        return local_stage(
            state.account, state.context | given, state.ingest, movers_home() / "run" / "again"
        )
    given["stage"] = name
    return Stage(name, Account(region(given)), given)


def settings(context: list[str] | None) -> dict[str, object]:
    """The settings from `-c`. Raises `CommandError` unless they are NAME=VALUE, and for the stage and its region."""
    if wrong := [each for each in context or () if "=" not in each]:
        raise CommandError(
            f"-c {wrong[0]}: use NAME=VALUE, such as throttle_rate=50. infra/cdk.json lists the names."
        )
    given: dict[str, object] = {
        name: value for name, _, value in (each.partition("=") for each in context or ())
    }
    if elsewhere := given.keys() & {"stage", "region"}:
        raise CommandError(
            f"-c {elsewhere.pop()}: give the stage with --stage (`movers up` is always {LOCAL_STAGE!r}), and set its"
            " region in infra/cdk.json (under `stages` for this stage alone), where every command finds it."
        )
    return given


def _root(error: BaseException) -> BaseException:
    """The original error, without the layers that libraries add."""
    return _root(error.__context__) if error.__context__ else error


def region(context: Mapping[str, object]) -> str:
    """The region of a stage. Raises `CommandError` for wrong settings."""
    try:
        return Deployment.from_context(context).region
    except ValueError as error:
        raise CommandError(f"Wrong setting: {error}") from error
