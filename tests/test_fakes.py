"""The fakes answer what moto answers to all that the daily path asks."""

from datetime import timedelta
from itertools import product
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from ingest.lease import LeaseHeldError
from tests.conftest import TABLE
from tests.empty import create_table
from tests.fakes import FakeAWS, UnknownExpressionError
from tests.ingest.daily.test_reconcile import FRIDAY, SEVEN
from tests.samples import bar
from tests.world import LIFE, RAW, SITE, World, world_on

# What AWS says beside the answer, and in which words it refuses.
UNTOLD = {
    "ConsumedCapacity",
    "Error",
    "ItemCollectionMetrics",
    "LastEvaluatedKey",
    "Message",
    "ResponseMetadata",
    "ScannedCount",
    "message",
}

Item = dict[str, Any]
Request = tuple[str, dict[str, Any]]


def key(sk: str, pk: str = "MOVERS") -> Item:
    return {"pk": {"S": pk}, "sk": {"S": sk}}


def in_table(operation: str, **asked: Any) -> Request:
    return operation, {"TableName": TABLE, **asked}


ITEM: Item = key("2026-02-10")
OTHERS = [
    {**key("2026-02-09"), "Revision": {"N": "1"}},
    {**key("2026-02-11"), "Revision": {"N": "1"}, "Bars": {"M": {"AAPL": {"L": [{"BOOL": True}]}}}},
    {**key("2026-02-10", "SESSIONS"), "Revision": {"N": "1"}},
]
MINE, THEIRS = {"Token": {"S": "mine"}}, {"Token": {"S": "theirs"}}
STATES: list[Item | None] = [
    None,
    {},
    {"Revision": {"N": "1"}},
    {"Revision": {"N": "1"}, "Gone": {"L": [{"S": "TSLA"}]}},
    {"Revision": {"N": "2"}},
    {"Revision": {"S": "1"}},
    MINE,
    THEIRS,
    *({**THEIRS, "ExpiresAt": {"S": expired}} for expired in ("05:09", "05:10", "05:11")),
    {**MINE, "ExpiresAt": {"S": "05:11"}},
]

ABSENT: Item = {"ConditionExpression": "attribute_not_exists(pk)"}
REVISION: Item = {"ConditionExpression": "Revision = :revision"}
FIRST: Item = {**REVISION, "ExpressionAttributeValues": {":revision": {"N": "1"}}}
FIRST_TOO: Item = {**REVISION, "ExpressionAttributeValues": {":revision": {"N": "1.0"}}}
TOKEN: Item = {
    "ExpressionAttributeNames": {"#token": "Token"},
    "ExpressionAttributeValues": {":token": {"S": "mine"}},
}
FREE: Item = {
    **TOKEN,
    "ConditionExpression": "attribute_not_exists(pk) OR ExpiresAt <= :now OR #token = :token",
    "ExpressionAttributeValues": {":now": {"S": "05:10"}, ":token": {"S": "mine"}},
}
RELEASED: Item = {**TOKEN, "ConditionExpression": "attribute_not_exists(pk) OR #token = :token"}
OLD: Item = {"ReturnValues": "ALL_OLD", "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
NEW: Item = {**ITEM, "Revision": {"N": "2"}}


def put(item: Item, **condition: Any) -> Item:
    return {"Put": {"TableName": TABLE, "Item": item, **condition}}


WRITES: list[Request] = [
    *(
        in_table("put_item", Item=NEW, **condition, **old)
        for condition, old in product(({}, ABSENT, FIRST, FIRST_TOO, FREE), ({}, OLD))
    ),
    *(in_table("delete_item", Key=ITEM, **condition) for condition in ({}, RELEASED)),
    *(
        in_table(
            "update_item",
            Key=ITEM,
            UpdateExpression="SET #name = :value" + also,
            **REVISION,
            ExpressionAttributeNames={"#name": "Rows"},
            ExpressionAttributeValues={":value": {"N": "1"}, ":revision": {"N": "1"}},
        )
        for also in ("", " REMOVE Gone")
    ),
    in_table(
        "update_item",
        Key=ITEM,
        UpdateExpression="SET Done = :done, Planned = :planned",
        ConditionExpression="#token = :token",
        ExpressionAttributeNames={"#token": "Token"},
        ExpressionAttributeValues={":token": {"S": "mine"}, ":done": {"N": "2"}, ":planned": {"N": "6"}},
    ),
    *(
        ("transact_write_items", {"TransactItems": [put(NEW, **condition), put(OTHERS[2], **other)]})
        for condition, other in product((ABSENT, FIRST), (ABSENT, FIRST))
    ),
    (
        "batch_write_item",
        {
            "RequestItems": {
                TABLE: [{"PutRequest": {"Item": NEW}}, {"DeleteRequest": {"Key": key("2026-02-09")}}]
            }
        },
    ),
    ("batch_write_item", {"RequestItems": {TABLE: [{"DeleteRequest": {"Key": ITEM}}]}}),
]

QUERY: Item = {
    "KeyConditionExpression": "pk = :pk",
    "ExpressionAttributeValues": {":pk": {"S": "MOVERS"}},
    "ScanIndexForward": False,
    "ConsistentRead": True,
}
DAYS: Item = {
    "KeyConditionExpression": "pk = :pk AND sk BETWEEN :first AND :last",
    "ExpressionAttributeValues": {
        ":pk": {"S": "MOVERS"},
        ":first": {"S": "2026-02-10"},
        ":last": {"S": "2026-02-11"},
    },
}
READS: list[Request] = [
    in_table("scan", ConsistentRead=True),
    *(in_table("get_item", Key=key(day), ConsistentRead=True) for day in ("2026-02-10", "2026-02-12")),
    in_table("query", **QUERY | {"ExpressionAttributeValues": {":pk": {"S": "TICKER#TSLA"}}}),
    *(
        in_table("query", **QUERY | days | limit | projection)
        for days, limit, projection in product(
            ({}, DAYS, {"ScanIndexForward": True}),
            ({}, {"Limit": 1}, {"Limit": 9}),
            ({}, {"ProjectionExpression": "pk, Revision"}),
        )
    ),
]


def outcome(client: Any, request: Request) -> Any:
    """The answer, or the refusal."""
    operation, asked = request
    try:
        answer = getattr(client, operation)(**asked)
    except ClientError as refused:
        return type(refused).__name__, told(refused.response)
    if operation == "scan":
        answer["Items"].sort(key=lambda item: (item["pk"]["S"], item["sk"]["S"]))
    return told(answer)


def told(answer: Any) -> Any:
    """What of an answer the product could read."""
    match answer:
        case dict():
            return {name: told(value) for name, value in answer.items() if name not in UNTOLD}
        case list():
            return [told(each) for each in answer]
    return answer


def set_up(client: Any, state: Item | None) -> None:
    """The item in this state, among others that are always the same."""
    for item in OTHERS:
        client.put_item(TableName=TABLE, Item=item)
    if state is None:
        client.delete_item(TableName=TABLE, Key=ITEM)
    else:
        client.put_item(TableName=TABLE, Item=ITEM | state)


@pytest.fixture
def tables(moto: None) -> list[Any]:
    """The fake and moto."""
    clients = [FakeAWS().client("dynamodb"), boto3.client("dynamodb")]
    for client in clients:
        create_table(client, TABLE)
    return clients


def test_each_write_does_to_each_state_what_it_does_on_moto(tables: list[Any]) -> None:
    for state, write in product(STATES, WRITES):
        for client in tables:
            set_up(client, state)
        fake, true = ((outcome(client, write), outcome(client, READS[0])) for client in tables)
        assert fake == true, (state, write)


def test_each_read_finds_what_it_finds_on_moto(tables: list[Any]) -> None:
    for client in tables:
        set_up(client, {"Revision": {"N": "2"}, "Gone": {"L": []}})
    for read in READS:
        fake, true = (outcome(client, read) for client in tables)
        assert fake == true, read


@pytest.mark.parametrize("operation", ["get_object", "head_object"])
def test_an_object_that_is_not_there_is_refused_as_on_moto(moto: None, operation: str) -> None:
    refusals = []
    for client in (FakeAWS().client("s3"), boto3.client("s3")):
        client.create_bucket(Bucket=SITE)
        with pytest.raises(ClientError) as refused:
            getattr(client, operation)(Bucket=SITE, Key="none")
        status = refused.value.response["ResponseMetadata"]["HTTPStatusCode"]
        refusals.append((status, isinstance(refused.value, client.exceptions.NoSuchKey)))
    assert refusals[0] == refusals[1]


@pytest.mark.parametrize(
    "asked",
    [
        in_table("get_item", Key=ITEM, AttributesToGet=["pk"]),
        in_table("put_item", Item=ITEM, ConditionExpression="attribute_exists(pk)"),
        in_table("put_item", Item=ITEM, ConditionExpression="attribute_not_exists(pk)", Expected={}),
        in_table("delete_item", Key=ITEM, ConditionExpression="attribute_not_exists(pk) AND Revision = :one"),
        in_table("update_item", Key=ITEM, UpdateExpression="ADD Revision :one"),
        in_table("update_item", Key=ITEM, UpdateExpression="SET Revision = Revision + :one"),
        in_table("query", **QUERY | {"KeyConditionExpression": "pk = :pk AND sk > :first"}),
        in_table("query", **QUERY, FilterExpression="Revision = :one"),
        ("transact_write_items", {"TransactItems": [{"Delete": {"TableName": TABLE, "Key": ITEM}}]}),
    ],
)
def test_what_the_fake_does_not_know_it_refuses(asked: Request) -> None:
    client = FakeAWS().client("dynamodb")
    create_table(client, TABLE)
    with pytest.raises((KeyError, TypeError, UnknownExpressionError)):
        outcome(client, asked)


def some_days(world: World) -> None:
    """What a run can come to: stored, corrected, left with a hole, dead, locked out, rebuilt, mended."""
    world.tape.edits[SEVEN[1], "TSLA"] = None
    world.run()
    world.tape.edits[FRIDAY, "TSLA"] = bar("100", "200")
    world.now += timedelta(hours=6)
    assert world.run().corrected == [FRIDAY]
    lease = world.parts.leases.take("other", world.now, LIFE)
    with pytest.raises(LeaseHeldError, match="run other is in progress, until 2026-11-21T11:26:00Z"):
        world.run()
    lease.report(1, 2, 0.5)
    lease.abandon(world.now)
    world.now += timedelta(minutes=1)
    world.s3.put_object(Bucket=RAW, Key="notes.txt", Body=b"in no partition")
    rebuilt = world.rebuild("AAPL", "NVDA", apply=True)
    assert rebuilt.published
    assert not rebuilt.damaged
    world.s3.delete_object(Bucket=SITE, Key="movers.json")
    world.dynamodb.delete_item(
        TableName=TABLE, Key={"pk": {"S": "SESSIONS"}, "sk": {"S": SEVEN[0].isoformat()}}
    )
    world.run()


def left_behind(world: World) -> Any:
    """All that can be seen of a world. A vendor's answers are numbered, so the raw zone's bytes are not compared."""
    names = {bucket: world.keys(bucket) for bucket in (RAW, SITE)}
    archived = [world.s3.head_object(Bucket=RAW, Key=name) for name in names[RAW]]
    heads = [world.s3.head_object(Bucket=SITE, Key=name) for name in names[SITE]]
    asked = {"DistributionId": world.distribution}
    made = world.cloudfront.list_invalidations(**asked)["InvalidationList"]["Items"]
    full = [world.cloudfront.get_invalidation(**asked, Id=each["Id"])["Invalidation"] for each in made]
    return {
        "items": outcome(world.dynamodb, in_table("scan")),
        "names": [name.rpartition("-")[0] for name in names[RAW]] + names[SITE],
        "twins": [world.twin(name) for name in names[SITE]],
        "archived": [[head.get(name) for name in ("ContentType", "ContentEncoding")] for head in archived],
        "heads": [[head.get(name) for name in ("ETag", "ContentType", "CacheControl")] for head in heads],
        "invalidations": [each["InvalidationBatch"] for each in full],
        "count": world.invalidations(),
    }


def test_some_days_leave_behind_the_same_as_on_moto(moto: None) -> None:
    with world_on(FakeAWS()) as fake, world_on(boto3) as true:
        for world in (fake, true):
            some_days(world)
        assert left_behind(fake) == left_behind(true)
