import gzip
from datetime import UTC, date, datetime

import boto3
import pytest

from ingest.archive import Archive, DamagedAnswerError, Kept, object_key
from ingest.providers import Answer, Call
from tests.samples import NIGHT

BODY = b'{"status":"OK", "results": [ ] }\n'
GROUPED = Answer(Call("grouped", date(2026, 2, 10), date(2026, 2, 10)), NIGHT, BODY)


def test_the_key_says_what_was_asked_and_when() -> None:
    partition = "raw/provider=massive/endpoint=grouped/date=2026-02-10"
    assert object_key("massive", GROUPED) == f"{partition}/20260211T051009Z-7efe2f38.json.gz"
    ranged = Call("range", date(2026, 1, 2), date(2026, 2, 10), "BRK.B")
    key = object_key("massive", Answer(ranged, NIGHT, BODY))
    assert key.startswith("raw/provider=massive/endpoint=range/ticker=BRK.B/from=2026-01-02/to=2026-02-10/")


def test_an_answer_is_kept_to_the_byte(moto: None) -> None:
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="raw")
    archive = Archive(s3, "raw", "massive")
    key = archive.keep(GROUPED)
    kept = s3.get_object(Bucket="raw", Key=key)
    assert gzip.decompress(kept["Body"].read()) == BODY
    assert kept["ContentEncoding"] == "gzip"
    archive.keep(GROUPED)
    assert s3.list_objects_v2(Bucket="raw")["KeyCount"] == 1


def test_what_was_kept_can_be_read_again_by_its_key(moto: None) -> None:
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="raw")
    archive = Archive(s3, "raw", "massive")
    s3.put_object(Bucket="raw", Key="raw/provider=other/endpoint=grouped/x", Body=b"")
    archive.keep(GROUPED)
    (key,) = archive.listing()
    answer = archive.read(Kept.parse(key))
    assert (answer.body, answer.call) == (BODY, GROUPED.call)
    assert answer.document == {"status": "OK", "results": []}
    assert answer.fetched_at == NIGHT


def test_a_key_tells_days_and_ticker() -> None:
    folder = "raw/provider=massive/endpoint=range/ticker=BRK.B/from=2026-01-02/to=2026-02-10"
    kept = Kept.parse(f"{folder}/20260211T051009Z-7efe2f38.json.gz")
    assert kept.call == Call("range", date(2026, 1, 2), date(2026, 2, 10), "BRK.B")
    assert kept.fetched_at == datetime(2026, 2, 11, 5, 10, 9, tzinfo=UTC)
    splits = Call("splits", date(2026, 2, 2), date(2026, 2, 10))
    for call in (GROUPED.call, splits):
        assert Kept.parse(object_key("massive", Answer(call, NIGHT, BODY))).call == call


@pytest.mark.parametrize(
    "key",
    [
        "raw/provider=massive/notes.txt",
        "raw/provider=massive/endpoint=splits/day=2026-02-10/20260211T051009Z-7efe2f38.json.gz",
        "raw/provider=massive/endpoint=grouped/date=2026-02-30/20260211T051009Z-7efe2f38.json.gz",
        "raw/provider=massive/endpoint=grouped/date=2026-02-10/20260211T251009Z-7efe2f38.json.gz",
    ],
)
def test_a_name_that_no_answer_has_is_refused(key: str) -> None:
    with pytest.raises(DamagedAnswerError, match="its name"):
        Kept.parse(key)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"not packed", "can't be unpacked"),
        (gzip.compress(BODY)[:-9], "can't be unpacked"),
        (gzip.compress(BODY + b" "), "aren't those that were archived"),
    ],
    # Packed bytes carry the time, and workers must agree on names.
    ids=["not packed", "cut short", "other bytes"],
)
def test_an_object_that_is_not_what_was_kept_is_refused(moto: None, body: bytes, words: str) -> None:
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="raw")
    archive = Archive(s3, "raw", "massive")
    key = archive.keep(GROUPED)
    s3.put_object(Bucket="raw", Key=key, Body=body)
    with pytest.raises(DamagedAnswerError, match=words):
        archive.read(Kept.parse(key))
