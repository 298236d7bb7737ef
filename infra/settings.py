"""What an operator may change, read once from the CDK context and refused early if it cannot work.

The values and their defaults stand in `infra/cdk.json`; `-c name=value` overrides one for a single run.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import date, time
from functools import partial
from pathlib import Path
from typing import Any

from api.markets import Market, market_named
from api.vendors import Vendor, vendor_named
from api.watchlists import Watchlists

DEFAULTS = Path(__file__).with_name("cdk.json")

# Where CloudFront keeps its metrics and looks for certificates.
CDN_REGION = "us-east-1"

# From so many days before the vendor's key ends, a person is told.
KEY_NOTICE_DAYS = 14

PATTERNS = {
    "stage": (r"[a-z][a-z0-9-]{0,19}", "lower-case letters, digits and hyphens, at most 20, a letter first"),
    "region": (r"[a-z]{2}(-[a-z]+)+-\d", "the name of an AWS region such as us-east-1"),
    "ready": (
        r"T\+\d ([01]\d|2[0-3]):[0-5]\d",
        "T+DAYS HH:MM by the exchange's clock, such as T+1 00:05",
    ),
    "domain": (r"|([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}", "a lower-case host name, or nothing"),
    "certificate": (
        r"|arn:aws[a-z-]*:acm:us-east-1:\d{12}:certificate/[0-9a-f-]+",
        "the ARN of a certificate in us-east-1, where CloudFront looks for it, or nothing",
    ),
    "alert_email": (r"|[^@\s]+@[^@\s]+\.[^@\s]+", "an e-mail address, or nothing"),
    "notices": (
        r"failures|all|none",
        "failures (alarms and their end), all (also each newly stored session), or none (alarms tell nobody)",
    ),
}
# What is empty is as the vendor has it.
OF_THE_VENDOR = ("ready", "calls_per_minute", "history_days")
RANGES = {
    "window": (7, 366),
    "calls_per_minute": (0, 10_000),
    "history_days": (7, 36_525),
    "throttle_rate": (1, 10_000),
    "throttle_burst": (1, 5_000),
    "monthly_budget": (1, 1_000_000),
}


@dataclass(frozen=True, slots=True)
class Deployment:
    """One deployment. `calls_per_minute` 0 means no limit.

    `hsts_subdomains` has browsers use HTTPS also for every name below the site's own.

    `monthly_budget` is what the whole account may cost, in US dollars; it, the alarms and, if `notices` says so,
    new sessions are told to `alert_email`. `key_expires` is the day on which the vendor's key ends, if it does.
    """

    stage: str
    region: str
    market: Market
    watchlist: Watchlists
    provider: Vendor
    ready: str
    window: int
    calls_per_minute: int
    history_days: int
    key_expires: date | None
    throttle_rate: int
    throttle_burst: int
    domain: str
    certificate: str
    hsts_subdomains: bool
    alert_email: str
    notices: str
    monthly_budget: int

    def __post_init__(self) -> None:
        """Refuse what would fail later; ValueError says what is allowed."""
        for name, (pattern, allowed) in PATTERNS.items():
            if not re.fullmatch(pattern, getattr(self, name)):
                raise ValueError(f"{name} {getattr(self, name)!r}: allowed is {allowed}")
        for name, (least, most) in RANGES.items():
            if not least <= getattr(self, name) <= most:
                raise ValueError(f"{name} {getattr(self, name)}: allowed is {least} to {most}")
        if self.provider.market != self.market.name:
            raise ValueError(f"provider {self.provider.name!r} serves market {self.provider.market!r} alone")
        if self.ready.startswith("T+0") and time.fromisoformat(self.ready[4:]) < self.market.close:
            raise ValueError(f"ready {self.ready!r} is before the close at {self.market.close:%H:%M}")
        if bool(self.domain) != bool(self.certificate):
            raise ValueError(
                "domain and certificate: give both or neither, CloudFront serves no name without one"
            )

    @classmethod
    def from_context(cls, context: Mapping[str, object]) -> "Deployment":
        """The documented defaults, over them what `stages` says of this one, over both `context`.

        Names that are not plain words belong to the CDK itself and are passed over.
        Raises ValueError for an unknown setting or a value that is not allowed.
        """
        laid_over = lay_over(default_context(), context)
        values = {name: value for name, value in laid_over.items() if name.isidentifier()}
        known = [field.name for field in fields(cls)]
        if unknown := sorted(values.keys() - set(known)):
            raise ValueError(f"unknown setting {', '.join(unknown)}: allowed are {', '.join(known)}")
        if absent := sorted(set(known) - values.keys()):
            raise ValueError(f"setting {', '.join(absent)} is missing: infra/cdk.json names them all")
        market = market_named(text("market", values["market"]))
        vendor = vendor_named(text("provider", values["provider"]))
        values |= {name: getattr(vendor, name) for name in OF_THE_VENDOR if values[name] == ""}
        parsers = PARSERS | {
            "market": lambda *_: market,
            "provider": lambda *_: vendor,
            "watchlist": partial(watchlists, market),
        }
        return cls(**{name: parsers.get(name, text)(name, values[name]) for name in known})

    def name(self, part: str) -> str:
        """What a stack, an alarm or a policy of this stage is called."""
        return full_name(self.stage, part)

    @property
    def key_parameter(self) -> str:
        """The SSM parameter with the provider's API key, made outside CloudFormation, which makes no SecureString."""
        return key_parameter(self.stage, self.provider.name)


def full_name(stage: str, part: str) -> str:
    """What a stack, an alarm or a policy of a stage is called."""
    return f"movers-{stage}-{part}"


def key_parameter(stage: str, provider: str) -> str:
    """The SSM parameter with the key that the provider has given to a stage."""
    return f"/movers/{stage}/{provider}-api-key"


def default_context() -> dict[str, object]:
    """The context of `infra/cdk.json`. Raises ValueError if the file is no JSON."""
    try:
        context: dict[str, object] = json.loads(DEFAULTS.read_text())["context"]
    except json.JSONDecodeError as error:
        raise ValueError(f"infra/cdk.json is no JSON: {error}") from error
    return context


def lay_over(defaults: Mapping[str, object], context: Mapping[str, object]) -> dict[str, object]:
    """One stage's values. The CDK hands the defaults over as well: only what differs from them was chosen."""
    chosen = {name: value for name, value in context.items() if value != defaults.get(name)}
    values = {**defaults, **chosen}
    stages = values.pop("stages", {})
    own = stages.get(values.get("stage"), {}) if isinstance(stages, Mapping) else None
    if not isinstance(own, Mapping) or "stage" in own:
        raise ValueError(
            'stages: allowed is the name of each with its settings, such as {"dev": {"window": 9}}'
        )
    return {**values, **{name: value for name, value in own.items() if name not in chosen}}


def text(name: str, value: object) -> str:
    """A setting that is a text."""
    if not isinstance(value, str):
        raise ValueError(f"{name} {value!r}: allowed is a text")
    return value.strip()


def whole(name: str, value: object) -> int:
    """A setting that is a whole number, also when the command line gave it as text."""
    if isinstance(value, bool) or not re.fullmatch(r"\d{1,9}", str(value)):
        raise ValueError(f"{name} {value!r}: allowed is a whole number")
    return int(str(value))


def flag(name: str, value: object) -> bool:
    """A setting that is true or false, also when the command line gave it as text."""
    flags = {"true": True, "false": False}
    if (word := str(value).lower()) not in flags:
        raise ValueError(f"{name} {value!r}: allowed is true or false")
    return flags[word]


def watchlists(market: Market, name: str, value: object) -> Watchlists:
    """The watchlist as infra/cdk.json has it, or as the command line gives it: comma separated, or as JSON."""
    if not isinstance(value, str):
        return Watchlists.parse(value, market)
    if not value.lstrip().startswith(("[", "{")):
        return Watchlists.parse(value.split(","), market)
    try:
        return Watchlists.load(value, market)
    except json.JSONDecodeError as wrong:
        raise ValueError(f"{name} {value!r}: this JSON cannot be read ({wrong})") from wrong


def day(name: str, value: object) -> date | None:
    """A date, or nothing."""
    given = text(name, value)
    try:
        return date.fromisoformat(given) if given else None
    except ValueError:
        raise ValueError(f"{name} {given!r}: allowed is a date such as 2027-06-30, or nothing") from None


PARSERS: dict[str, Callable[[str, object], Any]] = {
    "key_expires": day,
    "hsts_subdomains": flag,
    **dict.fromkeys(RANGES, whole),
}
