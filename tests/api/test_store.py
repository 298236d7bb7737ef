"""The same tests on both implementations of DynamoDB."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from api.records import Row, Session
from api.store import RevisionConflictError
from ingest.daily.record import Record
from tests.conftest import TABLE
from tests.samples import DAY, NEXT, NIGHT, TOLD, bar, mover, record, session, status
from tests.world import sessions_of


@pytest.fixture
def store(dynamodb: Any) -> Record:
    return Record(dynamodb, TABLE)


def test_a_mover_and_its_session_come_back_as_they_went(store: Record) -> None:
    record(store, session())
    assert store.session(DAY) == (mover(session()), session())
    assert store.movers() == [mover(session())]
    assert sessions_of(store) == [session()]


def test_an_excused_ticker_comes_back_with_its_reason(store: Record) -> None:
    halted = Session(DAY, 1, ("AAPL", "TSLA"), {"AAPL": bar("1", "2")}, {"TSLA": "halted"})
    record(store, halted)
    assert sessions_of(store) == [halted]
    assert store.ticker("TSLA", 30) == []


def test_the_items_are_laid_out_as_promised(store: Record, dynamodb: Any) -> None:
    record(store, session())
    item = dynamodb.get_item(TableName=TABLE, Key={"pk": {"S": "MOVERS"}, "sk": {"S": "2026-02-10"}})["Item"]
    assert item == {
        "pk": {"S": "MOVERS"},
        "sk": {"S": "2026-02-10"},
        "Date": {"S": "2026-02-10"},
        "Ticker": {"S": "TSLA"},
        "PercentChange": {"N": "-3.461729"},
        "ClosingPrice": {"N": "241.345678"},
        "Open": {"N": "250"},
        "RunnerUp": {"S": "AAPL"},
        "Margin": {"N": "2.461729"},
        "Provider": {"S": "massive"},
        "RecordedAt": {"S": "2026-02-11T05:10:09Z"},
        "Revision": {"N": "1"},
    }
    item = dynamodb.get_item(TableName=TABLE, Key={"pk": {"S": "SESSIONS"}, "sk": {"S": "2026-02-10"}})[
        "Item"
    ]
    assert set(item) == {"pk", "sk", "Revision", "Winner", "Watchlist", "Bars", "Rows"}
    assert set(item["Bars"]["M"]["AAPL"]["M"]) == {"Open", "High", "Low", "Close", "Volume", "PercentChange"}
    item = dynamodb.get_item(TableName=TABLE, Key={"pk": {"S": "TICKER#TSLA"}, "sk": {"S": "2026-02-10"}})[
        "Item"
    ]
    assert item == {
        "pk": {"S": "TICKER#TSLA"},
        "sk": {"S": "2026-02-10"},
        "SymbolDate": {"S": "TSLA#2026-02-10"},
        "Open": {"N": "250"},
        "High": {"N": "250"},
        "Low": {"N": "241.345678"},
        "Close": {"N": "241.345678"},
        "Volume": {"N": "1000"},
        "Won": {"BOOL": True},
        "Revision": {"N": "1"},
    }


def test_movers_come_newest_first_up_to_the_limit(store: Record) -> None:
    days = [DAY - timedelta(days=n) for n in range(12)]
    for day in reversed(days):
        record(store, session(day))
    assert [found.date for found in store.movers(7)] == days[:7]
    assert [found.date for found in store.movers()] == days


def test_nothing_is_found_in_an_empty_table(store: Record) -> None:
    assert store.movers(7) == []
    assert store.session(DAY) is None
    assert store.ticker("AAPL", 30) == []
    assert store.status() is None


def test_a_session_is_recorded_once(store: Record) -> None:
    record(store, session())
    with pytest.raises(RevisionConflictError, match="2026-02-10"):
        record(store, session(AAPL=bar("1", "9")))
    assert sessions_of(store) == [session()]


def test_a_correction_replaces_exactly_the_revision_that_was_read(store: Record) -> None:
    record(store, session())
    corrected = session(revision=2, AAPL=bar("100", "150"))
    record(store, corrected, replaces=1)
    assert store.session(DAY) == (mover(corrected), corrected)
    for other in (1, 3):
        with pytest.raises(RevisionConflictError):
            record(store, session(revision=other + 1), replaces=other)
    assert store.session(DAY) == (mover(corrected), corrected)


def test_a_check_leaves_everything_but_its_instant(store: Record) -> None:
    record(store, session())
    store.check(DAY, 1, NIGHT + timedelta(hours=6))
    assert store.movers() == [replace(mover(session()), checked_at=NIGHT + timedelta(hours=6))]
    with pytest.raises(RevisionConflictError):
        store.check(DAY, 2, NIGHT)
    with pytest.raises(RevisionConflictError):
        store.check(date(2026, 2, 9), 1, NIGHT)


def test_a_tickers_past_is_read_without_the_others(store: Record) -> None:
    record(store, session())
    record(store, session(date(2026, 2, 9), AAPL=bar("100", "120")))
    assert store.ticker("AAPL", 30) == [
        Row("AAPL", DAY, bar("100", "101"), won=False, revision=1),
        Row("AAPL", date(2026, 2, 9), bar("100", "120"), won=True, revision=1),
    ]
    assert store.ticker("BRK.B", 30) == []


def test_more_than_a_page_of_sessions_is_read_whole(store: Record) -> None:
    """Three sessions of 400 KB are more than the megabyte that one answer of a query may hold."""
    tickers = tuple(f"T{n}" for n in range(2_200))
    days = [DAY - timedelta(days=n) for n in range(3)]
    bars = dict.fromkeys(tickers, bar("123.4567", "123.9876", "1234567.891234"))
    for day in days:
        large = Session(day, 1, tickers, bars)
        store.join(mover(large), large, (None, None))
    assert [found.date for found in sessions_of(store)] == days


def test_numbers_keep_every_digit(store: Record) -> None:
    precise = bar("0.1000000000000000000001", "30002507.354057", "1.12117471E+8")
    record(store, session(AAPL=precise))
    assert sessions_of(store)[0].bars["AAPL"] == precise
    assert store.movers()[0].open == Decimal("0.1000000000000000000001")


def test_the_status_comes_back_as_it_went(store: Record) -> None:
    for stored in (status(as_of=None), status(), TOLD):
        store.put_status(stored)
        assert store.status() == stored


def test_what_an_earlier_release_stored_is_read_as_unknown(store: Record, dynamodb: Any) -> None:
    """Before sessions knew the one before them."""
    record(store, NEXT)
    store.put_status(TOLD)
    since = {"Previous", "Split", "CheckedAt", "ReadyAt", "Names", "Recorded", "Holidays"}
    for item in dynamodb.scan(TableName=TABLE, ConsistentRead=True)["Items"]:
        older = {name: value for name, value in item.items() if name not in since}
        dynamodb.put_item(TableName=TABLE, Item=older)
    (found,), (row,) = sessions_of(store), store.ticker("TSLA", 30)
    assert (found, found.splits, found.previous) == (NEXT, NEXT.splits, None)
    assert (row.split, row.previous) == (None, None)
    assert store.status() == status()


def test_a_session_knows_its_splits_and_the_one_before_and_so_do_its_rows(store: Record) -> None:
    record(store, session())
    record(store, NEXT)
    (found, _), (row, _) = sessions_of(store), store.ticker("TSLA", 30)
    assert (found.splits, found.previous) == (NEXT.splits, DAY)
    assert (row.split, row.previous) == (Fraction(5, 2), DAY)
    assert store.ticker("AAPL", 1)[0].split == 1
    assert store.before(found) == session()
    assert store.before(session()) is None


def test_with_the_rows_it_is_noted_which_session_was_before(store: Record) -> None:
    record(store, replace(NEXT, previous=None))
    store.rows_written(NEXT)
    assert sessions_of(store)[0].previous == DAY
    with pytest.raises(RevisionConflictError):
        store.rows_written(replace(NEXT, revision=2))


def test_splits_that_come_later_ask_for_the_rows_to_be_written_again(store: Record) -> None:
    record(store, session())
    assert sessions_of(store)[0].rows == 1
    store.note_splits(DAY, 1, {"TSLA": Fraction(3)})
    (found,) = sessions_of(store)
    assert (found.splits, found.rows) == ({"TSLA": Fraction(3)}, 0)


def test_winners_may_end_with_a_day(store: Record) -> None:
    for day in (DAY, NEXT.date):
        record(store, session(day))
    assert [winner.date for winner in store.winners(7, last=DAY)] == [DAY]
    assert [winner.date for winner in store.winners(1, last=NEXT.date)] == [NEXT.date]
