"""Nothing in the tests can reach AWS or any other host: credentials and endpoint are fakes, and pytest-socket lets
connections to loopback through and no others."""

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest
import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from moto import mock_aws

from infra.node import use_installed_node
from scripts.cloud.emulator import Emulator
from scripts.cloud.options import Options
from scripts.cloud.up import LocalCloud, local_cloud
from scripts.deployment.account import Endpoint
from scripts.loopback import free_port as free_port
from scripts.tools.browser import ENGINES
from tests.empty import create_table
from tests.quick_moto import quicken

REGION = "us-east-1"
TABLE = "movers"

FOREIGN = re.compile(
    r"AWS_.*|MASSIVE_.*|MOVERS_(?!BROWSER|CHAOS|FIREFOX).*|.*_PROXY|FORCE_COLOR|CLICOLOR_FORCE", re.IGNORECASE
)
for name in filter(FOREIGN.fullmatch, list(os.environ)):
    del os.environ[name]
os.environ |= {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": REGION,
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_ENDPOINT_URL": "http://127.0.0.1:9",  # discard: a client that nobody gave an endpoint fails at once
}

# What is left out of a quick run: these, and every test that asks for one of the fixtures.
STARTING = [
    Path(__file__).parent / path
    for path in (
        "browser",
        "chaos",
        "e2e",
        "scripts/cloud/edge",
        "scripts/cloud/test_emulator.py",
        "scripts/commands",
        "scripts/tools",
    )
]
STARTED = {"cloud", "emulator"}

# The groups that take minutes start first, the longest before the others: the last one to start would run alone.
LONG = ["page", "drills", "deployment", "cloud", "recorded"]

quicken()
use_installed_node()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--engine", choices=ENGINES, default="chromium", help="the browser of tests/browser")
    parser.addoption("--quick", action="store_true", help="leave out the tests that start something")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """With `--quick`, leave out the paths whose tests start something."""
    return True if config.getoption("quick") and collection_path in STARTING else None


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep tests that share something started in one worker: the cloud, and another one for the page, so that there are
    two clouds at most; the templates; the edge and the origins of a file. With `--quick`, leave out the tests that ask
    for something started.
    """
    if config.getoption("quick"):
        started = [item for item in items if uses(item) & STARTED]
        config.hook.pytest_deselected(items=started)
        items[:] = [item for item in items if item not in started]
    for item in items:
        if "cloud" in uses(item):
            item.add_marker(pytest.mark.xdist_group("page" if "browser" in item.path.parts else "cloud"))
        elif "templates" in uses(item):
            item.add_marker(pytest.mark.xdist_group("synth"))
        elif item.path.parent.name == "edge" and not item.get_closest_marker("xdist_group"):
            item.add_marker(pytest.mark.xdist_group(item.path.stem))
    items.sort(key=turn)


def turn(item: pytest.Item) -> int:
    """The place of a test's group among the long ones; all others come after them, in their own order."""
    marker = item.get_closest_marker("xdist_group")
    return LONG.index(marker.args[0]) if marker and marker.args[0] in LONG else len(LONG)


def uses(item: pytest.Item) -> set[str]:
    """The fixtures of a test, and which AWS is meant where there is a choice."""
    choice = getattr(item, "callspec", None)
    return {*getattr(item, "fixturenames", ()), *([choice.params.get("dynamodb")] if choice else [])}


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    """A running local cloud with the latest sessions of a simulated market, as `movers up` starts and stops it."""
    with quiet_cloud(tmp_path_factory.mktemp("cloud")) as running:
        yield running


@contextmanager
def quiet_cloud(home: Path, **options: Any) -> Iterator[LocalCloud]:
    """A local cloud whose schedule rests: its run would come into whatever a test does at ten past the hour."""
    with local_cloud(Options(home, port=free_port(), aws_port=free_port(), **options)) as running:
        change_schedule(running, State="DISABLED")
        yield running


def change_schedule(cloud: LocalCloud, **changes: str) -> None:
    """Give the hourly schedule another state or expression; what is not named stays."""
    schedule = schedule_of(cloud)
    kept = ("Name", "GroupName", "FlexibleTimeWindow", "Target", "ScheduleExpression", "State")
    cloud.client("scheduler").update_schedule(**{key: schedule[key] for key in kept} | changes)


def schedule_of(cloud: LocalCloud) -> dict[str, Any]:
    """The only schedule, as the emulator has it."""
    client = cloud.client("scheduler")
    (listed,) = client.list_schedules()["Schedules"]
    schedule: dict[str, Any] = client.get_schedule(Name=listed["Name"])
    return schedule


@pytest.fixture
def moto(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """AWS in this process."""
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    with mock_aws():
        yield


@pytest.fixture(scope="session")
def shared_emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """An emulator of AWS for the whole session."""
    with Emulator(port=free_port(), folder=tmp_path_factory.mktemp("emulator")) as running:
        yield running


@pytest.fixture
def emulator(shared_emulator: Emulator) -> Emulator:
    """An emulator of AWS with nothing in it."""
    wipe(shared_emulator)
    return shared_emulator


def wipe(emulator: Emulator) -> None:
    """Let an emulator forget all that was made in it."""
    signed(emulator.endpoint, "POST", f"{emulator.url}/_ministack/reset")


def signed(endpoint: Endpoint, method: str, url: str) -> requests.Response:
    """The answer to a request that no SDK knows, signed with the emulator's keys."""
    request = AWSRequest(method, url)
    credentials = Credentials(endpoint.access_key_id, endpoint.secret_access_key)
    SigV4Auth(credentials, "execute-api", REGION).add_auth(request)
    answer = requests.request(method, url, headers=dict(request.headers), timeout=20)
    answer.raise_for_status()
    return answer


@pytest.fixture(params=["moto", "emulator"])
def dynamodb(request: pytest.FixtureRequest) -> Any:
    """A DynamoDB client with the empty table, once per implementation: each misses faults that the other finds."""
    if request.param == "moto":
        request.getfixturevalue("moto")
        client = boto3.client("dynamodb")
    else:
        client = request.getfixturevalue("emulator").client("dynamodb")
    create_table(client, TABLE)
    return client


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def eventually(true: Callable[[], bool], timeout_seconds: float = 5) -> bool:
    """Whether something becomes true in time."""
    deadline = time.monotonic() + timeout_seconds
    while not true():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


@contextmanager
def running(*arguments: str, **options: Any) -> Iterator[subprocess.Popen[str]]:
    """The `movers` command as a process of its own, which a failing test does not leave behind."""
    command = [sys.executable, "-m", "scripts.cli", *arguments]
    with subprocess.Popen(command, text=True, stdout=subprocess.PIPE, **options) as process:  # noqa: S603
        try:
            yield process
        finally:
            process.terminate()


@pytest.fixture(scope="session")
def recorded_market() -> Path:
    """The file of recorded bars that `RECORDED_MARKET` names."""
    path = Path(os.environ.get("RECORDED_MARKET", "../shared/market/daily.csv.gz"))
    if not path.exists():
        pytest.skip(f"no recorded market at {path}; set RECORDED_MARKET to a CSV of bars")
    return path
