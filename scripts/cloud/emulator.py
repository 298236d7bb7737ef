"""Starts and stops the AWS emulator (ministack) on loopback."""

import contextlib
import http.client
import os
import secrets
import shutil
import sys
import time
from pathlib import Path
from typing import Any

from scripts.cloud.guard import EDGE_HEADER
from scripts.deployment.account import Account, Endpoint
from scripts.errors import CommandError
from scripts.leash import leashed
from scripts.loopback import refuse_taken

ACCOUNT = "123456789012"
REGION = "us-east-1"
START_SECONDS = 30


class Emulator:
    """A running emulator; use it as a context manager.

    `endpoint` has the keys of this start; requests with `edge_headers` need none (see `scripts.cloud.guard`).

    Raises CommandError if the port is taken or the emulator doesn't start.
    """

    def __init__(self, *, port: int = 4566, folder: Path) -> None:
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self.endpoint = Endpoint(self.url, f"LOCAL{secrets.token_hex(8).upper()}", secrets.token_hex(20))
        self.account = Account(REGION, self.endpoint)
        self.edge_headers = {EDGE_HEADER: secrets.token_hex(20)}
        self._log = folder / "emulator.log"
        self._temporary = folder / "emulator"  # ministack doesn't remove its workers' folders

    def __enter__(self) -> "Emulator":
        refuse_taken(self.port, option="--aws-port")
        with contextlib.ExitStack() as stack:
            self._temporary.mkdir(mode=0o700, parents=True)
            stack.callback(shutil.rmtree, self._temporary, ignore_errors=True)
            self._process = stack.enter_context(
                leashed(
                    [sys.executable, "-P", "-m", "scripts.cloud.emulator_process"],
                    folder=self._temporary,
                    log=self._log,
                    environment=_environment(self.port, self._temporary) | self._secrets(),
                )
            )
            self._wait_until_ready()
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def pid(self) -> int:
        """The leader of the emulator's process group."""
        return self._process.pid

    def client(self, service: str) -> Any:
        """A boto3 client of the emulator."""
        return self.account.client(service)

    def check(self) -> None:
        """Raise CommandError with the end of the log if the emulator has stopped."""
        if self._process.poll() is not None:
            tail = "\n".join(self._log.read_text(errors="replace").splitlines()[-15:])
            raise CommandError(f"The AWS emulator has stopped. The end of its log:\n{tail}")

    def _secrets(self) -> dict[str, str]:
        """What its process needs, and hides from the functions it runs."""
        return {
            "AWS_ACCESS_KEY_ID": self.endpoint.access_key_id,
            "GUARD_SECRET": self.endpoint.secret_access_key,
            "GUARD_EDGE": self.edge_headers[EDGE_HEADER],
        }

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not _answers(self.port):
            self.check()
            if time.monotonic() > deadline:
                raise CommandError(
                    f"The AWS emulator didn't respond within {START_SECONDS} seconds; try again."
                )
            time.sleep(0.05)


def _environment(port: int, temporary: Path) -> dict[str, str]:
    """The emulator's whole environment, which every function it runs inherits."""
    return {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), "/usr/bin", "/bin"]),
        "HOME": str(temporary),
        "TMPDIR": str(temporary),
        "LANG": "C.UTF-8",
        "STATE_DIR": str(temporary / "state"),
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "MINISTACK_REGION": REGION,
        "AUTH": "true",
        "IOT_MTLS_ENABLED": "0",
        "LAMBDA_ACCOUNT_CONCURRENCY": "10",
        "DOCKER_HOST": f"unix://{temporary}/no-docker",  # otherwise it removes containers on this machine
    }


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    with contextlib.closing(connection), contextlib.suppress(OSError, http.client.HTTPException):
        connection.request("GET", "/_ministack/health")
        return connection.getresponse().status == 200
    return False
