"""Uploads the page: site/ and the API's description, next to the twins and never over one."""

import fnmatch
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from api.routes import PUBLISHED
from scripts.errors import CommandError

PAGE_CACHE = "max-age=0, s-maxage=300, must-revalidate"
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
_ASSET_REFERENCE = re.compile(rb"""(?<=["'/])assets/""")


@dataclass(frozen=True, slots=True)
class PageFile:
    """One object of the page in the site bucket."""

    key: str
    body: bytes
    content_type: str
    cache_control: str


def upload_page(s3: Any, bucket: str, root: Path) -> list[str]:
    """Upload the files that differ from the bucket's, and return their keys.

    Nothing is deleted: a cached page may use the previous version's assets.
    """
    changed = changed_files(s3, bucket, root)
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
    """The page's files, assets first, so that no page refers to a missing one.

    Assets go under a path with the hash of them all, so that caches can keep them forever; the pages' references
    `/assets/…` are changed to that path.
    """
    site = root / "site"
    paths = {path.relative_to(site).as_posix(): path for path in _visible_files(site)}
    assets = {key: path.read_bytes() for key, path in paths.items() if key.startswith("assets/")}
    folder = f"assets/{_digest(assets)}/"
    pages = {key: path.read_bytes() for key, path in paths.items() if key not in assets}
    pages["openapi.json"] = (root / "api" / "openapi.json").read_bytes()
    return [
        *(_file(key.replace("assets/", folder, 1), body, ASSET_CACHE) for key, body in assets.items()),
        *(_file(key, _with_assets_in(folder, key, body), PAGE_CACHE) for key, body in pages.items()),
    ]


def is_twin(key: str) -> bool:
    """Whether the ingest function publishes this key."""
    return any(fnmatch.fnmatchcase(key, twin) for twin in PUBLISHED)


def _visible_files(site: Path) -> list[Path]:
    return sorted(path for path in site.rglob("*") if path.is_file() and not path.name.startswith("."))


def _digest(assets: dict[str, bytes]) -> str:
    digest = hashlib.sha256()
    for key, body in assets.items():
        digest.update(f"{key}\n{len(body)}\n".encode() + body)
    return digest.hexdigest()[:12]


def _with_assets_in(folder: str, key: str, body: bytes) -> bytes:
    return _ASSET_REFERENCE.sub(folder.encode(), body) if key.endswith(".html") else body


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
