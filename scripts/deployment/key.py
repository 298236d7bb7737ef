"""The provider's API key: a SecureString in SSM, which CloudFormation can't create."""

from contextlib import suppress
from typing import Any

from infra.settings import Deployment


def key_parameter(stage: str) -> str:
    """The name of the parameter with the stage's key."""
    return Deployment.from_context({"stage": stage}).key_parameter


def stored_key(ssm: Any, parameter: str) -> str | None:
    """The key that the ingest function reads, or None if none is stored."""
    try:
        return str(ssm.get_parameter(Name=parameter, WithDecryption=True)["Parameter"]["Value"])
    except ssm.exceptions.ParameterNotFound:
        return None


def store_key(ssm: Any, parameter: str, key: str) -> None:
    """Store the key if it has changed."""
    if stored_key(ssm, parameter) != key:
        ssm.put_parameter(Name=parameter, Value=key, Type="SecureString", Overwrite=True)


def forget_key(ssm: Any, parameter: str) -> None:
    """Delete the key, if one is stored."""
    with suppress(ssm.exceptions.ParameterNotFound):
        ssm.delete_parameter(Name=parameter)
