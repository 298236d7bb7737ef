"""What viewers get, against what is published: whether it is the same, and waiting until it is."""

import time
import uuid
from collections.abc import Callable, Sequence
from functools import partial

from api.routes import ROUTES
from ingest.site import EVERYTHING, Listing, Site
from scripts.errors import CommandError
from scripts.target import Target

WATCHED = tuple(sorted(route.key() for route in ROUTES if not route.parameter))
POLL_SECONDS = 1.0
VISIBLE_SECONDS = 420


def visible(target: Target, listing: Listing, key: str) -> bool:
    """Whether viewers get the bytes that are in the bucket."""
    return same(listing, key, target.viewed(f"/{key}"))


def same(listing: Listing, key: str, seen: str | None) -> bool:
    """Whether what was seen of a file is what the bucket has."""
    return seen is not None and seen == listing.get(key)


def drop(target: Target, paths: Sequence[str] = EVERYTHING) -> str:
    """Drop the paths from the CDN's caches, wait until that is done, and return the invalidation's id.

    Raises `CommandError` for a path that does not begin with a slash.
    """
    if wrong := [path for path in paths if not path.startswith("/")]:
        raise CommandError(f"{wrong[0]!r} is no path: it must begin with a slash, and may end with *")
    site = target.site()
    identity = site.invalidate(str(uuid.uuid4()), paths)
    wait_until_dropped(site, identity)
    return identity


def wait_until_dropped(site: Site, identity: str) -> None:
    """Return when an invalidation is done. Raises `CommandError` after seven minutes."""
    _until(lambda: _completed(site, identity), f"invalidation {identity} is still under way")


def _completed(site: Site, identity: str) -> bool:
    found = site.cloudfront.get_invalidation(DistributionId=site.distribution_id, Id=identity)
    return found["Invalidation"]["Status"] == "Completed"


def wait_until_visible(target: Target) -> None:
    """Return when viewers get what is in the bucket now. Raises `CommandError` after seven minutes."""
    for key in WATCHED:
        _until(partial(_shown, target, key), f"the CDN still serves an old {key}")


def _shown(target: Target, key: str) -> bool:
    listing = target.site().listing()  # read each time: a run may publish meanwhile
    return key not in listing or visible(target, listing, key)


def _until(reached: Callable[[], bool], otherwise: str) -> None:
    deadline = time.monotonic() + VISIBLE_SECONDS
    while not reached():
        if time.monotonic() > deadline:
            raise CommandError(f"After {VISIBLE_SECONDS // 60} minutes {otherwise}; look again later.")
        time.sleep(POLL_SECONDS)
