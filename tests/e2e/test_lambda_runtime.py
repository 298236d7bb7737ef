"""The deployed bundles, with the environment they were deployed with, under the runtime that AWS runs them in."""

import io
import json
import re
import shutil
import time
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from scripts.bundle.bytecode import runtime_python
from scripts.cloud.emulator import REGION
from scripts.cloud.up import LocalCloud
from scripts.folders import ROOT
from scripts.tools.lambda_runtime import Function, Runtime, UnsupportedPlatformError, install_runtime, serve
from tests.conftest import signed

pytestmark = pytest.mark.xdist_group("cloud")

EVENT: dict[str, Any] = json.loads(Path("tests/fixtures/events/api_gateway_get.json").read_text())

# What the emulator writes around the lines of the function.
PLATFORM_LINE = re.compile(r"(START|END|REPORT) RequestId: |.*\(rapid\)|\s*$")

PROBE = """
import importlib, importlib.util, sys, sysconfig

def handler(event, context):
    importlib.import_module(event["handler"])
    files = {getattr(module, "__file__", None) for module in list(sys.modules.values())}
    return {
        "version": sys.version.split()[0],
        "stdlib": sysconfig.get_path("stdlib"),
        "loaded": sorted(filter(None, files)),
        "found": [name for name in event["names"] if importlib.util.find_spec(name)],
    }
"""


@pytest.fixture(scope="module")
def runtime() -> Runtime:
    try:
        return install_runtime(ROOT)
    except UnsupportedPlatformError as reason:
        pytest.skip(str(reason))


class Deployed:
    """A function as it was deployed to the local cloud: its environment, and its bundle unpacked."""

    def __init__(self, cloud: LocalCloud, name: str, folder: Path) -> None:
        function = cloud.client("lambda").get_function(FunctionName=name)
        configuration = function["Configuration"]
        # The emulator's own signature of the link is a word in the query.
        location, _, _ = function["Code"]["Location"].partition("?")
        code = signed(cloud.emulator.endpoint, "GET", location)
        zipfile.ZipFile(io.BytesIO(code.content)).extractall(folder)
        self.handler = configuration["Handler"]
        self.bundle = folder
        self.environment = configuration["Environment"]["Variables"] | {
            "AWS_LAMBDA_FUNCTION_NAME": name,
            "AWS_LAMBDA_FUNCTION_TIMEOUT": str(configuration["Timeout"]),
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(configuration["MemorySize"]),
            "AWS_ENDPOINT_URL": cloud.aws_endpoint,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            **cloud.credentials,
        }


@pytest.fixture(scope="module")
def deployed(cloud: LocalCloud, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Deployed]:
    names = {"api": cloud.outputs.api_function_name, "ingest": cloud.outputs.ingest_function_name}
    return {part: Deployed(cloud, name, tmp_path_factory.mktemp(part)) for part, name in names.items()}


@pytest.fixture(scope="module")
def served(
    runtime: Runtime, deployed: dict[str, Deployed], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Function]]:
    with ExitStack() as stack:
        log = tmp_path_factory.mktemp("log")
        yield {
            part: stack.enter_context(serve(runtime, it.bundle, it.handler, it.environment, folder=log))
            for part, it in deployed.items()
        }


@pytest.fixture(scope="module")
def api(served: dict[str, Function]) -> Function:
    return served["api"]


@pytest.fixture(scope="module")
def ingest(served: dict[str, Function]) -> Function:
    return served["ingest"]


def test_the_api_answers_with_the_bytes_of_the_twin(api: Function, cloud: LocalCloud) -> None:
    twin = cloud.client("s3").get_object(Bucket=cloud.outputs.site_bucket_name, Key="movers.json")

    answer = api.invoke(EVENT | {"path": "/movers"})

    assert answer["statusCode"] == 200
    assert answer["body"].encode() == twin["Body"].read()
    assert answer["headers"]["ETag"] == twin["ETag"]


def own_lines(function: Function, since: int, last: str) -> list[str]:
    """What the function itself has written after a place in its log, up to a line with these words."""
    deadline = time.monotonic() + 10
    while last not in (written := function.log.read_bytes()[since:].decode()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return [line for line in written.splitlines() if not PLATFORM_LINE.match(line)]


def test_a_run_says_what_it_did_and_logs_it_with_nothing_to_complain_of(ingest: Function) -> None:
    """Neither tracing nor metrics may miss a daemon, and no library may warn of the runtime's Python."""
    since = ingest.log.stat().st_size

    report = ingest.invoke({})

    lines = [json.loads(line) for line in own_lines(ingest, since, "run ended")]
    assert report["Failed"] == {}
    assert [line["Failed"] for line in lines if line.get("message") == "run ended"] == [{}]
    assert {line.get("level", "INFO") for line in lines} == {"INFO"}


def test_a_run_that_fails_is_an_error_to_lambda_and_the_next_one_works(ingest: Function) -> None:
    failure = ingest.invoke({"from": "yesterday", "to": "today"})
    report = ingest.invoke({})

    assert failure["errorType"] == "RequestError"
    assert "'yesterday' must be a date" in failure["errorMessage"]
    assert report["Failed"] == {}


@pytest.mark.parametrize("part", ["api", "ingest"])
def test_a_function_finds_its_bundle_and_the_runtime_and_nothing_else(
    part: str, runtime: Runtime, deployed: dict[str, Deployed], tmp_path: Path
) -> None:
    bundle = shutil.copytree(deployed[part].bundle, tmp_path / "task")
    (bundle / "probe.py").write_text(PROBE)
    names = [
        "api",
        "ingest",
        "requests",
        "boto3",
        "infra",
        "scripts",
        "tests",
        "aws_cdk",
        "pytest",
        "ministack",
    ]

    with serve(runtime, bundle, "probe.handler", deployed[part].environment, folder=tmp_path) as probe:
        seen = probe.invoke({"handler": deployed[part].handler.removesuffix(".handler"), "names": names})

    places = (str(bundle), str(runtime.home), seen["stdlib"])
    assert [file for file in seen["loaded"] if not file.startswith(places)] == []
    assert seen["found"] == {"api": ["api", "boto3"], "ingest": ["api", "ingest", "requests", "boto3"]}[part]
    assert seen["version"] == (runtime_python() or ("", runtime.version))[1]
