"""A measure, its finding, and whether that meets the target. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scripts.tools.bench.bench import Bench

REPETITIONS = 7


@dataclass(frozen=True, slots=True)
class Finding:
    """The value compared with the target, the number of repetitions of which it is the median, and details."""

    value: float
    repetitions: int = 1
    detail: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Measure:
    """What is measured, and the highest value allowed. The unit of a ratio is the multiplication sign."""

    name: str
    what: str
    target: float
    unit: str
    run: Callable[["Bench"], Finding]


@dataclass(frozen=True, slots=True)
class Result:
    """A measure and its finding, or the reason (`failure`) why there is none."""

    measure: Measure
    finding: Finding | None
    failure: str | None = None

    @property
    def met(self) -> bool:
        return self.finding is not None and self.finding.value <= self.measure.target


def in_turn(first: Callable[[], float], second: Callable[[], float], times: int) -> list[tuple[float, float]]:
    """Measure two things in turn, so that a slow moment affects both. The first turn only warms up."""
    return [(first(), second()) for _ in range(times + 1)][1:]


def ratio(pairs: Sequence[tuple[float, float]], unit: str) -> Finding:
    """The median of the pairs' ratios."""
    ratios = [first / second for first, second in pairs]
    medians = [median(side) for side in zip(*pairs, strict=True)]
    return Finding(
        median(ratios),
        len(pairs),
        {f"median_{unit}": medians, f"pairs_{unit}": [list(pair) for pair in pairs]},
    )


def middle(values: Sequence[float], **detail: object) -> Finding:
    """The median."""
    return Finding(median(values), len(values), {"all": list(values), **detail})
