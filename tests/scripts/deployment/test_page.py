import re
from pathlib import Path
from typing import Any

import boto3
import pytest

from api.markets import US
from api.routes import PAGE
from ingest.calendar import load_calendar
from ingest.daily.feed import Channel
from ingest.daily.pages import Pages
from scripts.deployment.page import ASSET_CACHE, page_files, upload_page
from scripts.errors import CommandError
from scripts.folders import ROOT

BUCKET = "site"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository with a template, two files beside the documents, two assets, and the API's description."""
    contents = {
        "site/templates/index.html": "{{ session }}",
        "site/icon.svg": "<svg/>",
        "site/robots.txt": "User-agent: *",
        "site/assets/app.js": "import './data.js'",
        "site/assets/page.css": "body {}",
        "site/assets/.hidden": "",
        "api/openapi.json": "{}",
    }
    for name, content in contents.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return tmp_path


@pytest.fixture
def s3(moto: None) -> Any:
    client = boto3.client("s3")
    client.create_bucket(Bucket=BUCKET)
    return client


def keys(s3: Any) -> set[str]:
    return {found["Key"] for found in s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])}


def asset_folder(root: Path) -> str:
    return page_files(root)[0].key.rpartition("/")[0]


def test_the_page_its_assets_and_the_api_description_are_put(s3: Any, root: Path) -> None:
    upload_page(s3, BUCKET, root)
    folder = asset_folder(root)
    assert keys(s3) == {
        "icon.svg",
        "robots.txt",
        "openapi.json",
        f"{folder}/app.js",
        f"{folder}/page.css",
    }


def test_every_object_has_its_content_type_and_cache_life(s3: Any, root: Path) -> None:
    upload_page(s3, BUCKET, root)
    folder = asset_folder(root)
    expected = {
        "icon.svg": ("image/svg+xml", "max-age=0, s-maxage=300, must-revalidate"),
        "openapi.json": ("application/json", "max-age=0, s-maxage=300, must-revalidate"),
        f"{folder}/app.js": ("text/javascript; charset=utf-8", "max-age=31536000, immutable"),
        f"{folder}/page.css": ("text/css; charset=utf-8", "max-age=31536000, immutable"),
    }
    for key, stored in expected.items():
        head = s3.head_object(Bucket=BUCKET, Key=key)
        assert (head["ContentType"], head["CacheControl"]) == stored


def test_the_documents_name_the_assets_that_are_put() -> None:
    """Which the ingest function renders, from its own copy of the assets."""
    (folder,) = {file.key.rpartition("/")[0] for file in page_files(ROOT) if file.key.startswith("assets/")}
    pages = Pages(Channel("prod", "https://movers.example", US, load_calendar(US).close_at, {}, ""))
    for page in pages.fixed():
        named = set(re.findall(rb'"/(assets/[^/"]+)/', page.body))
        assert named == {folder.encode()}, page.key


def test_a_changed_asset_moves_all_assets_to_a_new_path(root: Path) -> None:
    before = asset_folder(root)
    (root / "site/assets/page.css").write_text("body { margin: 0 }")
    assert asset_folder(root) != before


def test_assets_are_put_first(root: Path) -> None:
    lives = [file.cache_control for file in page_files(root)]
    assert lives == sorted(lives, key=[ASSET_CACHE, PAGE].index)


def test_only_the_changed_file_is_put_again(s3: Any, root: Path) -> None:
    upload_page(s3, BUCKET, root)
    (root / "site/robots.txt").write_text("User-agent: bot")
    assert upload_page(s3, BUCKET, root) == ["robots.txt"]


def test_a_changed_cache_life_is_put_again(s3: Any, root: Path) -> None:
    upload_page(s3, BUCKET, root)
    s3.put_object(
        Bucket=BUCKET, Key="robots.txt", Body=b"User-agent: *", ContentType="text/plain; charset=utf-8"
    )
    assert upload_page(s3, BUCKET, root) == ["robots.txt"]


def test_twins_are_left_as_they_are(s3: Any, root: Path) -> None:
    twins = {
        "movers.json",
        "movers/2026-02-10.json",
        "history.json",
        "tickers/AAPL.json",
        "status.json",
        "movers.csv",
        "feed.xml",
    }
    for twin in twins:
        s3.put_object(Bucket=BUCKET, Key=twin, Body=b"published")
    upload_page(s3, BUCKET, root)
    assert {twin: s3.get_object(Bucket=BUCKET, Key=twin)["Body"].read() for twin in twins} == dict.fromkeys(
        twins, b"published"
    )


@pytest.mark.parametrize(
    "name", ["movers.json", "tickers/A.json", "index.html", "days/today.html", "badge.svg"]
)
def test_a_file_with_the_name_of_a_twin_is_refused(root: Path, name: str) -> None:
    path = root / "site" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("{}")
    with pytest.raises(CommandError, match=name):
        page_files(root)


def test_a_file_of_an_unknown_type_is_refused(root: Path) -> None:
    (root / "site/icon.svg.orig").write_text("")
    with pytest.raises(CommandError, match=r"\.orig"):
        page_files(root)
