"""The documents keep every digit, write plain numbers, and are what the description of the API says."""

import json
import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from api import documents
from api.markets import US
from api.records import Bar, Mover, Row, Session, Source, Status
from ingest.daily.judge import IncompleteSessionError, judge, mover_of
from tests.contract import conform
from tests.properties.facts import MICRO, bars, dates, extreme, histories, instants, sessions, tickers
from tests.samples import DAY, NIGHT, bar

PLAIN = re.compile(r"-?(0|[1-9]\d*)(\.\d{0,5}[1-9])?", re.ASCII)
FIELDS = ("Open", "High", "Low", "Close", "Volume", "PercentChange")

statuses = st.builds(
    Status,
    as_of=st.none() | dates,
    generated_at=instants,
    stale_after=instants,
    next_session=dates,
    expected=st.lists(dates, max_size=7).map(tuple),
    missing=st.lists(dates, max_size=7).map(tuple),
    watchlist=st.lists(tickers, max_size=7, unique=True).map(tuple),
    source=st.builds(
        Source, st.just("massive"), st.sampled_from(["live", "simulated", "recorded"]), st.integers()
    ),
)


def read(body: bytes) -> Any:
    """With every number as the exact one that is written."""
    return json.loads(body, parse_float=Decimal, parse_int=Decimal)


def numbers(body: bytes) -> Iterator[str]:
    """Every number of a document as it is written."""
    written = list[str]()
    json.loads(body, parse_float=written.append, parse_int=written.append)
    return iter(written)


NO_PREVIOUS_CLOSE = {"PreviousClose": None, "ChangeFromPreviousClose": None}


def row(bar: Bar) -> dict[str, Any]:
    values = (bar.open, bar.high, bar.low, bar.close, bar.volume, bar.percent_change)
    return dict(zip(FIELDS, values, strict=True))


@given(
    st.one_of(
        extreme(), st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**40), max_value=10**40)
    )
)
def test_a_number_is_written_in_plain_digits_and_is_off_by_half_a_millionth_at_most(value: Decimal) -> None:
    text = documents.number(value)
    assert PLAIN.fullmatch(text)
    assert text != "-0"
    assert abs(Fraction(text) - Fraction(value)) <= Fraction(MICRO) / 2


@given(sessions())
def test_a_session_keeps_every_digit(session: Session) -> None:
    mover = mover_of(session, "massive", NIGHT)
    document = read(documents.session(mover, session))
    ranked = [{"Ticker": ticker, **row(bar), **NO_PREVIOUS_CLOSE} for ticker, bar in session.ranked()]
    assert document["Bars"] == ranked
    assert document["Margin"] == mover.margin
    assert (document["Date"], document["Ticker"]) == (session.date.isoformat(), ranked[0]["Ticker"])
    assert (document["PercentChange"], document["ClosingPrice"]) == (
        mover.percent_change,
        mover.closing_price,
    )
    assert (tuple(document["Watchlist"]), document["Excused"]) == (session.watchlist, session.excused)


@given(tickers, st.lists(st.tuples(dates, bars(), st.booleans()), min_size=1, max_size=30))
def test_a_tickers_history_keeps_every_digit(symbol: str, past: list[tuple[date, Bar, bool]]) -> None:
    body = documents.ticker(symbol, [Row(symbol, day, bar, won, 1) for day, bar, won in past])
    conform("/tickers/{ticker}", "200", body)
    assert read(body)["Sessions"] == [
        {"Date": day.isoformat(), **row(bar), "ChangeFromPreviousClose": None, "Won": won}
        for day, bar, won in past
    ]


@given(histories)
def test_movers_keep_every_digit_in_four_fields(movers: list[Mover]) -> None:
    body = documents.movers(movers)
    conform("/history", "200", body)
    assert read(body) == [
        {
            "Date": mover.date.isoformat(),
            "Ticker": mover.ticker,
            "PercentChange": mover.percent_change,
            "ClosingPrice": mover.closing_price,
        }
        for mover in movers
    ]


@given(statuses)
def test_any_status_conforms(status: Status) -> None:
    conform("/status", "200", documents.status(status, US))


@given(sessions(st.one_of(bars(), bars(extreme()))))
@example(Session(DAY, 1, ("A",), {"A": bar("4E-7", "1")}))
@example(Session(DAY, 1, ("A",), {"A": bar("1", "2", volume="4E-7")}))
def test_what_is_judged_sane_conforms_and_has_no_noise(found: Session) -> None:
    try:
        session = judge(found.date, found.watchlist, found.bars, found.excused)
    except IncompleteSessionError:
        return
    body = documents.session(mover_of(session, "massive", NIGHT), session)
    conform("/movers/{date}", "200", body)
    assert all(map(PLAIN.fullmatch, numbers(body)))


@given(sessions())
def test_a_document_is_the_same_bytes_for_the_same_facts_and_others_for_others(session: Session) -> None:
    body = documents.session(mover_of(session, "massive", NIGHT), session)
    assert documents.session(mover_of(session, "massive", NIGHT), session) == body
    winner, best = session.ranked()[0]
    changed = Bar(best.open, best.high, best.low, best.close, best.volume + MICRO)
    other = Session(
        session.date, session.revision, session.watchlist, {**session.bars, winner: changed}, session.excused
    )
    assert documents.etag(documents.session(mover_of(other, "massive", NIGHT), other)) != documents.etag(body)


@given(st.floats())
def test_a_float_is_refused(value: float) -> None:
    with pytest.raises(TypeError, match="float"):
        documents.render({"PercentChange": value})
