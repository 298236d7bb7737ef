"""The deployment's settings, read from the CDK context and validated early.

The defaults are in `infra/cdk.json`; `-c name=value` overrides one for a single run.
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

# The region of CloudFront's metrics and certificates.
CDN_REGION = "us-east-1"

# The alarm starts this many days before the vendor's key expires.
KEY_NOTICE_DAYS = 14

PATTERNS = {
    "stage": (r"[a-z][a-z0-9-]{0,19}", "a letter, then at most 19 letters, digits or hyphens, in lower case"),
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
        "failures (alarms and their end), all (also each newly stored session), or none (no e-mail about alarms)",
    ),
}
# Where one of these is empty, the vendor's value applies.
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
    """The settings of one stage. `calls_per_minute` 0 means no limit.

    With `hsts_subdomains`, browsers use HTTPS for the site's subdomains too.

    `monthly_budget` is for the whole account, in US dollars. `alert_email` gets the budget's notices and, depending on
    `notices`, alarms and new sessions. `key_expires` is the day the vendor's key expires, if it does.
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
        """Refuse what would fail later. Raises `ValueError` saying what is allowed."""
        for name, (pattern, allowed) in PATTERNS.items():
            if not re.fullmatch(pattern, getattr(self, name)):
                raise ValueError(f"{name} {getattr(self, name)!r}: must be {allowed}")
        for name, (least, most) in RANGES.items():
            if not least <= getattr(self, name) <= most:
                raise ValueError(f"{name} {getattr(self, name)}: must be {least} to {most}")
        if self.provider.market != self.market.name:
            raise ValueError(f"provider {self.provider.name!r} serves only market {self.provider.market!r}")
        if self.ready.startswith("T+0") and time.fromisoformat(self.ready[4:]) < self.market.close:
            raise ValueError(f"ready {self.ready!r} is before the close at {self.market.close:%H:%M}")
        if bool(self.domain) != bool(self.certificate):
            raise ValueError(
                "domain and certificate: set both or neither (CloudFront needs a certificate for a custom domain)"
            )

    @classmethod
    def from_context(cls, context: Mapping[str, object]) -> "Deployment":
        """Defaults, overridden by this stage's settings in `stages`, overridden in turn by `context`.

        Names that aren't identifiers belong to the CDK and are ignored.
        Raises `ValueError` for an unknown setting or an invalid value.
        """
        laid_over = lay_over(default_context(), context)
        values = {name: value for name, value in laid_over.items() if name.isidentifier()}
        known = [field.name for field in fields(cls)]
        if unknown := sorted(values.keys() - set(known)):
            raise ValueError(f"unknown setting {', '.join(unknown)}; allowed: {', '.join(known)}")
        if absent := sorted(set(known) - values.keys()):
            raise ValueError(
                f"setting {', '.join(absent)} is missing; infra/cdk.json must have every setting"
            )
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
        """The full name of a stack, an alarm or a policy of this stage."""
        return full_name(self.stage, part)

    @property
    def key_parameter(self) -> str:
        """The SSM parameter with the provider's API key. CloudFormation can't make a SecureString, so `deploy` does."""
        return key_parameter(self.stage, self.provider.name)


def full_name(stage: str, part: str) -> str:
    """The full name of a stack, an alarm or a policy of a stage."""
    return f"movers-{stage}-{part}"


def key_parameter(stage: str, provider: str) -> str:
    """The SSM parameter with the stage's API key for the provider."""
    return f"/movers/{stage}/{provider}-api-key"


def default_context() -> dict[str, object]:
    """The context in `infra/cdk.json`. Raises `ValueError` if the file isn't JSON."""
    try:
        context: dict[str, object] = json.loads(DEFAULTS.read_text())["context"]
    except json.JSONDecodeError as error:
        raise ValueError(f"infra/cdk.json isn't JSON: {error}") from error
    return context


def lay_over(defaults: Mapping[str, object], context: Mapping[str, object]) -> dict[str, object]:
    """One stage's values. The CDK passes the defaults in `context` too; only values that differ are overrides."""
    chosen = {name: value for name, value in context.items() if value != defaults.get(name)}
    values = {**defaults, **chosen}
    stages = values.pop("stages", {})
    own = stages.get(values.get("stage"), {}) if isinstance(stages, Mapping) else None
    if not isinstance(own, Mapping) or "stage" in own:
        raise ValueError(
            'stages: must map the names of stages to their settings, such as {"dev": {"window": 9}}'
        )
    return {**values, **{name: value for name, value in own.items() if name not in chosen}}


def text(name: str, value: object) -> str:
    """A setting that is text."""
    if not isinstance(value, str):
        raise ValueError(f"{name} {value!r}: must be text")
    return value.strip()


def whole(name: str, value: object) -> int:
    """A setting that is a whole number, or its digits as text, as from the command line."""
    if isinstance(value, bool) or not re.fullmatch(r"\d{1,9}", str(value)):
        raise ValueError(f"{name} {value!r}: must be a whole number")
    return int(str(value))


def flag(name: str, value: object) -> bool:
    """A setting that is true or false, or one of these words as text, as from the command line."""
    flags = {"true": True, "false": False}
    if (word := str(value).lower()) not in flags:
        raise ValueError(f"{name} {value!r}: must be true or false")
    return flags[word]


def watchlists(market: Market, name: str, value: object) -> Watchlists:
    """The watchlist: a list or an object as in `infra/cdk.json`, or text, comma-separated or JSON."""
    if not isinstance(value, str):
        return Watchlists.parse(value, market)
    if not value.lstrip().startswith(("[", "{")):
        found = Watchlists.parse(value.split(","), market)
        if doubtful := [f"{ticker} {words}" for ticker, words in found.names.items() if words.isupper()]:
            raise ValueError(f"{name} {value!r}: if {doubtful[0]!r} are tickers, separate them by commas")
        return found
    try:
        return Watchlists.load(value, market)
    except json.JSONDecodeError as wrong:
        raise ValueError(f"{name} {value!r}: this isn't valid JSON ({wrong})") from wrong


def day(name: str, value: object) -> date | None:
    """A date, or nothing."""
    given = text(name, value)
    try:
        return date.fromisoformat(given) if given else None
    except ValueError:
        raise ValueError(f"{name} {given!r}: must be a date such as 2027-06-30, or nothing") from None


PARSERS: dict[str, Callable[[str, object], Any]] = {
    "key_expires": day,
    "hsts_subdomains": flag,
    **dict.fromkeys(RANGES, whole),
}
