"""The table gives back what was written: every digit, every sign, every empty place."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime

import boto3
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.items import MOVERS, SESSIONS, TICKER
from api.records import Mover, Session, Status, rows
from ingest.daily.judge import mover_of
from ingest.daily.record import Record
from ingest.daily.rows import writes
from tests.conftest import TABLE
from tests.empty import create_table
from tests.profiles import LONG
from tests.properties.facts import bars, extreme, instants, sessions
from tests.properties.test_documents import statuses
from tests.world import sessions_of

any_session = sessions(st.one_of(bars(), bars(extreme())))
one_table = settings(
    max_examples=500 if LONG else 20,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture
def store(moto: None) -> Record:
    client = boto3.client("dynamodb")
    create_table(client, TABLE)
    return Record(client, TABLE)


@contextmanager
def recorded(store: Record, mover: Mover, session: Session) -> Iterator[None]:
    """With nothing but this in the table."""
    store.join(mover, session, (None, None))
    for write in writes(store, session, mover.ticker):
        write()
    try:
        yield
    finally:
        for partition in (MOVERS, SESSIONS, *(TICKER + ticker for ticker in session.bars)):
            key = {"pk": {"S": partition}, "sk": {"S": session.date.isoformat()}}
            store.client.delete_item(TableName=TABLE, Key=key)


@one_table
@given(any_session, instants, instants)
def test_a_session_and_its_mover_come_back_as_they_went(
    store: Record, session: Session, now: datetime, later: datetime
) -> None:
    mover = mover_of(session, "massive", now)
    with recorded(store, mover, session):
        assert store.session(session.date) == (mover, session)
        assert (store.movers(), sessions_of(store)) == ([mover], [session])
        for ticker in session.watchlist:
            kept = [row for row in rows(session, mover.ticker) if row.ticker == ticker]
            assert store.ticker(ticker, 30) == kept
        store.check(session.date, session.revision, later)
        assert store.movers() == [replace(mover, checked_at=later)]


@one_table
@given(statuses)
def test_a_status_comes_back_as_it_went(store: Record, status: Status) -> None:
    store.put_status(status)
    assert store.status() == status
