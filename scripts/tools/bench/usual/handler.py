"""The usual implementation of `GET /movers`, one file and `boto3.resource`, to compare the api function with."""

import json
import os
from typing import Any

import boto3
from boto3.dynamodb.conditions import Key

table = boto3.resource("dynamodb").Table(os.environ["TABLE_NAME"])
FIELDS = ("Date", "Ticker", "PercentChange", "ClosingPrice")


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    found = table.query(
        KeyConditionExpression=Key("pk").eq("MOVERS"), ScanIndexForward=False, Limit=7, ConsistentRead=True
    )
    movers = [{name: item[name] for name in FIELDS} for item in found["Items"]]
    return {
        "statusCode": 200,
        "headers": {"Content-Type": "application/json"},
        "body": json.dumps(movers, default=float),
    }
