"""What the strict content security policy and the static deployment ask of the files of the page."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

import pytest

from api import routes

SITE = Path(__file__).parents[2] / "site"
PAGES = sorted(SITE.rglob("*.html"))
SCRIPTS = sorted(SITE.rglob("*.js"))
STYLES = sorted(SITE.rglob("*.css"))

# Written by each run of ingest, or put beside the page when it is uploaded.
PUBLISHED = {f"/{key}" for key in (routes.MOVERS.key(), *(file.key for file in routes.FILES), "openapi.json")}
# Each of these turns text into markup or code, which Trusted Types refuse.
SINKS = (
    r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|\bFunction\(|setTimeout\(['\"`]|srcdoc"
)


@dataclass
class Page(HTMLParser):
    """The parts of a page that a policy or a broken link could trip over."""

    path: Path
    inline: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    tags: set[str] = field(default_factory=set)
    _open: str = ""

    def __post_init__(self) -> None:
        super().__init__()
        self.feed(self.path.read_text())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._open = tag
        self.tags.add(tag)
        for name, value in attrs:
            if name == "style" or name.startswith("on") or (name, value) == ("http-equiv", "refresh"):
                self.inline.append(f"<{tag} {name}>")
            if name in {"href", "src", "action"}:
                self.links.append(value or "")
            if name == "id":
                self.ids.append(value or "")

    def handle_endtag(self, tag: str) -> None:
        self._open = ""

    def handle_data(self, data: str) -> None:
        if self._open in {"script", "style"} and data.strip():
            self.inline.append(f"<{self._open}>")


@pytest.fixture(scope="module")
def pages() -> list[Page]:
    return [Page(path) for path in PAGES]


def test_the_site_has_its_pages() -> None:
    names = ("index", "day", "ticker", "history", "status", "404")
    assert {path.name for path in PAGES} == {f"{name}.html" for name in names}


@pytest.mark.parametrize("part", ["header", "footer"])
def test_pages_share_their_header_and_footer_word_for_word(part: str) -> None:
    texts = [path.read_text() for path in PAGES if path.name != "404.html"]
    found = [re.findall(rf"<{part}>.*?</{part}>", text, flags=re.DOTALL) for text in texts]
    assert len({re.sub(r' aria-current="page"', "", part) for (part,) in found}) == 1


def test_no_page_claims_to_be_another_one() -> None:
    for path in PAGES:
        current = re.findall(r'<a href="/([^"]*)" aria-current="page"', path.read_text())
        own = "" if path.name == "index.html" else path.name
        assert current == ([own] if path.name not in {"404.html", "ticker.html"} else []), path.name


def test_no_page_carries_inline_script_or_style(pages: list[Page]) -> None:
    assert {page.path.name: page.inline for page in pages if page.inline} == {}


def test_every_link_stays_on_this_host_and_leads_somewhere(pages: list[Page]) -> None:
    for page in pages:
        assert page.links
        for link in page.links:
            assert link in PUBLISHED or _is_file(link) or link.removeprefix("#") in page.ids, link


def test_pages_name_files_by_absolute_path_because_an_error_page_is_shown_at_any_depth(
    pages: list[Page],
) -> None:
    links = [link for page in pages for link in page.links]
    assert [link for link in links if not link.startswith(("/", "#")) or link.startswith("//")] == []


def test_every_page_has_a_language_a_title_and_a_main_part_and_uses_every_id_once(pages: list[Page]) -> None:
    for page in pages:
        assert page.tags >= {"html", "title", "h1", "main"}, page.path
        assert '<html lang="en">' in page.path.read_text()
        assert len(page.ids) == len(set(page.ids)), page.path


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


def _is_file(link: str) -> bool:
    path = SITE / link.lstrip("/")
    return link.startswith("/") and (path.is_file() or (path / "index.html").is_file())


def _without_comments(path: Path) -> str:
    """The text without its comments and without the one address that names a language and is never asked."""
    text = path.read_text().replace("http://www.w3.org/2000/svg", "")
    return re.sub(r"/\*.*?\*/|^\s*//.*$", "", text, flags=re.DOTALL | re.MULTILINE)
