"""Who wins: by exact moves, whatever the order and the size of the numbers."""

from decimal import Decimal, localcontext
from fractions import Fraction
from itertools import pairwise

from hypothesis import example, given
from hypothesis import strategies as st

from api.records import Bar, Session
from ingest.daily.judge import mover_of
from tests.properties.facts import bars, extreme, sessions
from tests.samples import DAY, NIGHT, bar

WIDEST = Bar(
    *(Decimal(text) for text in ("7E-9", "999999999999.999999999", "7E-9", "999999999999.999999999", "1"))
)
"""A rise by 23 digits before the point: with six behind it, more than the 28 that `Decimal` keeps unasked."""

any_bar = st.one_of(bars(), bars(extreme()))


def compared(one: Bar, other: Bar) -> int:
    """Which of two moves is bigger, by whole numbers alone: positive for the first, 0 for a true tie."""
    (a, b), (c, d) = ((whole(bar.close) - whole(bar.open), whole(bar.open)) for bar in (one, other))
    return abs(a) * d - abs(c) * b


def whole(number: Decimal) -> int:
    """In the smallest unit that a believed number can have."""
    ratio = Fraction(number) * 10**60
    assert ratio.denominator == 1
    return ratio.numerator


@st.composite
def ties(draw: st.DrawFn) -> list[Bar]:
    """Bars of equal or hardly different moves, up or down, at very different prices."""
    open_, change = draw(st.integers(2, 10**4)), draw(st.integers(1, 10**4))
    found = list[Bar]()
    for _ in range(draw(st.integers(2, 6))):
        times, nudge = draw(st.integers(1, 10**9)), draw(st.sampled_from([0, 0, 1, -1]))
        sign = draw(st.sampled_from([1, -1] if change < open_ else [1]))
        close = open_ * times + sign * (change * times + nudge)
        found.append(bar(str(open_ * times), str(max(1, close))))
    return found


any_field = st.one_of(st.lists(any_bar, min_size=2, max_size=6), ties())


def session(field: list[Bar]) -> Session:
    return Session(
        DAY, 1, tuple(f"T{n}" for n in range(len(field))), {f"T{n}": b for n, b in enumerate(field)}
    )


@given(any_field)
def test_moves_fall_along_the_ranking_and_only_true_ties_go_by_the_watchlist(field: list[Bar]) -> None:
    ranked = session(field).ranked()
    assert len(ranked) == len(field)
    for (ahead, more), (behind, less) in pairwise(ranked):
        lead = compared(more, less)
        assert lead > 0 or (lead == 0 and int(ahead[1:]) < int(behind[1:]))


@given(any_field, st.data())
def test_the_order_of_the_watchlist_means_nothing_but_between_true_ties(
    field: list[Bar], data: st.DataObject
) -> None:
    given_ = session(field)
    watchlist = tuple(data.draw(st.permutations(given_.watchlist)))
    other = Session(DAY, 1, watchlist, given_.bars).ranked()
    for (_, one), (_, two) in zip(given_.ranked(), other, strict=True):
        assert compared(one, two) == 0
    best = [ticker for ticker in watchlist if compared(given_.bars[ticker], given_.ranked()[0][1]) == 0]
    assert other[0][0] == best[0]


@given(any_bar)
@example(WIDEST)
def test_a_percentage_is_rounded_once_from_the_exact_move(bar: Bar) -> None:
    exact = (Fraction(bar.close) - Fraction(bar.open)) / Fraction(bar.open) * 100
    assert abs(Fraction(bar.percent_change) - exact) <= Fraction(1, 2 * 10**6)
    assert -int(bar.percent_change.as_tuple().exponent) <= 6


@given(sessions(any_bar))
@example(Session(DAY, 1, ("UP", "DOWN"), {"UP": WIDEST, "DOWN": bar("2", "1")}))
def test_a_mover_is_the_first_of_the_ranking_and_its_margin_the_exact_lead(session: Session) -> None:
    mover, ranked = mover_of(session, "massive", NIGHT), session.ranked()
    assert (mover.ticker, mover.closing_price) == (ranked[0][0], ranked[0][1].close)
    assert mover.runner_up == (ranked[1][0] if ranked[1:] else None)
    if mover.margin is None:
        assert len(ranked) == 1
    else:
        lead = abs(ranked[0][1].move) - abs(ranked[1][1].move)
        assert abs(Fraction(mover.margin) - lead * 100) <= Fraction(1, 2 * 10**6)


@given(sessions(any_bar), st.integers(1, 50))
def test_the_arithmetic_around_it_does_not_matter(session: Session, digits: int) -> None:
    before = mover_of(session, "massive", NIGHT)
    with localcontext(prec=digits):
        assert mover_of(session, "massive", NIGHT) == before
