"""The market-data vendors a stage can use. How to talk to each is in `ingest/providers/`."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Vendor:
    """A vendor's facts; a stage's settings can override the last three.

    `market` is the market it serves. `ready` is when a session's bars are available (`T+1 00:05`: the day after it, by
    the exchange's clock), `calls_per_minute` the limit of its smallest plan (0: none), `history_days` how far back that
    plan reaches. `recheck_after` is how long after storing a session its bars are read once more.
    """

    name: str
    title: str
    market: str
    url: str
    recheck_after: timedelta
    ready: str
    calls_per_minute: int
    history_days: int


MASSIVE = Vendor(
    name="massive",
    title="Massive",
    market="us",
    url="https://api.massive.com",
    recheck_after=timedelta(hours=6),
    ready="T+1 00:05",
    calls_per_minute=5,
    history_days=730,
)
VENDORS = {vendor.name: vendor for vendor in (MASSIVE,)}


def vendor_named(name: str) -> Vendor:
    """The vendor of this name. Raises `ValueError` listing the known ones."""
    try:
        return VENDORS[name]
    except KeyError:
        raise ValueError(f"provider {name!r} is unknown: must be {' or '.join(VENDORS)}") from None
