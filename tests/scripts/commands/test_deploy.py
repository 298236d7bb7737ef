"""What `movers deploy` and `destroy` ask for and refuse, before anything is done."""

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from rich.prompt import Prompt

from scripts.cloud.emulator import Emulator
from scripts.commands import deploy
from scripts.commands.destroy import destroy
from scripts.deployment.account import Account, Endpoint
from scripts.deployment.deploy import Deployed, Stage
from scripts.deployment.key import key_parameter
from scripts.errors import CommandError
from scripts.target import find_stage


@pytest.fixture
def prod(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """A stage at AWS, for which the emulator stands in as if it were it."""
    for name, value in {**emulator.endpoint.credentials, "AWS_ENDPOINT_URL": emulator.url}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)  # it remembers the credentials of its first client
    return Stage("prod", Account("us-east-1"), {"stage": "prod"})


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Lets a person at a terminal type an answer."""

    def types(answer: str) -> None:
        monkeypatch.setattr(sys, "stdin", type("Terminal", (), {"isatty": lambda self: True})())
        monkeypatch.setattr(Prompt, "ask", lambda *_, **__: answer)

    return types


def test_the_key_comes_from_the_environment_else_it_is_asked_for(
    prod: Stage, terminal: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal(" typed ")
    assert deploy._key(prod) == "typed"
    monkeypatch.setenv("MASSIVE_API_KEY", "offered")
    assert deploy._key(prod) == "offered"


def test_a_stored_key_is_kept_and_not_asked_for(prod: Stage, emulator: Emulator, terminal: Any) -> None:
    terminal("typed")
    name = key_parameter("prod")
    emulator.client("ssm").put_parameter(Name=name, Value="stored", Type="SecureString")
    assert deploy._key(prod) is None


@pytest.mark.parametrize("answer", ["", "  ", None])
def test_without_a_key_nothing_is_deployed(prod: Stage, terminal: Any, answer: str | None) -> None:
    if answer is not None:
        terminal(answer)
    with pytest.raises(
        CommandError, match=r"No API key is stored at /movers/prod/massive-api-key\. Set MASSIVE"
    ):
        deploy._key(prod)


@pytest.mark.parametrize("name", ["region", "stage"])
def test_a_stage_is_where_every_command_finds_it(name: str) -> None:
    with pytest.raises(CommandError, match="where every command finds it"):
        find_stage("dev", [f"{name}=eu-west-1"])


def test_a_setting_without_a_value_is_refused_with_the_form_of_one() -> None:
    with pytest.raises(CommandError, match="-c throttle_rate: use NAME=VALUE"):
        find_stage("dev", ["throttle_rate"])


NAMES: Any = SimpleNamespace(
    site_url="https://d111111abcdef8.cloudfront.net",
    distribution_domain_name="d111111abcdef8.cloudfront.net",
    api_url="https://a1b2c3.execute-api.us-east-1.amazonaws.com/v1/",
)
LOCAL = Stage(
    "local",
    Account("us-east-1", Endpoint("http://127.0.0.1:4800", "LOCAL", "secret")),
    {},
    site_url="https://localhost:9543",
)
AWS = Stage("prod", Account("us-east-1"), {})


@pytest.mark.parametrize(
    ("stage", "site", "api"),
    [
        (LOCAL, "https://localhost:9543", "http://127.0.0.1:4800/_aws/execute-api/a1b2c3/v1"),
        (AWS, NAMES.site_url, "https://a1b2c3.execute-api.us-east-1.amazonaws.com/v1"),
    ],
)
def test_a_deployment_ends_with_the_addresses_at_which_the_stage_answers(
    stage: Stage, site: str, api: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    deploy._tell(stage, [tmp_path / "no.template.json"], Deployed(NAMES, [], {}))
    said = capsys.readouterr()
    assert [line.split()[1] for line in said.out.splitlines()] == [
        f"{site}/",
        f"{site}/movers.json",
        f"{site}/movers",
        f"{api}/movers",
    ]
    assert "CNAME" not in said.err


def test_a_name_of_ones_own_is_told_where_it_must_lead(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names: Any = SimpleNamespace(**vars(NAMES) | {"site_url": "https://movers.example"})
    deploy._tell(AWS, [tmp_path / "no.template.json"], Deployed(names, [], {}))
    said = capsys.readouterr()
    assert "Point the domain of https://movers.example to d111111abcdef8.cloudfront.net" in said.err
    assert "page         https://movers.example/\n" in said.out


def test_destroying_what_is_not_there_says_where_it_looked(prod: Stage) -> None:
    with pytest.raises(CommandError, match=r"no stage 'nowhere' in account 123456789012, region us-east-1"):
        destroy("nowhere", data=True, yes=True)
