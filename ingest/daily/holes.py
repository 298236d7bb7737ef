"""Sessions that the provider's answers do not fill: when to ask for them again, and when to tell of them. Pure."""

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta

from api.records import Hole

ONE_DAY = timedelta(days=1)
MOST = 1000  # as many as one item of the table holds with room to spare
REASON_LENGTH = 200


def terms(watchlist: Iterable[str], excused: Mapping[str, str]) -> str:
    """What a session is judged by, as a digest. Where it changes, a hole is worth another call at once."""
    words = json.dumps([[*watchlist], dict(excused)], sort_keys=True)
    return hashlib.sha256(words.encode()).hexdigest()[:8]


def hole(known: Hole | None, reason: str, judged_by: str, now: datetime) -> Hole:
    """The hole as it is after another call: a new one may be asked for in the next run, a known one in a day."""
    found = Hole(reason[:REASON_LENGTH], now, judged_by)
    return replace(found, ask_after=now + ONE_DAY) if told(known, found) else found


def told(known: Hole | None, found: Hole) -> bool:
    """Whether an earlier run has told of the same hole."""
    return known is not None and (known.reason, known.terms) == (found.reason, found.terms)


def to_ask(known: Mapping[date, Hole], now: datetime) -> date | None:
    """The one hole to ask for now, if a day has passed since one was asked for: that which has waited longest."""
    if any(each.ask_after > now for each in known.values()):
        return None
    return min(sorted(known, reverse=True), key=lambda day: known[day].ask_after, default=None)


def remembered(
    known: Mapping[date, Hole], found: Mapping[date, Hole], filled: Collection[date]
) -> dict[date, Hole]:
    """The newest holes of both. Where one was filled, the others are worth asking for as if they were new."""
    both = {} if known.keys() & set(filled) else {**known}
    both |= found
    return {day: both[day] for day in sorted(both, reverse=True)[:MOST]}
