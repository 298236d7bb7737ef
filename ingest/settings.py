"""What the deployment tells the ingest function."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Self

from api.watchlists import Watchlists
from ingest.calendar import Ready

LOCAL_STAGE = "local"
MASSIVE_URL = "https://api.massive.com"
BUNDLE = Path(__file__).resolve().parents[1]
LOCAL_ONLY = ("MASSIVE_URL", "SOURCE_KIND", "CLOCK_OFFSET_SECONDS", "SITE_CA")


@dataclass(frozen=True, slots=True)
class Settings:
    """The environment of the function, typed. The last four may be set in the local stage alone.

    `key_expires` is the day on which the provider's key ends, where that is known. `site_ca` is the certificate to
    trust for the site, None for those that everybody trusts. The watchlist lies beside the code, in a file that only
    the function itself can read.
    """

    stage: str
    table: str
    raw_bucket: str
    site_bucket: str
    distribution_id: str
    site_url: str
    key_parameter: str
    watchlist_file: Path
    provider: str
    ready: Ready
    window: int
    calls_per_minute: int
    history_days: int
    key_expires: date | None
    massive_url: str
    source_kind: str
    clock_offset_seconds: int
    site_ca: str | None

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Self:
        """Read the environment. Raises `KeyError` or `ValueError` naming the variable that is wrong."""
        stage = env["STAGE"]
        if stage != LOCAL_STAGE and (local := [name for name in LOCAL_ONLY if name in env]):
            raise ValueError(
                f"{', '.join(local)} may be set in the stage {LOCAL_STAGE!r} only, not in {stage!r}"
            )
        if env["PROVIDER"] != "massive":
            raise ValueError(f"PROVIDER {env['PROVIDER']!r} is unknown; allowed is 'massive'")
        return cls(
            stage=stage,
            table=env["TABLE_NAME"],
            raw_bucket=env["RAW_BUCKET"],
            site_bucket=env["SITE_BUCKET"],
            distribution_id=env["DISTRIBUTION_ID"],
            site_url=env["SITE_URL"].rstrip("/"),
            key_parameter=env["KEY_PARAMETER"],
            watchlist_file=BUNDLE / env["WATCHLIST_FILE"],
            provider=env["PROVIDER"],
            ready=Ready.parse(env["READY"]),
            window=_whole(env, "WINDOW", least=1),
            calls_per_minute=_whole(env, "CALLS_PER_MINUTE", least=0),
            history_days=_whole(env, "HISTORY_DAYS", least=1),
            key_expires=_day(env, "KEY_EXPIRES"),
            massive_url=env.get("MASSIVE_URL", MASSIVE_URL).rstrip("/"),
            source_kind=env.get("SOURCE_KIND", "live"),
            clock_offset_seconds=int(env.get("CLOCK_OFFSET_SECONDS", "0")),
            site_ca=env.get("SITE_CA"),
        )

    @property
    def watchlists(self) -> Watchlists:
        """The setting as the file has it. Raises `OSError` or `ValueError` for a file that is not as deployed."""
        return Watchlists.load(self.watchlist_file.read_text(encoding="utf-8"))

    @property
    def key_days_left(self) -> int | None:
        """Days until the provider's key ends, negative afterwards; None where nothing is known of its end."""
        return (self.key_expires - self.now().date()).days if self.key_expires else None

    def now(self) -> datetime:
        """The time of the data: real time, but for the offset with which the local stage replays recorded sessions."""
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
