"""How each state of the page comes about, and what a reader must see then."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from functools import cache
from itertools import product

from api.records import Bar
from tests.states.answers import (
    ABORT,
    HANG,
    NOT_FOUND,
    SERVER_ERROR,
    Answer,
    Answers,
    api_alone,
    as_files,
    half,
    nothing,
    of_another_shape,
    with_twins,
)
from tests.states.records import (
    FRIDAY,
    MONDAY,
    RECORDED,
    SATURDAY,
    THANKSGIVING,
    TUESDAY,
    WATCHLIST,
    Record,
    record,
    tied,
)


@dataclass(frozen=True, slots=True)
class Scene:
    """How a state comes about: what is stored, and what becomes of it on the `way` to the reader.

    `pages` is what the documents were made of, if that is older. `seen` is the time of the data when it is looked at,
    if that is not when it was stored; `now` is the reader's.
    """

    says: str
    stored: Callable[[], Record]
    way: Callable[[Answers], Answers] = dict
    otherwise: Answer = NOT_FOUND
    online: bool = True
    pages: Callable[[], Record] | None = None
    seen: datetime | None = None
    now: datetime | None = None


def _fresh() -> Record:
    return record(TUESDAY)


@cache
def _newest_flat() -> Record:
    newest, before, *_ = _fresh().sessions
    flat, tie = tied(newest, "AAPL", "MSFT", Decimal(0)), tied(before, "TSLA", "NVDA", Decimal("0.02"))
    return _fresh().with_latest(flat, tie)


@cache
def _newest_excused() -> Record:
    newest = _fresh().sessions[0]
    bars = {ticker: bar for ticker, bar in newest.bars.items() if ticker != "TSLA"}
    return _fresh().with_latest(replace(newest, bars=bars, excused={"TSLA": "halted all day"}))


@cache
def _newest_corrected() -> Record:
    return _fresh().with_latest(replace(_fresh().sessions[0], revision=2))


@cache
def _third_missing() -> Record:
    newest, second, _, *older = _fresh().sessions
    return replace(_fresh(), sessions=(newest, second, *older))


@cache
def _split() -> Record:
    """TSLA's twenty new shares for one, NVDA's one for ten, and the latest winner's three for two, some weeks ago."""
    sessions = list(_fresh().sessions)
    splits = ((12, "TSLA", Fraction(20)), (20, "AMZN", Fraction(3, 2)), (40, "NVDA", Fraction(1, 10)))
    for place, ticker, ratio in splits:
        sessions[place] = replace(sessions[place], splits={ticker: ratio})
        for i, session in enumerate(sessions[place + 1 :], place + 1):
            bars = {**session.bars, ticker: _before(session.bars[ticker], ratio)}
            sessions[i] = replace(session, bars=bars)
    return replace(_fresh(), sessions=tuple(sessions))


def _before(bar: Bar, ratio: Fraction) -> Bar:
    """The same bar in old shares."""
    after, before = ratio.numerator, ratio.denominator
    open, high, low, close = (price * after / before for price in (bar.open, bar.high, bar.low, bar.close))
    return Bar(open, high, low, close, bar.volume * before / after)


@cache
def _stray_print() -> Record:
    """A high of TSLA that is far from every other price."""
    sessions = list(_fresh().sessions)
    bar = sessions[9].bars["TSLA"]
    bars = {**sessions[9].bars, "TSLA": replace(bar, high=bar.high * 6)}
    sessions[9] = replace(sessions[9], bars=bars)
    return replace(_fresh(), sessions=tuple(sessions))


def _six_hundred() -> Record:
    made_up = map("".join, product("BCDFGHJKLM", "AEIOU", "LNRSTXZBDGKM"))
    return record(TUESDAY, watchlist=(*WATCHLIST, *made_up)[:600], count=7)


def _old_twins(answers: Answers) -> Answers:
    """Twins of the day before, beside a status and an API that know better."""
    kept = {"/status.json": answers["/status.json"]}
    return {**api_alone(answers), **as_files(record(MONDAY).twins), **kept}


SCENES = {
    "fresh": Scene("The latest winner and seven sessions, up to date, from the snapshot.", _fresh),
    "simulated": Scene("A warning that the prices are invented.", lambda: record(TUESDAY, kind="simulated")),
    "recorded": Scene(
        "A warning that this is a replay whose clock stands at May 30, 2026; a weekend, and nothing is late.",
        lambda: record(RECORDED, kind="recorded"),
        now=TUESDAY,
    ),
    "late": Scene("A warning that newer numbers are overdue.", lambda: record(FRIDAY), seen=TUESDAY),
    "weekend": Scene("Market closed for the weekend; next session Mon, Nov 23.", lambda: record(SATURDAY)),
    "holiday": Scene("Market closed for a holiday; next session Fri, Nov 27.", lambda: record(THANKSGIVING)),
    "offline": Scene(
        "Offline, and this browser has seen no numbers yet (no data, where the browser is online all the same).",
        _fresh,
        nothing,
        otherwise=ABORT,
        online=False,
    ),
    "api": Scene("All numbers, served by the API, as there is no snapshot.", _fresh, api_alone),
    "hung": Scene(
        "All numbers, served by the API, after waiting 4 seconds for the snapshot.",
        _fresh,
        with_twins(lambda _: HANG),
    ),
    "truncated": Scene(
        "All numbers, served by the API, as half of each snapshot is lost.", _fresh, with_twins(half)
    ),
    "wrong-shape": Scene(
        "All numbers, served by the API, as the snapshots hold something else.",
        _fresh,
        with_twins(of_another_shape),
    ),
    "stale": Scene(
        "All numbers, served by the API, as document and snapshot end a session early.",
        _fresh,
        _old_twins,
        pages=lambda: record(MONDAY),
    ),
    "empty": Scene("No session yet: the first one is still to come.", lambda: Record(TUESDAY, ())),
    "missing": Scene("A warning that Thu, Nov 19 is not stored.", _third_missing),
    "down": Scene("No data, neither from the snapshot nor from the API.", _fresh, nothing, SERVER_ERROR),
    "corrected": Scene("The newest session as revision 2, on its own page at least.", _newest_corrected),
    "excused": Scene("The newest session without TSLA, halted all day.", _newest_excused),
    "split": Scene(
        "TSLA after a 20:1 split and NVDA after a 1:10 one; all prices are those of shares after them.",
        _split,
    ),
    "stray": Scene(
        "A price of TSLA that is far from all others and does not shrink their chart.", _stray_print
    ),
    "long": Scene(
        "A watchlist of 600 tickers that breaks no layout; seven sessions are stored.", _six_hundred
    ),
    "flat": Scene(
        "A winner at 0.00 %, neither up nor down; before it a true tie at 2 %, won by the ticker listed first.",
        _newest_flat,
    ),
}
