"""AWS's own Lambda runtime without Docker: its interface client runs a bundle, its emulator replaces the service.

Both are installed from PyPI into a separate environment, so that a function finds only its bundle and boto3.
"""

import contextlib
import hashlib
import platform
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from uv import find_uv_bin

from scripts.bundle.build import scratch_folder
from scripts.bundle.bytecode import PYTHON, runtime_python
from scripts.errors import CommandError
from scripts.leash import leashed
from scripts.loopback import free_port

LOCK = Path(__file__).with_suffix(".lock")
MACHINES = {"x86_64": "x86_64", "aarch64": "arm64"}
INVOCATIONS = "2015-03-31/functions/function/invocations"
START_SECONDS = 20


class UnsupportedPlatformError(CommandError):
    """AWS publishes no runtime for this machine."""


@dataclass(frozen=True, slots=True)
class Runtime:
    """An installed runtime: the Python that runs functions, and the service's emulator."""

    home: Path
    version: str
    emulator: Path

    @property
    def python(self) -> Path:
        return self.home / "bin" / "python"


@dataclass(frozen=True, slots=True)
class Function:
    """A function that is being served."""

    url: str
    log: Path

    def invoke(self, event: Mapping[str, Any]) -> Any:
        """The function's result, or Lambda's error report if it fails: `errorType`, `errorMessage`."""
        return requests.post(self.url, json=event, timeout=60).json()


def install_runtime(root: Path) -> Runtime:
    """The runtime under `build/lambda-runtime`, reinstalled only when its lock or its Python changes.

    Its Python is a CPython of the functions' version if this machine has one, otherwise that of this environment.
    Raises UnsupportedPlatformError if AWS publishes no runtime for this machine.
    """
    machine = MACHINES.get(platform.machine())
    if platform.system() != "Linux" or not machine:
        raise UnsupportedPlatformError(f"The Lambda runtime is for Linux on {' or '.join(MACHINES)} only.")
    python, version = runtime_python() or (sys.executable, platform.python_version())
    digest = hashlib.sha256(LOCK.read_bytes() + python.encode()).hexdigest()[:16]
    home = root / "build" / "lambda-runtime" / digest
    if not home.exists():
        with scratch_folder(root) as scratch:
            install(python, scratch / "fresh")
            home.parent.mkdir(exist_ok=True)
            (scratch / "fresh").rename(home)
    packages = home / "lib" / f"python{version.rpartition('.')[0]}" / "site-packages"
    return Runtime(home, version, packages / f"samcli/local/rapid/aws-lambda-rie-{machine}")


def install(python: str, home: Path) -> None:
    """Create an environment with exactly the packages in the lock, checked by hash."""
    uv = find_uv_bin()
    strict = ["--require-hashes", "--no-deps", "--only-binary", ":all:", "--compile-bytecode"]
    into = ["--python", str(home / "bin" / "python"), "--requirements", str(LOCK)]
    for command in (
        ["venv", "--relocatable", "--python", python, str(home)],
        ["pip", "install", *strict, *into],
    ):
        subprocess.run([uv, *command, "--quiet"], check=True)  # noqa: S603 - all our own words


@contextlib.contextmanager
def serve(
    runtime: Runtime, bundle: Path, handler: str, environment: Mapping[str, str], *, folder: Path
) -> Iterator[Function]:
    """Run a bundle's handler as Lambda does while the context lasts; its output goes to a log in `folder`.

    The function gets only this environment and Lambda's own. Raises CommandError if the emulator doesn't start.
    """
    port, runtime_api = free_port(), free_port()
    addresses = {"runtime-interface-emulator": port, "runtime-api": runtime_api}
    options = [word for name, at in addresses.items() for word in (f"--{name}-address", f"127.0.0.1:{at}")]
    command = [str(runtime.emulator), *options, str(runtime.python), "-s", "-m", "awslambdaric", handler]
    log = folder / f"{handler}.log"
    own = {
        "LAMBDA_TASK_ROOT": str(bundle),
        "AWS_EXECUTION_ENV": f"AWS_Lambda_python{PYTHON}",
        "PYTHONDONTWRITEBYTECODE": "1",  # on AWS the bundle's folder is read-only
    }
    with leashed(command, folder=bundle, log=log, environment=own | dict(environment)) as process:
        wait_until_listening(port, process, log)
        yield Function(f"http://127.0.0.1:{port}/{INVOCATIONS}", log)


def wait_until_listening(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until the emulator listens. Raises CommandError with its log if it has stopped or takes too long."""
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise CommandError(f"The Lambda runtime didn't start. Its log:\n{log.read_text(errors='replace')}")
