"""The response headers that the CDN adds: strict for the page, few for its assets, CORS for the public data."""

import base64
import hashlib
from collections.abc import Mapping
from pathlib import Path

from aws_cdk import Duration
from aws_cdk import aws_cloudfront as cloudfront
from constructs import Construct

from api.headers import CORS, SECURITY
from infra.settings import Deployment

# Inline in each document, so that no page is shown in the other theme first. Templates drop a file's last line break.
THEME = Path(__file__).parents[1] / "site" / "templates" / "theme.js"
THEME_HASH = base64.b64encode(hashlib.sha256(THEME.read_bytes().removesuffix(b"\n")).digest()).decode()
CONTENT_SECURITY_POLICY = "; ".join(
    [
        "default-src 'none'",
        f"script-src 'self' 'sha256-{THEME_HASH}'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "font-src 'self'",
        "manifest-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    ]
)
# Features that browsers let any page request by default; all others are off unless a header turns them on.
DENIED_FEATURES = ("camera", "display-capture", "geolocation", "microphone", "payment", "usb")
PAGE_HEADERS = {
    "Permissions-Policy": ", ".join(f"{feature}=()" for feature in DENIED_FEATURES),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}

# ETag is validator enough, and the API's answers have it too. How an object is encrypted isn't the viewer's business.
REMOVED = ["Last-Modified", "x-amz-server-side-encryption"]

NO_SNIFFING = cloudfront.ResponseHeadersContentTypeOptions(override=True)
NO_REFERRER = cloudfront.ResponseHeadersReferrerPolicy(
    referrer_policy=cloudfront.HeadersReferrerPolicy.NO_REFERRER, override=True
)


def page_headers(scope: Construct, deployment: Deployment) -> cloudfront.ResponseHeadersPolicy:
    """For the page: it runs only its own scripts, connects only to its own host, and can't be framed."""
    return cloudfront.ResponseHeadersPolicy(
        scope,
        "PageHeaders",
        response_headers_policy_name=deployment.name("page"),
        security_headers_behavior=cloudfront.ResponseSecurityHeadersBehavior(
            content_security_policy=cloudfront.ResponseHeadersContentSecurityPolicy(
                content_security_policy=CONTENT_SECURITY_POLICY, override=True
            ),
            content_type_options=NO_SNIFFING,
            frame_options=cloudfront.ResponseHeadersFrameOptions(
                frame_option=cloudfront.HeadersFrameOption.DENY, override=True
            ),
            referrer_policy=NO_REFERRER,
            strict_transport_security=strict_transport(deployment),
        ),
        custom_headers_behavior=custom(PAGE_HEADERS),
        remove_headers=REMOVED,
    )


def asset_headers(scope: Construct, deployment: Deployment) -> cloudfront.ResponseHeadersPolicy:
    """For scripts and styles, which run under the policies of the page that loads them, so they carry none themselves.

    A cross-origin resource policy isn't worth its bytes: they are public and contain nothing about the viewer.
    """
    return cloudfront.ResponseHeadersPolicy(
        scope,
        "AssetHeaders",
        response_headers_policy_name=deployment.name("assets"),
        security_headers_behavior=cloudfront.ResponseSecurityHeadersBehavior(
            content_type_options=NO_SNIFFING
        ),
        remove_headers=REMOVED,
    )


def data_headers(scope: Construct, deployment: Deployment) -> cloudfront.ResponseHeadersPolicy:
    """For the data: any site may read it, so it has CORS and no cross-origin resource policy."""
    return cloudfront.ResponseHeadersPolicy(
        scope,
        "DataHeaders",
        response_headers_policy_name=deployment.name("data"),
        cors_behavior=cloudfront.ResponseHeadersCorsBehavior(
            access_control_allow_credentials=False,
            access_control_allow_headers=["*"],
            access_control_allow_methods=["GET", "HEAD", "OPTIONS"],
            access_control_allow_origins=["*"],
            access_control_expose_headers=CORS["Access-Control-Expose-Headers"].split(", "),
            access_control_max_age=Duration.days(1),
            origin_override=True,
        ),
        security_headers_behavior=cloudfront.ResponseSecurityHeadersBehavior(
            content_security_policy=cloudfront.ResponseHeadersContentSecurityPolicy(
                content_security_policy=SECURITY["Content-Security-Policy"], override=True
            ),
            content_type_options=NO_SNIFFING,
            strict_transport_security=strict_transport(deployment),
        ),
        remove_headers=REMOVED,
    )


def strict_transport(deployment: Deployment) -> cloudfront.ResponseHeadersStrictTransportSecurity:
    """HTTPS only, for two years. Subdomains may be other services, so they are included only by a setting."""
    return cloudfront.ResponseHeadersStrictTransportSecurity(
        access_control_max_age=Duration.seconds(63_072_000),
        include_subdomains=deployment.hsts_subdomains,
        override=True,
    )


def custom(headers: Mapping[str, str]) -> cloudfront.ResponseCustomHeadersBehavior:
    """Headers for which CloudFront has no property."""
    return cloudfront.ResponseCustomHeadersBehavior(
        custom_headers=[
            cloudfront.ResponseCustomHeader(header=header, value=value, override=True)
            for header, value in headers.items()
        ]
    )
