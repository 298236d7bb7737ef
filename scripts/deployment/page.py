"""Uploads what the page's documents refer to: the assets, icons, and the API's description. The ingest function
publishes the documents themselves.
"""

import fnmatch
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from api.routes import PAGE, PUBLISHED
from ingest.daily.pages import assets_folder
from scripts.errors import CommandError

ASSET_CACHE = "max-age=31536000, immutable"

_CONTENT_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".mjs": "text/javascript; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
    ".xml": "application/xml",
}
TEMPLATES = "templates/"  # parts of the ingest bundle


@dataclass(frozen=True, slots=True)
class PageFile:
    """One object of the page in the site bucket."""

    key: str
    body: bytes
    content_type: str
    cache_control: str


def upload_page(s3: Any, bucket: str, root: Path, *, assets_only: bool = False) -> list[str]:
    """Upload the files that differ from the bucket's, and return their keys.

    Nothing is deleted: a cached page may use the previous version's assets.
    """
    changed = changed_files(s3, bucket, root)
    if assets_only:
        changed = [file for file in changed if file.cache_control == ASSET_CACHE]
    for file in changed:
        s3.put_object(
            Bucket=bucket,
            Key=file.key,
            Body=file.body,
            ContentType=file.content_type,
            CacheControl=file.cache_control,
        )
    return [file.key for file in changed]


def changed_files(s3: Any, bucket: str, root: Path) -> list[PageFile]:
    """The page's files that differ from the bucket's, in upload order."""
    return [file for file in page_files(root) if not _is_current(s3, bucket, file)]


def page_files(root: Path) -> list[PageFile]:
    """The page's files, assets first. Their path has the hash of them all, so that caches can keep them forever."""
    site = root / "site"
    paths = {path.relative_to(site).as_posix(): path for path in _visible_files(site)}
    content = {key: path.read_bytes() for key, path in paths.items() if not key.startswith(TEMPLATES)}
    content["openapi.json"] = (root / "api" / "openapi.json").read_bytes()
    folder = assets_folder(site)
    assets = {key: body for key, body in content.items() if key.startswith("assets/")}
    return [
        *(_file(key.replace("assets", folder, 1), body, ASSET_CACHE) for key, body in assets.items()),
        *(_file(key, body, PAGE) for key, body in content.items() if key not in assets),
    ]


def is_twin(key: str) -> bool:
    """Whether the ingest function publishes this key."""
    return any(fnmatch.fnmatchcase(key, twin) for twin in PUBLISHED)


def _visible_files(site: Path) -> list[Path]:
    return sorted(path for path in site.rglob("*") if path.is_file() and not path.name.startswith("."))


def _file(key: str, body: bytes, cache_control: str) -> PageFile:
    if is_twin(key):
        raise CommandError(
            f"site/{key} has the name of a published twin. Rename it: the page would overwrite data."
        )
    suffix = Path(key).suffix
    if suffix not in _CONTENT_TYPES:
        raise CommandError(f"Unknown content type for site/{key}: add {suffix!r} to {__name__}.")
    return PageFile(key, body, _CONTENT_TYPES[suffix], cache_control)


def _is_current(s3: Any, bucket: str, file: PageFile) -> bool:
    try:
        head = s3.head_object(Bucket=bucket, Key=file.key)
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
            return False
        raise
    etag = hashlib.md5(file.body, usedforsecurity=False).hexdigest()
    stored = (head["ETag"], head.get("ContentType"), head.get("CacheControl"))
    return stored == (f'"{etag}"', file.content_type, file.cache_control)
