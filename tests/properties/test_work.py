"""Whatever has to be done, one run does all of it when the provider answers, and in the fewest calls."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from math import inf
from types import SimpleNamespace
from typing import cast

from hypothesis import given
from hypothesis import strategies as st

from api.markets import US
from api.records import Bar, Mover, Session, Source
from api.watchlists import Watchlists
from ingest.calendar import load_calendar
from ingest.daily.apply import apply
from ingest.daily.judge import judge
from ingest.daily.plan import WEEK
from ingest.daily.run import Parts, Report, Rules
from ingest.daily.stored import Stored
from ingest.daily.work import Task, Work
from ingest.lease import Lease
from ingest.providers import Answer, Call, Told, Way, by_day, by_ticker
from tests.samples import NIGHT

SESSIONS = load_calendar(US).sessions(date(2026, 1, 2), date(2026, 3, 31))
TICKERS = tuple(f"T{n}" for n in range(12))


def bar_of(ticker: str, day: date) -> Bar:
    open_, close = Decimal(100 + TICKERS.index(ticker)), Decimal(100 + day.toordinal() % 17)
    return Bar(open_, max(open_, close), min(open_, close), close, Decimal(1000))


@dataclass
class Vendor:
    """Answers every call, and counts them."""

    most: float
    made: Counter[str] = field(default_factory=Counter)

    def calls(self, days: Sequence[date], tickers: Sequence[str]) -> Sequence[Way]:
        return [by_day("day", days), by_ticker("span", days, tickers)]

    def splits(self, first: date, last: date) -> None:
        return None

    def affordable(self) -> float:
        return self.most

    def ask(self, call: Call, waiting: object) -> Iterator[Answer]:
        self.made[call.endpoint] += 1
        yield Answer(call, NIGHT, b"")

    def read(self, call: Call, answers: Sequence[Answer], tickers: Sequence[str]) -> Told:
        days = (day for day in SESSIONS if call.first <= day <= call.last)
        return Told({day: {ticker: bar_of(ticker, day) for ticker in tickers} for day in days})


@dataclass
class Table:
    """What has been written, each session once."""

    sessions: dict[date, Session] = field(default_factory=dict)
    checked: list[date] = field(default_factory=list)

    def join(self, mover: Mover, session: Session, replaces: tuple[int | None, int | None]) -> None:
        assert mover.date == session.date not in self.sessions
        assert session.revision == (replaces[0] or 0) + 1
        self.sessions[session.date] = session

    def check(self, day: date, revision: int, now: datetime) -> None:
        self.checked.append(day)


EMPTY = Stored([], [], None, {}, whole=True)
watchlists = st.lists(st.sampled_from(TICKERS), min_size=1, unique=True).map(tuple)


@st.composite
def works(draw: st.DrawFn) -> Work:
    """Some sessions to add, and some to read again, each of a watchlist of its own; some have been corrected since."""
    days = draw(st.lists(st.sampled_from(SESSIONS), min_size=1, max_size=25, unique=True))
    again = days[draw(st.integers(0, len(days))) :]
    watchlist = draw(watchlists)
    tasks = {day: Task(watchlist) for day in days if day not in again}
    return Work(tasks | {day: reread(draw(stored(day))) for day in again}, NIGHT, EMPTY)


def reread(session: Session) -> Task:
    return Task(session.watchlist, session, (session.revision, session.revision))


@st.composite
def stored(draw: st.DrawFn, day: date) -> Session:
    watchlist = draw(watchlists)
    bars = {ticker: bar_of(ticker, day) for ticker in watchlist}
    if draw(st.booleans()):
        bars[watchlist[0]] = replace(bars[watchlist[0]], volume=Decimal(1))
    return Session(day, draw(st.integers(1, 9)), watchlist, bars)


def done(work: Work, affordable: float) -> tuple[Table, Report, Mapping[str, int]]:
    table, vendor, report = Table(), Vendor(affordable), Report()
    parts = SimpleNamespace(record=table, provider=vendor, archive=SimpleNamespace(keep=lambda _: ""))
    rules = SimpleNamespace(
        calendar=load_calendar(US),
        source=Source("massive", "simulated"),
        watchlists=Watchlists.parse(TICKERS, US),
        excuses=lambda _: {},
    )
    lease = SimpleNamespace(report=lambda *_: None)
    apply(cast(Parts, parts), cast(Rules, rules), work, cast(Lease, lease), report)
    return table, report, vendor.made


@given(works(), st.integers(0, 30) | st.just(inf))
def test_the_calls_made_cover_all_the_work(work: Work, affordable: float) -> None:
    table, report, _ = done(work, affordable)
    assert (report.left, report.failed) == ({}, {})
    stored = {day: task.session for day, task in work.tasks.items()}
    assert report.stored == sorted(day for day, session in stored.items() if not session)
    assert sorted(report.checked + report.corrected) == sorted(day for day, each in stored.items() if each)
    assert report.checked == sorted(table.checked)
    for day, session in table.sessions.items():
        watchlist = work.watched(day)
        fresh = judge(day, watchlist, {ticker: bar_of(ticker, day) for ticker in watchlist}, {})
        assert replace(session, revision=1) == fresh


@given(works())
def test_an_unchanged_session_is_checked_and_a_changed_one_corrected(work: Work) -> None:
    _, report, _ = done(work, inf)
    for day, session in ((day, task.session) for day, task in work.tasks.items() if task.session):
        unchanged = all(bar == bar_of(ticker, day) for ticker, bar in session.bars.items())
        assert (day in report.checked, day in report.corrected) == (unchanged, not unchanged)


@given(works(), st.integers(0, 30) | st.just(inf), st.booleans())
def test_never_more_calls_are_made_than_the_fewest_that_fit(
    work: Work, affordable: float, asked_for: bool
) -> None:
    """But what a run looks after by itself, and a week of a backfill, is asked for by whole day."""
    _, _, calls = done(replace(work, asked_for=asked_for), affordable)
    sessions, tickers = len(work.days), len(work.tickers)
    assert sum(calls.values()) <= sessions
    if sessions <= (WEEK if asked_for else affordable) or tickers > affordable:
        assert calls == {"day": sessions}
    else:
        assert sum(calls.values()) == min(sessions, tickers)
