"""What the user of `movers up` may choose, and what follows from it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

from api.watchlists import Watchlists
from infra.settings import Settings
from scripts.cloud.source import Source, local_source
from scripts.errors import CloudError

STAGE = "local"


@dataclass(frozen=True, slots=True)
class Options:
    """What the user may choose. `rate` is the upstream's limit in calls a minute; `api_key` opens Massive.

    `settings` lie over those of `infra/cdk.json`.
    """

    home: Path
    port: int = 8443
    aws_port: int = 4566
    recorded: Path | None = None
    as_of: date | None = None
    rate: int | None = None
    plan: str | None = None
    api_key: str | None = None
    settings: Mapping[str, object] = field(default_factory=dict)


def choose_source(options: Options, now: datetime) -> Source | None:
    """A local market, or None for Massive itself: if there is a key and nobody asks for another time.

    Raises CloudError if the options do not go together, or if the settings are wrong.
    """
    if options.port == options.aws_port:
        raise CloudError(f"--port and --aws-port are both {options.port}: choose two.")
    if not options.api_key or options.recorded or options.as_of:
        return local_source(options.recorded, options.as_of, now=now, watchlists=_watchlists(options))
    if options.plan:
        raise CloudError(
            "--plan limits the local market, but MASSIVE_API_KEY asks for Massive itself: unset one."
        )
    return None


def _watchlists(options: Options) -> Watchlists:
    try:
        return Settings.from_context({**options.settings, "stage": STAGE}).watchlist
    except ValueError as error:
        raise CloudError(f"A setting is wrong: {error}") from error


def context(options: Options, source: Source | None) -> dict[str, object]:
    """The settings of the stacks that differ from the documented defaults.

    The local market has no limit unless it is asked for one, and then nobody should have to wait.
    """
    given = {**options.settings, "stage": STAGE}
    if source is None and options.rate is None:
        return given
    limit = {"calls_per_minute": options.rate or 0} if options.rate or "calls_per_minute" not in given else {}
    return (source.context if source else {}) | given | limit
