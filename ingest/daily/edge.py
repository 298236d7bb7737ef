"""Checks the site through the CDN, as viewers see it.

The CDN's own metrics can't replace this: they stop when it is down, and without viewers they don't show a missing page.
"""

from http import HTTPStatus

import requests
from aws_lambda_powertools import Logger

PATHS = ("/", "/movers.json")  # without either, viewers see nothing
TIMEOUT_SECONDS = (3, 10)  # to connect, and between two bytes

log = Logger(service="ingest")


def unreadable(site_url: str, ca: str | None = None) -> list[str]:
    """Those of `PATHS` that can't be read. `ca` is the path of the certificate to trust, if it isn't a public one."""
    return [path for path in PATHS if not _readable(site_url + path, ca)]


def _readable(url: str, ca: str | None) -> bool:
    try:
        with requests.get(
            url, verify=ca or True, timeout=TIMEOUT_SECONDS, allow_redirects=False, stream=True
        ) as answer:
            found: object = answer.status_code
    except OSError as error:  # includes every error of requests, and a missing certificate file
        found = error
    if found != HTTPStatus.OK:
        log.error("not read through the CDN", url=url, answer=str(found))
    return found == HTTPStatus.OK
