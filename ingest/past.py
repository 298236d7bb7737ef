"""Whether a ticker's older bars are the same company's: a symbol that is given up may go to another one. Pure."""

from dataclasses import dataclass

from ingest.providers import Fault

LONGEST_HOLE = (
    20  # sessions in a row without a bar, as in a long halt; after more, nothing says that it is the same
)


@dataclass
class Past:
    """One ticker's sessions, seen from the newest to the oldest."""

    _seen: bool = False
    _absent: int = 0
    _hole: int = 0

    def see(self, *, traded: bool) -> Fault | None:
        """Take in the next older session in which the market traded; the fault of a bar before a long hole."""
        if not traded:
            self._absent += 1
            return None
        if self._seen and self._absent > LONGEST_HOLE:
            self._hole = self._absent
        self._seen, self._absent = True, 0
        return _stranger(self._hole) if self._hole else None

    def after_a_gap(self) -> "Past":
        """The same where sessions follow that were not looked at: the ticker may have traded in them."""
        return Past(self._seen, 0, self._hole)


def _stranger(hole: int) -> Fault:
    return Fault(
        f"did not trade in the {hole} sessions that followed, so it may have been another company; a watchlist that is"
        " dated before them and names it says that it is the same"
    )
