from typing import Any

import boto3
import pytest

from scripts.cloud.emulator import Emulator
from scripts.deployment.destroy import _delete_table, empty
from tests.conftest import TABLE
from tests.empty import create_table


class Table:
    """A DynamoDB with one table, which refuses what AWS refuses while it changes."""

    def __init__(self, status: str, *, protected: bool) -> None:
        self.status = status
        self.protected = protected
        self.calls: list[str] = []

    def describe_table(self, *, TableName: str) -> dict[str, Any]:  # noqa: N803 - the names are AWS's
        return {"Table": {"TableStatus": self.status, "DeletionProtectionEnabled": self.protected}}

    def get_waiter(self, name: str) -> "Table":
        self.awaited = name
        return self

    def wait(self, *, TableName: str) -> None:  # noqa: N803
        self.calls.append(self.awaited)
        self.status = "ACTIVE" if self.awaited == "table_exists" else "GONE"

    def update_table(self, *, TableName: str, DeletionProtectionEnabled: bool) -> None:  # noqa: N803
        assert self.status == "ACTIVE"
        self.status, self.protected = "UPDATING", DeletionProtectionEnabled
        self.calls.append("unprotected")

    def delete_table(self, *, TableName: str) -> None:  # noqa: N803
        assert self.status == "ACTIVE"
        assert not self.protected
        self.status = "DELETING"
        self.calls.append("deleted")


UNPROTECTED = ["table_exists", "unprotected", "table_exists", "deleted", "table_not_exists"]


@pytest.mark.parametrize(
    ("status", "protected", "calls"),
    [
        ("ACTIVE", True, UNPROTECTED),
        ("UPDATING", True, UNPROTECTED),
        ("UPDATING", False, ["table_exists", "deleted", "table_not_exists"]),
        ("DELETING", True, ["table_not_exists"]),
    ],
)
def test_a_table_is_deleted_whatever_it_is_about(status: str, protected: bool, calls: list[str]) -> None:
    table = Table(status, protected=protected)
    _delete_table(table, "movers")
    assert (table.status, table.calls) == ("GONE", calls)


def test_a_real_table_is_deleted_too(emulator: Emulator) -> None:
    dynamodb = emulator.client("dynamodb")
    create_table(dynamodb, TABLE)
    _delete_table(dynamodb, TABLE)
    assert TABLE not in dynamodb.list_tables()["TableNames"]


def test_a_bucket_is_emptied_of_old_versions_and_of_what_was_deleted_in_it(moto: None) -> None:
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="raw")
    s3.put_bucket_versioning(Bucket="raw", VersioningConfiguration={"Status": "Enabled"})
    for body in (b"old", b"new"):
        s3.put_object(Bucket="raw", Key="answer", Body=body)
    s3.delete_object(Bucket="raw", Key="answer")
    empty(s3, "raw")
    assert "Versions" not in s3.list_object_versions(Bucket="raw")
    s3.delete_bucket(Bucket="raw")
    empty(s3, "raw")
