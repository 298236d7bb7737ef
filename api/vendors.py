"""The vendors that a stage can take its bars from. What only talking to one needs is in `ingest/providers/`."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Vendor:
    """A vendor's facts, of which a stage's settings may overrule the last three.

    `market` is the name of the market it serves. `ready` is when a session's bars can be had (`T+1 00:05`: a day after
    it, by the exchange's clock), `calls_per_minute` what its smallest plan allows (0: no limit), `history_days` how far
    back that plan reaches. `recheck_after` is how long after a session was stored its bars are worth a second look.
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
    """The vendor of this name. Raises `ValueError` saying which there are."""
    try:
        return VENDORS[name]
    except KeyError:
        raise ValueError(f"provider {name!r} is unknown: allowed is {' or '.join(VENDORS)}") from None
