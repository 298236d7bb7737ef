"""Holes, the sessions that the provider's answers don't fill: when to ask again, and when to report them. Pure."""

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta

from api.records import Hole

ONE_DAY = timedelta(days=1)
MOST = 1000  # fits easily into one item of the table
REASON_LENGTH = 200


def terms(watchlist: Iterable[str], excused: Mapping[str, str]) -> str:
    """A digest of what a session is judged by. If that changes, a hole is worth another call at once."""
    words = json.dumps([[*watchlist], dict(excused)], sort_keys=True)
    return hashlib.sha256(words.encode()).hexdigest()[:8]


def hole(known: Hole | None, reason: str, judged_by: str, now: datetime) -> Hole:
    """The hole to remember after a call: the next run may ask for a new one again, for a known one only after a day."""
    found = Hole(reason[:REASON_LENGTH], now, judged_by)
    return replace(found, ask_after=now + ONE_DAY) if told(known, found) else found


def told(known: Hole | None, found: Hole) -> bool:
    """Whether an earlier run has reported the same hole."""
    return known is not None and (known.reason, known.terms) == (found.reason, found.terms)


def to_ask(known: Mapping[date, Hole], now: datetime) -> date | None:
    """The one hole to ask for now, which is the one waiting longest; `None` while any of them isn't due."""
    if any(each.ask_after > now for each in known.values()):
        return None
    return min(sorted(known, reverse=True), key=lambda day: known[day].ask_after, default=None)


def remembered(
    known: Mapping[date, Hole], found: Mapping[date, Hole], filled: Collection[date]
) -> dict[date, Hole]:
    """The newest of the known and the found holes. If a known one was filled, the others count as new again."""
    both = {} if known.keys() & set(filled) else {**known}
    both |= found
    return {day: both[day] for day in sorted(both, reverse=True)[:MOST]}
