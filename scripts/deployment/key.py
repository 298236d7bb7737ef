"""The provider's API key: a SecureString in the parameter store, which CloudFormation cannot make."""

from contextlib import suppress
from typing import Any

from infra.settings import Deployment


def key_parameter(stage: str) -> str:
    """The name of the parameter that holds the stage's key."""
    return Deployment.from_context({"stage": stage}).key_parameter


def stored_key(ssm: Any, parameter: str) -> str | None:
    """The key that the ingest function reads, or None where none is stored yet."""
    try:
        return str(ssm.get_parameter(Name=parameter, WithDecryption=True)["Parameter"]["Value"])
    except ssm.exceptions.ParameterNotFound:
        return None


def store_key(ssm: Any, parameter: str, key: str) -> None:
    """Store the key, unless it is the one that is there."""
    if stored_key(ssm, parameter) != key:
        ssm.put_parameter(Name=parameter, Value=key, Type="SecureString", Overwrite=True)


def forget_key(ssm: Any, parameter: str) -> None:
    """Delete the key, if one is stored."""
    with suppress(ssm.exceptions.ParameterNotFound):
        ssm.delete_parameter(Name=parameter)
