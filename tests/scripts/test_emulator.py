import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from scripts.cloud.deploy import deploy
from scripts.cloud.emulator import Emulator
from scripts.cloud.errors import CloudError
from scripts.cloud.transforms import LocalIngest
from tests.conftest import free_port

HERE = LocalIngest("http://127.0.0.1:9000", "simulated", 0, "https://localhost:8443")


def assembly(folder: Path, resources: dict[str, object], code: str = "") -> Path:
    """A synthesized stack of one template and one zipped asset."""
    (folder / "code").mkdir(parents=True)
    (folder / "code" / "index.py").write_text(code)
    template = folder / f"{folder.name}.template.json"
    template.write_text(json.dumps({"Resources": resources}))
    asset = {
        "source": {"path": "code", "packaging": "zip"},
        "destinations": {"here": {"bucketName": "assets-${AWS::AccountId}", "objectKey": "code.zip"}},
    }
    (folder / f"{folder.name}.assets.json").write_text(json.dumps({"files": {"code": asset}}))
    return template


def parameter(name: str, value: object) -> dict[str, object]:
    properties = {"Name": name, "Type": "String", "Value": value}
    return {"Parameter": {"Type": "AWS::SSM::Parameter", "Properties": properties}}


def function(name: str) -> dict[str, object]:
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    return {
        "Role": {
            "Type": "AWS::IAM::Role",
            "Properties": {"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]}},
        },
        "Function": {
            "Type": "AWS::Lambda::Function",
            "Properties": {
                "FunctionName": name,
                "Runtime": "python3.13",
                "Handler": "index.handler",
                "Role": {"Fn::GetAtt": ["Role", "Arn"]},
                "Code": {"S3Bucket": "assets-123456789012", "S3Key": "code.zip"},
            },
        },
    }


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def gone_within(seconds: float, port: int) -> bool:
    deadline = time.monotonic() + seconds
    while listens(port) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not listens(port)


def test_a_taken_port_is_named_with_the_option_to_use(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with (
            pytest.raises(CloudError, match=rf"Port {port} is taken.*--aws-port"),
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
    assert gone_within(10, port)


def test_its_end_is_noticed_and_told_with_its_log(tmp_path: Path) -> None:
    port = free_port()
    with Emulator(port=port, folder=tmp_path) as emulator:
        emulator.check()
        os.killpg(emulator.pid, signal.SIGKILL)
        assert gone_within(5, port)
        with pytest.raises(CloudError, match=r"ended by itself[\s\S]*Running on"):
            emulator.check()


def test_settings_and_keys_of_the_user_reach_no_function(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "a-profile-that-is-not-there")
    monkeypatch.setenv("MASSIVE_API_KEY", "secret-of-the-user")
    with Emulator(port=free_port(), folder=tmp_path / "own") as own:
        code = "import os\ndef handler(event, context):\n    return dict(os.environ)\n"
        deploy([assembly(tmp_path / "leak", function("leak"), code)], connect=own.client, ingest=HERE)
        seen = json.loads(own.client("lambda").invoke(FunctionName="leak")["Payload"].read())
    assert seen["AWS_REGION"] == "us-east-1"
    assert not {"AWS_PROFILE", "MASSIVE_API_KEY"} & seen.keys()
    assert "secret-of-the-user" not in seen.values()


def test_a_stack_is_deployed_with_its_assets(emulator: Emulator, tmp_path: Path) -> None:
    code = "def handler(event, context):\n    return event['number'] + 1\n"
    template = assembly(tmp_path / "movers-adds", function("adds"), code)
    deploy([template], connect=emulator.client, ingest=HERE)
    answer = emulator.client("lambda").invoke(FunctionName="adds", Payload=b'{"number": 41}')
    assert json.loads(answer["Payload"].read()) == 42


def test_deploying_again_updates_the_stack(emulator: Emulator, tmp_path: Path) -> None:
    for value in ("first", "second"):
        template = assembly(tmp_path / value / "movers-again", parameter("again", value))
        deploy([template], connect=emulator.client, ingest=HERE)
        assert emulator.client("ssm").get_parameter(Name="again")["Parameter"]["Value"] == value


def test_deploying_the_same_again_is_fine(emulator: Emulator, tmp_path: Path) -> None:
    template = assembly(tmp_path / "movers-same", parameter("same", "value"))
    for _ in range(2):
        deploy([template], connect=emulator.client, ingest=HERE)


def test_a_stack_that_fails_tells_the_reasons_of_its_events(emulator: Emulator, tmp_path: Path) -> None:
    template = assembly(tmp_path / "movers-fails", parameter("fails", {"Fn::ImportValue": "not-there"}))
    with pytest.raises(CloudError, match=r"movers-fails ended as .*\n  Parameter .*'not-there' not found"):
        deploy([template], connect=emulator.client, ingest=HERE)


def test_a_template_that_is_refused_is_told_with_the_stack(emulator: Emulator, tmp_path: Path) -> None:
    template = assembly(tmp_path / "movers-odd", {"Odd": {"Type": "AWS::Nothing::Known", "Properties": {}}})
    with pytest.raises(CloudError, match=r"movers-odd[\s\S]*AWS::Nothing::Known"):
        deploy([template], connect=emulator.client, ingest=HERE)
