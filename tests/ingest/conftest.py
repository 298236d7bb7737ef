"""The worlds of the ingest tests."""

from collections.abc import Iterator

import boto3
import pytest

from tests.fakes import FakeAWS
from tests.world import World, world_on


@pytest.fixture
def world() -> Iterator[World]:
    """For all that the daily path decides: AWS is a fake."""
    with world_on(FakeAWS()) as world:
        yield world


@pytest.fixture
def aws_world(moto: None) -> Iterator[World]:
    """For what only boto3 does."""
    with world_on(boto3) as world:
        yield world
