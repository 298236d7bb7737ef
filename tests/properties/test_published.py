"""The spreadsheet and the feed say what the movers say."""

import csv
import io
import json
from decimal import ROUND_HALF_EVEN, Decimal
from xml.etree import ElementTree as ET

from hypothesis import given

from api import documents
from api.markets import US
from api.records import Mover
from api.vendors import MASSIVE
from ingest.calendar import load_calendar
from ingest.daily.feed import Channel
from ingest.daily.twins import overview
from tests.properties.facts import histories

CHANNEL = Channel("prod", "https://movers.example", US, load_calendar(US).close_at, {}, MASSIVE.title)
ATOM = {"a": "http://www.w3.org/2005/Atom"}


def published(movers: list[Mover]) -> dict[str, bytes]:
    """What is published of the movers alone, which asks the table nothing."""
    return {twin.key: twin.body for twin in overview(movers, CHANNEL)}


@given(histories)
def test_the_spreadsheet_is_the_history_digit_by_digit(movers: list[Mover]) -> None:
    files = published(movers)
    rows = list(csv.DictReader(io.StringIO(files["movers.csv"].decode(), newline="")))
    assert rows == json.loads(files["history.json"], parse_float=str, parse_int=str)
    assert len(rows) == len(movers)


@given(histories)
def test_the_latest_are_the_beginning_of_the_history(movers: list[Mover]) -> None:
    files = published(movers)
    assert json.loads(files["movers.json"]) == json.loads(files["history.json"])[:7]


@given(histories)
def test_the_feed_is_the_latest_thirty_movers(movers: list[Mover]) -> None:
    files = published(movers)
    entries = ET.fromstring(files["feed.xml"]).findall("a:entry", ATOM)  # noqa: S314 - our own bytes
    assert len(entries) == min(30, len(movers))
    for entry, mover in zip(entries, movers, strict=False):
        day, ticker, change, _ = (entry.findtext("a:title", "", ATOM)).replace(":", "").split(" ")
        assert (day, ticker) == (mover.date.isoformat(), mover.ticker)
        assert Decimal(change) == mover.percent_change.quantize(Decimal("0.01"), ROUND_HALF_EVEN)
        assert entry.findtext("a:id", "", ATOM) == f"{CHANNEL.id}/{mover.date}"
        words = entry.findtext("a:summary", "", ATOM)
        assert f" {documents.number(mover.open)} to {documents.number(mover.closing_price)} USD" in words
        assert (f"Runner-up {mover.runner_up}," in words) == (None not in (mover.runner_up, mover.margin))
