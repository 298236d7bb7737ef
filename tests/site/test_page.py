"""What the strict content security policy and the static deployment ask of the files of the page."""

import base64
import hashlib
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from infra.headers import CONTENT_SECURITY_POLICY
from scripts.deployment.page import page_files
from scripts.folders import ROOT
from tests.states import state
from tests.states.pages import documents

SITE = ROOT / "site"
SCRIPTS = sorted(SITE.rglob("*.js"))
STYLES = sorted(SITE.rglob("*.css"))
EMPTY = "/index.html before the first session"
CURRENT = {"/index.html": "/", EMPTY: "/", "/history.html": "/history.html", "/status.html": "/status.html"}

# Each of these turns text into markup or code, which Trusted Types refuse.
SINKS = (
    r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|\bFunction\(|setTimeout\(['\"`]|srcdoc"
)


@dataclass
class Page(HTMLParser):
    """The parts of a document that a policy or a broken link could trip over."""

    text: str
    code: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    inline: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    current: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()
        self.feed(self.text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        given = {name: value or "" for name, value in attrs}
        self.inline += (
            name
            for name, value in given.items()
            if name == "style" or name.startswith("on") or (name, value) == ("http-equiv", "refresh")
        )
        self.links += (given[name] for name in ("href", "src", "action") if name in given)
        self.links += given.get("data-modules", "").split()
        self.ids += (given[name] for name in ("id",) if name in given)
        self.current += [given["href"]] if "aria-current" in given else []

    def handle_data(self, data: str) -> None:
        if self.tags and self.tags[-1] in {"script", "style"} and data.strip():
            self.code.append(data)
        else:
            self.said.append(data)


@pytest.fixture(scope="module")
def pages() -> dict[str, Page]:
    """Every kind of document, as it is published."""
    found = {**documents(), EMPTY: documents("empty")["/index.html"]}
    return {path: Page(text) for path, text in found.items()}


def test_every_kind_of_document_is_there(pages: dict[str, Page]) -> None:
    names = ("index", "day", "ticker", "history", "status", "404", "days/2026-11-23")
    assert pages.keys() == {*(f"/{name}.html" for name in names), EMPTY}


@pytest.mark.parametrize("part", ["header", "footer"])
def test_documents_share_their_header_and_footer_word_for_word(pages: dict[str, Page], part: str) -> None:
    found = [re.findall(rf"<{part}>.*?</{part}>", page.text, flags=re.DOTALL) for page in pages.values()]
    assert len({re.sub(r' aria-current="page"', "", part) for (part,) in found}) == 1


def test_no_document_claims_to_be_another_one(pages: dict[str, Page]) -> None:
    for path, page in pages.items():
        assert page.current == ([CURRENT[path]] if path in CURRENT else []), path


def test_the_policy_lets_the_one_inline_script_run_and_nothing_else_is_inline(pages: dict[str, Page]) -> None:
    """Browsers refuse what the policy doesn't name, without a word to the reader."""
    for path, page in pages.items():
        (theme,) = page.code
        digest = base64.b64encode(hashlib.sha256(theme.encode()).digest()).decode()
        assert f"script-src 'self' 'sha256-{digest}';" in CONTENT_SECURITY_POLICY
        assert page.inline == [], path


def test_every_link_stays_on_this_host_and_leads_somewhere(pages: dict[str, Page]) -> None:
    """By an absolute path, because an error page is shown at any depth; only metadata name the site's own address."""
    uploaded = {f"/{file.key}" for file in page_files(ROOT)}
    shown = state("fresh")
    for path, page in pages.items():
        assert page.links, path
        for link in page.links:
            if link.removeprefix("#") in page.ids or link == f"https://localhost{path}":
                continue
            assert re.match(r"/(?!/)", link), (path, link)
            found = shown.answer(link)
            assert urlsplit(link).path in uploaded or (found and found.status == 200), (path, link)


def test_every_document_has_a_language_a_title_one_heading_and_a_main_part_and_uses_every_id_once(
    pages: dict[str, Page],
) -> None:
    for path, page in pages.items():
        assert page.text.startswith('<!doctype html>\n<html lang="en"'), path
        assert [page.tags.count(tag) for tag in ("title", "h1", "main")] == [1, 1, 1], path
        assert len(page.ids) == len(set(page.ids)), path


def test_a_document_says_nothing_that_only_a_reader_who_knows_the_time_can_say(
    pages: dict[str, Page],
) -> None:
    """It may outlive the pipeline. What the words mean is no statement, and a script's comment is not read."""
    for path, page in pages.items():
        said = re.sub(r"<(details|script).*?</\1>", "", page.text, flags=re.DOTALL)
        assert not re.search(r"up to date|delayed|today", said, re.IGNORECASE), path


def test_no_script_turns_text_into_markup_or_code() -> None:
    for script in SCRIPTS:
        assert re.findall(SINKS, script.read_text()) == [], script


def test_modules_import_only_their_neighbours_so_that_their_folder_can_carry_a_version() -> None:
    for script in SCRIPTS:
        for target in re.findall(r"""(?:from|import\()\s*["']([^"']+)["']""", script.read_text()):
            assert re.fullmatch(r"\./\w+\.js", target), target
            assert (script.parent / target).is_file(), target


def test_assets_ask_no_other_host() -> None:
    for path in [*SCRIPTS, *STYLES]:
        assert re.findall(r"(?:https?:)?//[\w.-]+\.\w|@import|url\(", _without_comments(path)) == [], path


def _without_comments(path: Path) -> str:
    """The text without its comments and without the one address that names a language and is never asked."""
    text = path.read_text().replace("http://www.w3.org/2000/svg", "")
    return re.sub(r"/\*.*?\*/|^\s*//.*$", "", text, flags=re.DOTALL | re.MULTILINE)
