import gzip

import boto3

from ingest.archive import Archive, object_key
from ingest.providers import Answer
from tests.samples import NIGHT

BODY = b'{"status":"OK", "results": [ ] }\n'
GROUPED = Answer({"endpoint": "grouped", "date": "2026-02-10"}, NIGHT, BODY, {})


def test_the_key_says_what_was_asked_and_when() -> None:
    partition = "raw/provider=massive/endpoint=grouped/date=2026-02-10"
    assert object_key("massive", GROUPED) == f"{partition}/20260211T051009Z-7efe2f38.json.gz"
    ranged = {"endpoint": "range", "ticker": "BRK.B", "from": "2026-01-02", "to": "2026-02-10"}
    key = object_key("massive", Answer(ranged, NIGHT, BODY, {}))
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
