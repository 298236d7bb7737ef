"""The headers that a CloudFront response headers policy adds to every response of a behaviour."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from scripts.errors import CommandError

Config = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Header:
    """A header from the policy. With `override` it replaces the origin's header, or removes it if `value` is empty.

    Without `override` it is added only if the origin doesn't send it.
    """

    name: str
    value: str
    override: bool


def read_headers(config: Config) -> tuple[Header, ...]:
    """The headers of a ResponseHeadersPolicyConfig.

    Raises CommandError for features that the edge lacks.
    """
    known = {
        "Name",
        "Comment",
        "CorsConfig",
        "SecurityHeadersConfig",
        "CustomHeadersConfig",
        "RemoveHeadersConfig",
    }
    if unknown := config.keys() - known:
        raise CommandError(f"The edge lacks {', '.join(sorted(unknown))} of policy {config['Name']}.")
    return (*_cors(config.get("CorsConfig")), *_security(config), *_custom(config), *_removed(config))


def _cors(config: Config | None) -> Iterator[Header]:
    if config is None:
        return
    if config["AccessControlAllowOrigins"]["Items"] != ["*"] or config["AccessControlAllowCredentials"]:
        raise CommandError("The edge supports CORS only for every origin and without credentials.")
    override = config["OriginOverride"]
    for part, name in _CORS.items():
        if items := config.get(part, {}).get("Items"):
            yield Header(name, ", ".join(items), override)
    if "AccessControlMaxAgeSec" in config:
        yield Header("Access-Control-Max-Age", str(config["AccessControlMaxAgeSec"]), override)


def _security(config: Config) -> Iterator[Header]:
    for part, settings in config.get("SecurityHeadersConfig", {}).items():
        if part not in _SECURITY:
            raise CommandError(f"The edge lacks {part} of policy {config['Name']}.")
        name, value = _SECURITY[part]
        yield Header(name, value(settings), settings["Override"])


def _custom(config: Config) -> Iterator[Header]:
    for item in config.get("CustomHeadersConfig", {}).get("Items", []):
        yield Header(item["Header"], item["Value"], item["Override"])


def _removed(config: Config) -> Iterator[Header]:
    for item in config.get("RemoveHeadersConfig", {}).get("Items", []):
        yield Header(item["Header"], "", override=True)


def _strict_transport(settings: Config) -> str:
    subdomains = "; includeSubDomains" if settings.get("IncludeSubdomains") else ""
    preload = "; preload" if settings.get("Preload") else ""
    return f"max-age={settings['AccessControlMaxAgeSec']}{subdomains}{preload}"


_CORS = {
    "AccessControlAllowOrigins": "Access-Control-Allow-Origin",
    "AccessControlAllowMethods": "Access-Control-Allow-Methods",
    "AccessControlAllowHeaders": "Access-Control-Allow-Headers",
    "AccessControlExposeHeaders": "Access-Control-Expose-Headers",
}
_SECURITY: dict[str, tuple[str, Callable[[Config], str]]] = {
    "ContentSecurityPolicy": ("Content-Security-Policy", lambda each: each["ContentSecurityPolicy"]),
    "ContentTypeOptions": ("X-Content-Type-Options", lambda _: "nosniff"),
    "FrameOptions": ("X-Frame-Options", lambda each: each["FrameOption"]),
    "ReferrerPolicy": ("Referrer-Policy", lambda each: each["ReferrerPolicy"]),
    "StrictTransportSecurity": ("Strict-Transport-Security", _strict_transport),
}
