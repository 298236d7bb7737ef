"""The ingest function's settings, from its environment."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Self

from api import names
from api.markets import Market, market_named
from api.names import LOCAL_STAGE
from api.vendors import Vendor, vendor_named
from api.watchlists import Watchlists
from ingest.calendar import Ready

BUNDLE = Path(__file__).resolve().parents[1]
LOCAL_ONLY = (names.VENDOR_URL, names.SOURCE_KIND, names.CLOCK_OFFSET_SECONDS, names.SITE_CA)


@dataclass(frozen=True, slots=True)
class Settings:
    """The function's environment, typed. The last four can be set only in the local stage.

    `key_expires` is the day the provider's key expires, `None` if unknown. `site_ca` is the path of the certificate to
    trust for the site, `None` for the public ones. The watchlist is in a file of the function's bundle.
    """

    stage: str
    table: str
    raw_bucket: str
    site_bucket: str
    distribution_id: str
    site_url: str
    key_parameter: str
    watchlist_file: Path
    market: Market
    vendor: Vendor
    ready: Ready
    window: int
    calls_per_minute: int
    history_days: int
    key_expires: date | None
    vendor_url: str
    source_kind: str
    clock_offset_seconds: int
    site_ca: str | None

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Self:
        """Read the environment. Raises `KeyError` for a missing variable, `ValueError` for an invalid one."""
        stage = env[names.STAGE]
        if stage != LOCAL_STAGE and (local := [name for name in LOCAL_ONLY if name in env]):
            raise ValueError(
                f"{', '.join(local)} can be set only in the stage {LOCAL_STAGE!r}, not in {stage!r}"
            )
        market, vendor = market_named(env[names.MARKET]), vendor_named(env[names.PROVIDER])
        return cls(
            stage=stage,
            table=env[names.TABLE_NAME],
            raw_bucket=env[names.RAW_BUCKET],
            site_bucket=env[names.SITE_BUCKET],
            distribution_id=env[names.DISTRIBUTION_ID],
            site_url=env[names.SITE_URL].rstrip("/"),
            key_parameter=env[names.KEY_PARAMETER],
            watchlist_file=BUNDLE / env[names.WATCHLIST_FILE],
            market=market,
            vendor=vendor,
            ready=Ready.parse(env[names.READY], market),
            window=_whole(env, names.WINDOW, least=1),
            calls_per_minute=_whole(env, names.CALLS_PER_MINUTE, least=0),
            history_days=_whole(env, names.HISTORY_DAYS, least=1),
            key_expires=_day(env, names.KEY_EXPIRES),
            vendor_url=env.get(names.VENDOR_URL, vendor.url).rstrip("/"),
            source_kind=env.get(names.SOURCE_KIND, "live"),
            clock_offset_seconds=int(env.get(names.CLOCK_OFFSET_SECONDS, "0")),
            site_ca=env.get(names.SITE_CA),
        )

    @property
    def watchlists(self) -> Watchlists:
        """Read from the file. Raises `OSError` or `ValueError` if the file is missing or invalid."""
        return Watchlists.load(self.watchlist_file.read_text(encoding="utf-8"), self.market)

    @property
    def key_days_left(self) -> int | None:
        """Days until the provider's key expires, negative afterwards; `None` if that day is unknown."""
        return (self.key_expires - self.now().date()).days if self.key_expires else None

    def now(self) -> datetime:
        """The time of the data: real time plus the offset with which the local stage replays past sessions."""
        return datetime.now(UTC) + timedelta(seconds=self.clock_offset_seconds)


def _day(env: Mapping[str, str], name: str) -> date | None:
    try:
        return date.fromisoformat(env[name]) if name in env else None
    except ValueError:
        raise ValueError(f"{name} {env[name]!r} must be a date, YYYY-MM-DD") from None


def _whole(env: Mapping[str, str], name: str, *, least: int) -> int:
    if not env[name].isdecimal() or int(env[name]) < least:
        raise ValueError(f"{name} {env[name]!r} must be a whole number, {least} or more")
    return int(env[name])
