"""AWS in memory: clients with state that know what the daily path asks of AWS, and no more.

The product's own table, lease, archive and site run on them. An argument or an expression that they do not know is
refused, and an answer is one page, however long. `tests/test_fakes.py` compares them with moto.
"""
# ruff: noqa: N803 - arguments as boto3 spells them

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from io import BytesIO
from itertools import count
from operator import eq, le
from types import MappingProxyType, SimpleNamespace
from typing import Any

from botocore.exceptions import ClientError

from api.documents import etag

Item = dict[str, Any]

BATCH = 25  # items of a batch
TERM = re.compile(r"attribute_not_exists\((?P<absent>\w+)\)|(?P<name>#?\w+) (?P<sign>=|<=) (?P<value>:\w+)")
SIGNS = {"=": eq, "<=": le}
UPDATE = re.compile(r"SET (?P<set>#?\w+ = :\w+(, #?\w+ = :\w+)*)( REMOVE (?P<remove>\w+))?")
QUERY = re.compile(r"pk = :pk( AND sk BETWEEN :first AND :last)?")

REFUSALS = ("ConditionalCheckFailedException", "TransactionCanceledException", "NoSuchKey")
EXCEPTIONS = SimpleNamespace(**{name: type(name, (ClientError,), {}) for name in REFUSALS})


class FakeAWS:
    """Stands where boto3 does, with one client for each service."""

    def __init__(self) -> None:
        kinds = {"dynamodb": FakeDynamoDB, "s3": FakeS3, "cloudfront": FakeCloudFront, "ssm": FakeSSM}
        self._clients = {service: kind() for service, kind in kinds.items()}

    def client(self, service: str) -> Any:
        return self._clients[service]


class UnknownExpressionError(Exception):
    """An expression that the fake has not learnt."""


@dataclass
class FakeDynamoDB:
    """Tables by name, of items by key. Items are kept as JSON, so that nobody shares them."""

    exceptions = EXCEPTIONS
    _tables: dict[str, dict[tuple[str, str], str]] = field(default_factory=dict)

    def create_table(self, TableName: str, **_: Any) -> None:
        self._tables[TableName] = {}

    def get_item(self, TableName: str, Key: Item, ConsistentRead: bool = False) -> Item:
        item = self._read(TableName, Key)
        return {"Item": item} if item else {}

    def put_item(self, TableName: str, Item: Item, ReturnValues: str = "NONE", **condition: Any) -> Item:
        old = self._read(TableName, Item)
        _demand(old, **condition)
        self._write(TableName, Item)
        return {"Attributes": old} if old and ReturnValues == "ALL_OLD" else {}

    def update_item(self, TableName: str, Key: Item, UpdateExpression: str, **condition: Any) -> Item:
        item = self._read(TableName, Key)
        _demand(item, **condition)
        update = _match(UPDATE, UpdateExpression)
        names, values = condition["ExpressionAttributeNames"], condition["ExpressionAttributeValues"]
        for name, value in (pair.split(" = ") for pair in update["set"].split(", ")):
            item[names.get(name, name)] = values[value]
        item.pop(update["remove"], None)
        self._write(TableName, Key | item)
        return {}

    def delete_item(self, TableName: str, Key: Item, **condition: Any) -> Item:
        _demand(self._read(TableName, Key), **condition)
        self._tables[TableName].pop(_key(Key), None)
        return {}

    def query(
        self,
        TableName: str,
        KeyConditionExpression: str,
        ExpressionAttributeValues: Item,
        ScanIndexForward: bool,
        ConsistentRead: bool,
        Limit: int | None = None,
        ProjectionExpression: str = "",
    ) -> Item:
        _match(QUERY, KeyConditionExpression)
        asked = {name: value["S"] for name, value in ExpressionAttributeValues.items()}
        first, last = asked.get(":first", ""), asked.get(":last", "\uffff")
        table = self._tables[TableName]
        keys = [(pk, sk) for pk, sk in list(table) if pk == asked[":pk"] and first <= sk <= last]
        items = [json.loads(table[key]) for key in sorted(keys, reverse=not ScanIndexForward)[:Limit]]
        if ProjectionExpression:
            wanted = ProjectionExpression.split(", ")
            items = [{name: item[name] for name in wanted if name in item} for item in items]
        return {"Items": items, "Count": len(items)}

    def scan(self, TableName: str, ConsistentRead: bool = False) -> Item:
        items = [json.loads(item) for _, item in sorted(self._tables[TableName].items())]
        return {"Items": items, "Count": len(items)}

    def batch_write_item(self, RequestItems: Mapping[str, Sequence[Item]]) -> Item:
        ((table, requests),) = RequestItems.items()
        assert 0 < len(requests) <= BATCH
        for request in requests:
            ((kind, asked),) = request.items()
            write: Any = {"PutRequest": self.put_item, "DeleteRequest": self.delete_item}[kind]
            write(table, **asked)
        return {"UnprocessedItems": {}}

    def transact_write_items(self, TransactItems: Sequence[Item]) -> Item:
        def code(TableName: str, Item: Item, **condition: Any) -> str:
            return "None" if _holds(self._read(TableName, Item), **condition) else "ConditionalCheckFailed"

        puts = [each["Put"] for each in TransactItems]
        reasons = [{"Code": code(**put)} for put in puts]
        if any(reason["Code"] != "None" for reason in reasons):
            raise EXCEPTIONS.TransactionCanceledException({"CancellationReasons": reasons}, "")
        for put in puts:
            self._write(put["TableName"], put["Item"])
        return {}

    def _read(self, table: str, key: Item) -> Item:
        """An item; an empty one where there is none."""
        return json.loads(self._tables[table].get(_key(key), "{}"))

    def _write(self, table: str, item: Item) -> None:
        self._tables[table][_key(item)] = json.dumps(item)


def _key(item: Item) -> tuple[str, str]:
    return item["pk"]["S"], item["sk"]["S"]


def _match(pattern: re.Pattern[str], expression: str) -> re.Match[str]:
    if not (found := pattern.fullmatch(expression)):
        raise UnknownExpressionError(expression)
    return found


def _demand(item: Item, ReturnValuesOnConditionCheckFailure: str = "NONE", **condition: Any) -> None:
    if not _holds(item, **condition):
        told = {"Item": item} if item and ReturnValuesOnConditionCheckFailure == "ALL_OLD" else {}
        raise EXCEPTIONS.ConditionalCheckFailedException(told, "")


def _holds(
    item: Item,
    ConditionExpression: str = "",
    ExpressionAttributeNames: Mapping[str, str] = MappingProxyType({}),
    ExpressionAttributeValues: Mapping[str, Item] = MappingProxyType({}),
) -> bool:
    """Whether a condition, if there is one, holds for an item."""

    def true(term: re.Match[str]) -> bool:
        if term["absent"]:
            return term["absent"] not in item
        stored = item.get(ExpressionAttributeNames.get(term["name"], term["name"]), {})
        asked = ExpressionAttributeValues[term["value"]]
        same_type = stored.keys() == asked.keys()
        return same_type and SIGNS[term["sign"]](_comparable(**stored), _comparable(**asked))

    terms = [_match(TERM, term) for term in ConditionExpression.split(" OR ") if term]
    return not terms or any(map(true, terms))


def _comparable(S: str = "", N: str = "0") -> tuple[str, Decimal]:
    return S, Decimal(N)


@dataclass
class FakeS3:
    """Buckets by name, of objects by key."""

    exceptions = EXCEPTIONS
    _buckets: dict[str, dict[str, Item]] = field(default_factory=dict)

    def create_bucket(self, Bucket: str) -> None:
        self._buckets[Bucket] = {}

    def put_object(self, Bucket: str, Key: str, Body: bytes, **headers: str) -> None:
        assert headers.keys() <= {"ContentType", "CacheControl", "ContentEncoding"}
        given = {"ContentType": "binary/octet-stream", **headers}
        self._buckets[Bucket][Key] = {"Body": Body, "ETag": etag(Body), **given}

    def get_object(self, Bucket: str, Key: str) -> Item:
        found = self._object(Bucket, Key)
        return {**found, "Body": BytesIO(found["Body"])}

    def head_object(self, Bucket: str, Key: str) -> Item:
        return {
            name: value for name, value in self._object(Bucket, Key, ClientError).items() if name != "Body"
        }

    def delete_object(self, Bucket: str, Key: str) -> None:
        self._buckets[Bucket].pop(Key, None)

    def list_objects_v2(self, Bucket: str, Prefix: str = "") -> Item:
        found = sorted(self._buckets[Bucket].items())
        listed = [{"Key": key, "ETag": each["ETag"]} for key, each in found if key.startswith(Prefix)]
        return {"KeyCount": len(listed)} | ({"Contents": listed} if listed else {})

    def get_paginator(self, operation: str) -> SimpleNamespace:
        list_all = getattr(self, operation)
        return SimpleNamespace(paginate=lambda **asked: [list_all(**asked)])

    def _object(self, bucket: str, key: str, refusal: type[ClientError] = EXCEPTIONS.NoSuchKey) -> Item:
        if key not in self._buckets[bucket]:
            answer: Any = {"ResponseMetadata": {"HTTPStatusCode": 404}}
            raise refusal(answer, "")
        return self._buckets[bucket][key]


@dataclass
class FakeCloudFront:
    """Distributions by id, each of which is no more than its invalidations, oldest first."""

    _distributions: dict[str, list[Item]] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=count)

    def create_distribution(self, DistributionConfig: Item) -> Item:
        identity = f"E{next(self._numbers)}"
        self._distributions[identity] = []
        return {"Distribution": {"Id": identity}}

    def create_invalidation(self, DistributionId: str, InvalidationBatch: Item) -> Item:
        made = {"Id": f"I{next(self._numbers)}", "InvalidationBatch": InvalidationBatch}
        self._distributions[DistributionId].append(made)
        return {"Invalidation": made}

    def list_invalidations(self, DistributionId: str) -> Item:
        made = [{"Id": each["Id"]} for each in self._distributions[DistributionId]]
        return {"InvalidationList": {"Quantity": len(made), **({"Items": made} if made else {})}}

    def get_invalidation(self, DistributionId: str, Id: str) -> Item:
        (found,) = (each for each in self._distributions[DistributionId] if each["Id"] == Id)
        return {"Invalidation": found}


class FakeSSM:
    """Parameters by name."""

    def __init__(self) -> None:
        self._values: dict[str, str] = {}

    def put_parameter(self, Name: str, Value: str, Type: str) -> None:
        self._values[Name] = Value

    def get_parameter(self, Name: str, WithDecryption: bool) -> Item:
        return {"Parameter": {"Value": self._values[Name]}}
