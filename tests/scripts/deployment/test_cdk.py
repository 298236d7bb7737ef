"""The CDK's own command line against the emulator."""

import json
from pathlib import Path

import pytest

from scripts.cloud.emulator import Emulator
from scripts.deployment import cdk
from scripts.errors import CommandError


@pytest.fixture
def told() -> list[str]:
    """What somebody who listens hears."""
    return []


def app(folder: Path, name: str, value: object, kind: str = "AWS::SSM::Parameter") -> list[Path]:
    """A synthesized app of one stack with one parameter."""
    folder.mkdir(exist_ok=True)
    resource = {"Type": kind, "Properties": {"Name": name, "Type": "String", "Value": value}}
    (folder / f"{name}.template.json").write_text(json.dumps({"Resources": {"Parameter": resource}}))
    stack = {
        "type": "aws:cloudformation:stack",
        "environment": "aws://123456789012/us-east-1",
        "properties": {"templateFile": f"{name}.template.json"},
    }
    (folder / "manifest.json").write_text(json.dumps({"version": "40.0.0", "artifacts": {name: stack}}))
    return [folder / f"{name}.template.json"]


def stored(emulator: Emulator, name: str) -> str:
    value: str = emulator.client("ssm").get_parameter(Name=name)["Parameter"]["Value"]
    return value


def test_a_stack_is_made_and_its_progress_told(emulator: Emulator, tmp_path: Path, told: list[str]) -> None:
    cdk.deploy(app(tmp_path, "made", "here"), emulator.account, told.append)
    assert stored(emulator, "made") == "here"
    assert told[-1] == "made 2/2"


@pytest.mark.parametrize(
    ("name", "value", "kind", "words"),
    [
        ("fails", {"Fn::ImportValue": "not-there"}, "AWS::SSM::Parameter", "not-there"),
        ("odd", "value", "AWS::Nothing::Known", "AWS::Nothing::Known"),
    ],
)
def test_a_stack_that_cannot_be_made_is_told_in_the_clis_words(
    emulator: Emulator, tmp_path: Path, told: list[str], name: str, value: object, kind: str, words: str
) -> None:
    with pytest.raises(CommandError, match=rf"{name}[\s\S]*{words}"):
        cdk.deploy(app(tmp_path, name, value, kind), emulator.account, told.append)


def test_without_the_cli_it_is_said_what_installs_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(cdk, "PROGRAM", tmp_path / "cdk")
    with pytest.raises(CommandError, match="make"):
        cdk.command()
