"""Whether the market is open now, and on which coming days it will not be as usual."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from ingest.calendar import NEW_YORK, Calendar

EXCHANGES = ("NYSE", "NASDAQ", "OTC")
EARLY_HOURS = time(4, 0)
OPENING = time(9, 30)
AFTER_HOURS = timedelta(hours=4)
FOREX_WEEK = time(17, 0)  # from Sunday to Friday, New York
HORIZON = timedelta(days=365)
ALWAYS_OPEN = ("mstar", "mstarc", "cccy")
INDEX_GROUPS = (
    *("s_and_p", "societe_generale", "msci", "ftse_russell"),
    *(*ALWAYS_OPEN, "cgi", "nasdaq", "dow_jones"),
)
SHORT_NAMES = {"Thanksgiving Day": "Thanksgiving", "Christmas Day": "Christmas"}


def market_now(calendar: Calendar, now: datetime) -> dict[str, Any]:
    """The body of `/v1/marketstatus/now`."""
    local = now.astimezone(NEW_YORK)
    phase = _phase(calendar, local)
    market = "extended-hours" if phase in ("early", "after") else phase
    index = "open" if phase == "open" else "closed"
    return {
        "afterHours": phase == "after",
        "currencies": {"crypto": "open", "fx": "open" if _forex_is_open(local) else "closed"},
        "earlyHours": phase == "early",
        "exchanges": dict.fromkeys(("nasdaq", "nyse", "otc"), market),
        "indicesGroups": {group: "open" if group in ALWAYS_OPEN else index for group in INDEX_GROUPS},
        "market": market,
        "serverTime": local.isoformat(timespec="seconds"),
    }


def market_upcoming(calendar: Calendar, now: datetime) -> list[dict[str, str]]:
    """The body of `/v1/marketstatus/upcoming`: closures and early closes of the next year, each exchange for itself."""
    today = now.astimezone(NEW_YORK).date()
    days = (today + timedelta(days=n) for n in range(HORIZON.days))
    unusual = [(day, change) for day in days if (change := _change(calendar, day))]
    return [
        {"date": day.isoformat(), "exchange": name, **change} for day, change in unusual for name in EXCHANGES
    ]


def _phase(calendar: Calendar, local: datetime) -> str:
    day = local.date()
    if not calendar.is_session(day):
        return "closed"
    close = calendar.close_at(day)
    if local.time() >= OPENING and local < close:
        return "open"
    if EARLY_HOURS <= local.time() < OPENING:
        return "early"
    return "after" if close <= local < close + AFTER_HOURS else "closed"


def _forex_is_open(local: datetime) -> bool:
    friday, saturday, sunday = 4, 5, 6
    if local.weekday() in (friday, sunday):
        return (local.time() < FOREX_WEEK) == (local.weekday() == friday)
    return local.weekday() != saturday


def _change(calendar: Calendar, day: date) -> dict[str, str]:
    if not calendar.is_session(day):
        return {"name": _name(calendar, day), "status": "closed"} if day.weekday() < 5 else {}
    if not calendar.is_early_close(day):
        return {}
    hours = {"open": datetime.combine(day, OPENING, NEW_YORK), "close": calendar.close_at(day)}
    return {"name": _name(calendar, day), "status": "early-close"} | {
        key: _utc(at) for key, at in hours.items()
    }


def _name(calendar: Calendar, day: date) -> str:
    """The holiday on the day or, for an early close, on the day beside it."""
    near = (day, day - timedelta(days=1), day + timedelta(days=1))
    name = next(filter(None, map(calendar.holiday, near)), "Special closure")
    return SHORT_NAMES.get(name, name)


def _utc(instant: datetime) -> str:
    return f"{instant.astimezone(UTC):%Y-%m-%dT%H:%M:%S.000Z}"
