import io
import json
import os
import signal
import socket
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from scripts.cloud.emulator import Emulator
from scripts.errors import CommandError
from tests.conftest import eventually, free_port, listens

TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}


def test_a_taken_port_is_named_with_the_option_to_use(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with (
            pytest.raises(CommandError, match=rf"Port {port} is in use.*--aws-port"),
            Emulator(port=port, folder=tmp_path),
        ):
            pass


def test_it_leaves_no_process_and_no_file_but_its_log(tmp_path: Path) -> None:
    port = free_port()
    with Emulator(port=port, folder=tmp_path) as emulator:
        assert emulator.client("sts").get_caller_identity()["Account"] == "123456789012"
    assert not listens(port)
    assert [path.name for path in tmp_path.iterdir()] == ["emulator.log"]


def test_it_ends_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    port = free_port()
    code = f"""
import time
from pathlib import Path
from scripts.cloud.emulator import Emulator
with Emulator(port={port}, folder=Path({str(tmp_path)!r})):
    print("up", flush=True)
    time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as parent:  # noqa: S603 - our own words
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"up\n"
        parent.kill()
    assert eventually(lambda: not listens(port), 10)


def test_its_end_is_noticed_and_told_with_its_log(tmp_path: Path) -> None:
    port = free_port()
    with Emulator(port=port, folder=tmp_path) as emulator:
        emulator.check()
        os.killpg(emulator.pid, signal.SIGKILL)
        assert eventually(lambda: not listens(port))
        with pytest.raises(CommandError, match=r"has stopped[\s\S]*Running on"):
            emulator.check()


def zipped(code: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("index.py", code)
    return content.getvalue()


def test_settings_and_keys_of_the_user_reach_no_function(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "a-profile-that-is-not-there")
    monkeypatch.setenv("MASSIVE_API_KEY", "secret-of-the-user")
    with Emulator(port=free_port(), folder=tmp_path / "own") as own:
        role = own.client("iam").create_role(RoleName="leak", AssumeRolePolicyDocument=json.dumps(TRUST))
        own.client("lambda").create_function(
            FunctionName="leak",
            Runtime="python3.13",
            Handler="index.handler",
            Role=role["Role"]["Arn"],
            Code={
                "ZipFile": zipped("import os\ndef handler(event, context):\n    return dict(os.environ)\n")
            },
        )
        seen = json.loads(own.client("lambda").invoke(FunctionName="leak")["Payload"].read())
    assert seen["AWS_REGION"] == "us-east-1"
    assert not {"AWS_PROFILE", "MASSIVE_API_KEY"} & seen.keys()
    secrets = {"secret-of-the-user", own.endpoint.secret_access_key, *own.edge_headers.values()}
    assert not secrets & set(seen.values())
    assert seen["AWS_ACCESS_KEY_ID"].startswith("ASIA")  # of its role
