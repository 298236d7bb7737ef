"""Compares what viewers get with what is published, and waits until it is the same."""

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
    """Whether viewers get the file in the bucket."""
    return same(listing, key, target.viewed(f"/{key}"))


def same(listing: Listing, key: str, seen: str | None) -> bool:
    """Whether a viewer's copy of a file is the one in the bucket."""
    return seen is not None and seen == listing.get(key)


def drop(target: Target, paths: Sequence[str] = EVERYTHING) -> str:
    """Invalidate the paths, wait until that is done, and return the invalidation's ID.

    Raises `CommandError` for a path that doesn't start with a slash.
    """
    if wrong := [path for path in paths if not path.startswith("/")]:
        raise CommandError(f"{wrong[0]!r} isn't a path: start with /, optionally end with *")
    site = target.site()
    identity = site.invalidate(str(uuid.uuid4()), paths)
    wait_until_dropped(site, identity)
    return identity


def wait_until_dropped(site: Site, identity: str) -> None:
    """Return when an invalidation is done. Raises `CommandError` after seven minutes."""
    _until(lambda: _completed(site, identity), f"invalidation {identity} is still in progress")


def _completed(site: Site, identity: str) -> bool:
    found = site.cloudfront.get_invalidation(DistributionId=site.distribution_id, Id=identity)
    return found["Invalidation"]["Status"] == "Completed"


def wait_until_visible(target: Target) -> None:
    """Return when viewers get what is in the bucket. Raises `CommandError` after seven minutes."""
    for key in WATCHED:
        _until(partial(_shown, target, key), f"the CDN still serves an old {key}")


def _shown(target: Target, key: str) -> bool:
    listing = target.site().listing()  # each time: a run may publish meanwhile
    return key not in listing or visible(target, listing, key)


def _until(reached: Callable[[], bool], otherwise: str) -> None:
    deadline = time.monotonic() + VISIBLE_SECONDS
    while not reached():
        if time.monotonic() > deadline:
            raise CommandError(f"After {VISIBLE_SECONDS // 60} minutes {otherwise}; check again later.")
        time.sleep(POLL_SECONDS)
