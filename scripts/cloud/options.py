"""The options of `movers up`, and the settings that follow from them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

from api.names import LOCAL_STAGE
from infra.settings import Deployment
from scripts.errors import CommandError
from scripts.vendors.stand_in import StandIn, stand_in


@dataclass(frozen=True, slots=True)
class Options:
    """The user's choices. `rate` is the upstream's limit in calls per minute; `api_key` is for Massive.

    `settings` override those of `infra/cdk.json`.
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


def choose_stand_in(options: Options, now: datetime) -> StandIn | None:
    """The vendor's stand-in, or None for the vendor itself: with a key, and without recorded bars or another date.

    Raises CommandError if options contradict each other, or if the settings are wrong.
    """
    if options.port == options.aws_port:
        raise CommandError(f"--port and --aws-port are both {options.port}. Choose two different ports.")
    if not options.api_key or options.recorded or options.as_of:
        settings = _settings(options)
        return stand_in(
            settings.provider.name, options.recorded, options.as_of, now=now, watchlists=settings.watchlist
        )
    if options.plan:
        raise CommandError(
            "--plan limits the local market, but MASSIVE_API_KEY selects Massive itself. Drop one."
        )
    return None


def _settings(options: Options) -> Deployment:
    try:
        return Deployment.from_context({**options.settings, "stage": LOCAL_STAGE})
    except ValueError as error:
        raise CommandError(f"Wrong setting: {error}") from error


def context(options: Options, standing_in: StandIn | None) -> dict[str, object]:
    """The settings that differ from the documented defaults.

    Without `rate`, the stand-in has no limit, so the calls don't have to be spaced out either.
    """
    given = {**options.settings, "stage": LOCAL_STAGE}
    if standing_in is None and options.rate is None:
        return given
    limit = {"calls_per_minute": options.rate or 0} if options.rate or "calls_per_minute" not in given else {}
    return (standing_in.context if standing_in else {}) | given | limit
