"""A vendor's stand-in for the commands: simulated, or recorded bars with the clock set back."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Literal

from api.markets import US
from api.watchlists import Watchlists
from ingest.calendar import Calendar, load_calendar
from scripts.errors import CommandError
from scripts.vendors.clock import clock_offset_seconds, shifted_clock
from scripts.vendors.massive import massive_server
from scripts.vendors.server import VendorServer
from scripts.vendors.tape import Tape
from scripts.vendors.tape.recorded import RecordedTape, RecordingError
from scripts.vendors.tape.simulated import SimulatedTape

ONE_DAY = timedelta(days=1)
LEAST_HISTORY_DAYS = 7
SERVERS: Mapping[str, Callable[..., VendorServer]] = {"massive": massive_server}


@dataclass(frozen=True, slots=True)
class StandIn:
    """A vendor's name, the tape it serves, and its clock: real time plus `clock_offset_seconds`.

    `context` has the settings that follow from the tape.
    """

    vendor: str
    kind: Literal["simulated", "recorded"]
    tape: Tape
    calendar: Calendar
    clock_offset_seconds: int = 0
    context: dict[str, object] = field(default_factory=dict)

    def server(
        self, *, port: int = 0, rate: int | None, plan: str | None, key: str | None = None
    ) -> VendorServer:
        """Its server, not yet started. It accepts only `key`, or any key if that is None."""
        return SERVERS[self.vendor](
            self.tape,
            clock=shifted_clock(self.clock_offset_seconds),
            calendar=self.calendar,
            port=port,
            rate=rate,
            plan=plan,
            keys=frozenset({key}) if key else None,
        )


def stand_in(
    vendor: str,
    recorded: Path | None,
    as_of: date | None,
    *,
    now: datetime,
    watchlists: Watchlists | None = None,
) -> StandIn:
    """A vendor with bars from a file or simulated ones, now or at noon of `as_of` in New York.

    A file's default day is the one after its last session. Raises CommandError if the file cannot be read, lacks
    a ticker that is watched in its time, or has no sessions for that day.
    """
    calendar = load_calendar(US)
    if recorded:
        return _recorded(vendor, recorded, as_of, now, watchlists, calendar)
    offset = clock_offset_seconds(as_of, now) if as_of else 0
    tickers = watchlists.between(date.min, date.max) if watchlists else ()
    return StandIn(vendor, "simulated", SimulatedTape(tickers, calendar), calendar, offset)


def _recorded(
    vendor: str,
    path: Path,
    as_of: date | None,
    now: datetime,
    watchlists: Watchlists | None,
    calendar: Calendar,
) -> StandIn:
    try:
        tape = RecordedTape.read(path)
    except RecordingError as error:
        raise CommandError(f"--recorded {error}") from error
    day = as_of or tape.last + ONE_DAY
    _check_date(tape, day, calendar)
    _check_tickers(path, tape, watchlists.between(tape.first, tape.last) if watchlists else ())
    history = max(LEAST_HISTORY_DAYS, (day - tape.first).days)  # there is nothing older
    offset = clock_offset_seconds(day, now)
    return StandIn(vendor, "recorded", tape, calendar, offset, {"history_days": history})


def _check_date(tape: RecordedTape, day: date, calendar: Calendar) -> None:
    earliest, latest = tape.first + ONE_DAY, calendar.next_session(tape.last)
    if not earliest <= day <= latest:
        raise CommandError(
            f"--as-of {day}: the recorded sessions are {tape.first} to {tape.last}."
            f" Choose a day from {earliest} to {latest}."
        )


def _check_tickers(path: Path, tape: RecordedTape, watched: Sequence[str]) -> None:
    if missing := [ticker for ticker in watched if ticker not in tape.tickers]:
        raise CommandError(
            f"--recorded {path}: no bars for {', '.join(missing)}."
            " Add them, or choose another watchlist, as in -c watchlist=AAPL,MSFT."
        )
