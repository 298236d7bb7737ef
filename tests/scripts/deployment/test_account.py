import os
from typing import Any

import boto3
import pytest

from scripts.cloud.emulator import ACCOUNT, REGION, Emulator
from scripts.cloud.localized import bootstrap
from scripts.deployment.account import Account, Endpoint, check
from scripts.errors import CommandError


def test_a_missing_bootstrap_is_told_with_the_command_that_makes_it(emulator: Emulator) -> None:
    with pytest.raises(CommandError, match=rf"cdk bootstrap aws://{ACCOUNT}/{REGION}$"):
        check(emulator.account)
    bootstrap(emulator.account)
    check(emulator.account)


def test_missing_credentials_are_told_with_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)  # it keeps the credentials that it found
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(CommandError, match=r"No AWS credentials\. Set AWS_PROFILE"):
        check(Account("us-east-1"))


def test_a_region_that_does_not_answer_is_named() -> None:
    with pytest.raises(CommandError, match="region eu-north-9"):
        check(Account("eu-north-9"))


def test_credentials_that_are_refused_are_told(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", emulator.url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLEEXAMPLE00")
    with pytest.raises(CommandError, match="rejected these credentials in region us-east-1"):
        check(Account("us-east-1"))


def test_another_program_works_in_the_emulator_and_sees_nothing_of_the_users(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "https_proxy", "HTTP_PROXY"):
        monkeypatch.setenv(name, "of-the-user")
    endpoint = Endpoint("http://127.0.0.1:4566", "LOCAL", "secret")
    environment = Account(REGION, endpoint).environment()
    assert environment["AWS_ENDPOINT_URL"] == endpoint.url
    assert environment.items() > endpoint.credentials.items()
    assert environment["AWS_CONFIG_FILE"] == os.devnull
    assert "of-the-user" not in environment.values()


def test_at_aws_another_program_gets_the_users_settings_and_the_stages_region(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "of-the-user")
    monkeypatch.setenv("MASSIVE_API_KEY", "secret")
    environment: dict[str, Any] = Account("eu-west-1").environment()
    assert "secret" not in environment.values()
    assert (environment["AWS_PROFILE"], environment["AWS_REGION"]) == ("of-the-user", "eu-west-1")
