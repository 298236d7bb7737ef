"""A measure, what was found, and whether that is good enough. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scripts.tools.bench.bench import Bench

REPETITIONS = 7


@dataclass(frozen=True, slots=True)
class Finding:
    """The value that counts, of how many repetitions it is the median, and what else is worth knowing."""

    value: float
    repetitions: int = 1
    detail: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Measure:
    """What is measured, and the most it may come to. A ratio has the sign of multiplication as its unit."""

    name: str
    what: str
    target: float
    unit: str
    run: Callable[["Bench"], Finding]


@dataclass(frozen=True, slots=True)
class Result:
    """A measure and its finding; without one it failed, and `failure` says why."""

    measure: Measure
    finding: Finding | None
    failure: str | None = None

    @property
    def met(self) -> bool:
        return self.finding is not None and self.finding.value <= self.measure.target


def in_turn(first: Callable[[], float], second: Callable[[], float], times: int) -> list[tuple[float, float]]:
    """Measure two things by turns, after one turn that does not count: what slows the machine slows both."""
    return [(first(), second()) for _ in range(times + 1)][1:]


def ratio(pairs: Sequence[tuple[float, float]], unit: str) -> Finding:
    """The median of the ratios, each of two things measured side by side."""
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
