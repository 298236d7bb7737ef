"""What the deployment tells the ingest function."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from ingest.calendar import Ready

LOCAL_STAGE = "local"
LOCAL_ONLY = ("MASSIVE_URL", "SOURCE_KIND", "CLOCK_OFFSET_SECONDS")


@dataclass(frozen=True, slots=True)
class Settings:
    """The environment of the function, typed. The last three may be set in the local stage alone."""

    stage: str
    table: str
    raw_bucket: str
    site_bucket: str
    distribution_id: str
    site_url: str
    key_parameter: str
    watchlist: tuple[str, ...]
    provider: str
    ready: Ready
    window: int
    calls_per_minute: int
    history_days: int
    massive_url: str = "https://api.massive.com"
    source_kind: str = "live"
    clock_offset_seconds: int = 0

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Self:
        """Read the environment. Raises `KeyError` or `ValueError` naming the variable that is wrong."""
        stage = env["STAGE"]
        local = {name.lower(): env[name] for name in LOCAL_ONLY if name in env}
        if local and stage != LOCAL_STAGE:
            raise ValueError(
                f"{', '.join(LOCAL_ONLY)} may be set in the stage {LOCAL_STAGE!r} only, not in {stage!r}"
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
            watchlist=tuple(env["WATCHLIST"].split(",")),
            provider=env["PROVIDER"],
            ready=Ready.parse(env["READY"]),
            window=int(env["WINDOW"]),
            calls_per_minute=int(env["CALLS_PER_MINUTE"]),
            history_days=int(env["HISTORY_DAYS"]),
            massive_url=local.get("massive_url", "https://api.massive.com").rstrip("/"),
            source_kind=local.get("source_kind", "live"),
            clock_offset_seconds=int(local.get("clock_offset_seconds", "0")),
        )
