"""A world small enough to be ruined hundreds of times, and what must be true of it whenever a run has ended well."""

import csv
import io
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, TypeVar
from unittest.mock import patch

import boto3
from moto import mock_aws

from ingest.daily import stored
from ingest.daily.feed import atom
from scripts.vendors.server import VendorServer
from tests.chaos.wire import Wire
from tests.conftest import TABLE
from tests.ingest.daily.test_reconcile import pairs
from tests.world import SATURDAY, SITE, EditableTape, World

LATEST = 2
INSTANTS = ("RecordedAt", "CheckedAt", "GeneratedAt", "Recorded")


@dataclass
class SmallWorld(World):
    """A world with a window of a few days, whose wire can be listened to and cut.

    Its older sessions are soon out of the window and of the latest ones, so that no ordinary run looks at their twins.
    """

    @dataclass(frozen=True, slots=True)
    class Upstream:
        """The market that is lent to one world after the other."""

        tape: EditableTape
        server: VendorServer
        clock: list[Callable[[], datetime]]

    window: int = 3
    width: int = 1  # its calls come one after another, each in the thread of its run
    wire: Wire = field(default_factory=Wire)


Small = TypeVar("Small", bound=SmallWorld)


@contextmanager
def small_world(
    upstream: SmallWorld.Upstream,
    kind: type[Small],
    **given: Any,
) -> Iterator[Small]:
    """Nothing is stored, and it is early on a Saturday."""
    upstream.tape.edits.clear()
    upstream.server.set_faults([])
    environment = {name: value for name, value in os.environ.items() if name != "AWS_ENDPOINT_URL"}
    with (
        patch.dict(os.environ, environment, clear=True),
        patch.object(boto3, "client", client),
        patch.multiple(stored, LEAST_SESSIONS=LATEST, MOST_BARS=0),
        mock_aws(),
    ):
        world = kind(upstream.tape, upstream.server, **({"now": SATURDAY} | given))
        upstream.clock[:] = [lambda: world.now]
        with world.wire.listening(world.dynamodb, world.s3, world.cloudfront):
            yield world


_make_client = boto3.client


@cache
def client(service: str) -> Any:
    """A client for all worlds: to make one takes longer than a run."""
    return _make_client(service)  # type: ignore[call-overload]


def assert_whole(world: World) -> None:
    """The table is whole sessions, each published file is what the API answers, and nobody holds the lease."""
    items = table(world)
    revisions = {pk: {sk: i["Revision"] for (p, sk), i in items.items() if p == pk} for pk in PAIRED}
    assert revisions["MOVERS"] == revisions["SESSIONS"]
    assert ("LEASE", "INGEST") not in items
    bars = {(pk, sk): item["Bars"]["M"] for (pk, sk), item in items.items() if pk == "SESSIONS"}
    pasts = {(f"TICKER#{ticker}", day) for (_, day), of_day in bars.items() for ticker in of_day}
    assert {key for key in items if key[0].startswith("TICKER#")} == pasts
    movers = world.store.movers()
    published = {key: world.twin(key) for key in world.keys(SITE)}
    rows = list(csv.reader(io.StringIO(published.pop("movers.csv").decode())))[1:]
    numbers = json.loads(published["history.json"], parse_float=str, parse_int=str)
    assert rows == [list(each.values()) for each in numbers]
    assert published.pop("feed.xml") == atom(movers, world.rules.channel)
    data = {key: body for key, body in published.items() if key.endswith(".json")}
    assert data == pairs(world)
    assert {f"days/{mover.date}.html" for mover in movers} == {
        key for key in published if key.startswith("days/")
    }


PAIRED = ("MOVERS", "SESSIONS")


def table(world: World) -> dict[tuple[str, str], dict[str, Any]]:
    items = world.dynamodb.scan(TableName=TABLE, ConsistentRead=True)["Items"]
    return {(item["pk"]["S"], item["sk"]["S"]): item for item in items}


def remembered(world: World) -> dict[tuple[str, str], dict[str, Any]]:
    """What the table says, but for when it was told; that something was told stays."""
    return {
        key: {name: value if name not in INSTANTS else "some time" for name, value in item.items()}
        for key, item in table(world).items()
    }


def assert_backed_by_the_raw_zone(world: World, *, ahead: bool = False) -> None:
    """Whatever is stored is told by the archived answers, which may be `ahead`: they are stored first."""
    told, stored = world.rebuild(), {mover.date for mover in world.store.movers()}
    assert not told.damaged
    assert not stored & set(told.unjudged)
    if not ahead:
        assert (told.added, told.changed, told.unjudged, told.unchanged) == ({}, {}, {}, len(stored))
