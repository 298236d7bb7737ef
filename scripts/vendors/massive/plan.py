"""Which days a Massive plan serves, and when.

Without a plan, everything up to the last closed session is served. `basic`, the free plan, serves two years of finished
days; a day is finished at midnight in New York.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from http import HTTPStatus

from api.markets import US
from ingest.calendar import Calendar
from scripts.vendors import DeniedError
from scripts.vendors.massive.wire import UPGRADE

BASIC = "basic"
BASIC_HISTORY = timedelta(days=730)


@dataclass(frozen=True, slots=True)
class Plan:
    """The plan called `name`, `None` for no limits. Raises `ValueError` for an unknown name."""

    calendar: Calendar
    name: str | None = None

    def __post_init__(self) -> None:
        if self.name not in (None, BASIC):
            raise ValueError(f"unknown plan {self.name!r}; allowed are {BASIC!r} and None")

    def newest(self, now: datetime) -> date:
        """The newest session that is served at `now`."""
        today = US.day(now)
        open_today = (
            self.name is None and self.calendar.is_session(today) and self.calendar.close_at(today) <= now
        )
        return today if open_today else self.calendar.previous_session(today)

    def oldest(self, now: datetime) -> date:
        """The first day that is served at `now`."""
        return US.day(now) - BASIC_HISTORY if self.name == BASIC else date.min

    def check_day(self, day: date, now: datetime) -> None:
        """Raises `DeniedError` for a day that the plan does not serve at `now`."""
        today = US.day(now)
        if self.name == BASIC and not self.oldest(now) <= day <= today:
            raise _forbidden("Your plan doesn't include this data timeframe.")
        if self.name == BASIC and day == today:
            raise _forbidden("Attempted to request today's data before end of day.")

    def part_of(self, first: date, last: date, now: datetime) -> tuple[date, date, str]:
        """The part of a range that is served, and its status: `DELAYED` if the plan withholds the range's last day.

        A range that begins before the plan's history is cut silently; of two reports on Massive, one has it so.
        Raises `DeniedError` if no part of it is in the plan.
        """
        if self.name is None:
            return first, min(last, self.newest(now)), "OK"
        today, oldest = US.day(now), self.oldest(now)
        self.check_day(min(max(first, oldest), last), now)
        return max(first, oldest), min(last, self.newest(now)), "DELAYED" if last >= today else "OK"


def _forbidden(text: str) -> DeniedError:
    return DeniedError(HTTPStatus.FORBIDDEN, f"{text} {UPGRADE}")
