"""A look at the site as its viewers get it: through the CDN.

A CDN that is down measures nothing, and while nobody comes, nobody misses a page that is gone.
"""

from http import HTTPStatus

import requests
from aws_lambda_powertools import Logger

PATHS = ("/", "/movers.json")  # without these there is nothing to see
TIMEOUT_SECONDS = (3, 10)  # to connect, and between two bytes

log = Logger(service="ingest")


def unreadable(site_url: str, ca: str | None = None) -> list[str]:
    """The paths that viewers need and do not get. `ca` is the certificate to trust, if it is not a public one."""
    return [path for path in PATHS if not _readable(site_url + path, ca)]


def _readable(url: str, ca: str | None) -> bool:
    try:
        with requests.get(
            url, verify=ca or True, timeout=TIMEOUT_SECONDS, allow_redirects=False, stream=True
        ) as answer:
            found: object = answer.status_code
    except OSError as error:  # every error of requests, and a certificate that is not there
        found = error
    if found != HTTPStatus.OK:
        log.error("not read through the CDN", url=url, answer=str(found))
    return found == HTTPStatus.OK
