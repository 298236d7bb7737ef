"""What the user of `movers up` may choose, and what follows from it."""

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


def choose_stand_in(options: Options, now: datetime) -> StandIn | None:
    """The vendor's stand-in, or None for the vendor itself: if there is a key and nobody asks for another time.

    Raises CommandError if the options do not go together, or if the settings are wrong.
    """
    if options.port == options.aws_port:
        raise CommandError(f"--port and --aws-port are both {options.port}: choose two.")
    if not options.api_key or options.recorded or options.as_of:
        settings = _settings(options)
        return stand_in(
            settings.provider.name, options.recorded, options.as_of, now=now, watchlists=settings.watchlist
        )
    if options.plan:
        raise CommandError(
            "--plan limits the stand-in, but MASSIVE_API_KEY asks for Massive itself: unset one."
        )
    return None


def _settings(options: Options) -> Deployment:
    try:
        return Deployment.from_context({**options.settings, "stage": LOCAL_STAGE})
    except ValueError as error:
        raise CommandError(f"A setting is wrong: {error}") from error


def context(options: Options, standing_in: StandIn | None) -> dict[str, object]:
    """The settings of the stacks that differ from the documented defaults.

    The stand-in has no limit unless it is asked for one, and then nobody should have to wait.
    """
    given = {**options.settings, "stage": LOCAL_STAGE}
    if standing_in is None and options.rate is None:
        return given
    limit = {"calls_per_minute": options.rate or 0} if options.rate or "calls_per_minute" not in given else {}
    return (standing_in.context if standing_in else {}) | given | limit
