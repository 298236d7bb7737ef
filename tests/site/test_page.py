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


@pytest.fixture(params=PAGES, ids=lambda path: path.name)
def page(request: pytest.FixtureRequest) -> Page:
    return Page(request.param)


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


def test_no_page_carries_inline_script_or_style(page: Page) -> None:
    assert page.inline == []


def test_every_link_stays_on_this_host_and_leads_somewhere(page: Page) -> None:
    assert page.links
    for link in page.links:
        assert link in PUBLISHED or _is_file(link) or link.removeprefix("#") in page.ids, link


def test_pages_name_files_by_absolute_path_because_an_error_page_is_shown_at_any_depth(page: Page) -> None:
    assert all(link.startswith(("/", "#")) and not link.startswith("//") for link in page.links)


def test_every_page_has_a_language_a_title_and_a_main_part(page: Page) -> None:
    assert page.tags >= {"html", "title", "h1", "main"}
    assert '<html lang="en">' in page.path.read_text()


def test_every_id_is_used_once(page: Page) -> None:
    assert len(page.ids) == len(set(page.ids))


def test_every_element_the_shared_script_fills_is_on_the_front_page() -> None:
    filled = re.findall(r'\bat\("(\w+)"\)', (SITE / "assets/page.js").read_text())
    assert set(filled) <= set(Page(SITE / "index.html").ids)
    assert len(filled) > 5


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_no_script_turns_text_into_markup_or_code(script: Path) -> None:
    assert re.findall(SINKS, script.read_text()) == []


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_modules_import_only_their_neighbours_so_that_their_folder_can_carry_a_version(script: Path) -> None:
    for target in re.findall(r"""(?:from|import\()\s*["']([^"']+)["']""", script.read_text()):
        assert re.fullmatch(r"\./\w+\.js", target), target
        assert (script.parent / target).is_file(), target


@pytest.mark.parametrize("path", [*SCRIPTS, *STYLES], ids=lambda path: path.name)
def test_assets_ask_no_other_host(path: Path) -> None:
    assert re.findall(r"(?:https?:)?//[\w.-]+\.\w|@import|url\(", _without_comments(path)) == []


def _is_file(link: str) -> bool:
    path = SITE / link.lstrip("/")
    return link.startswith("/") and (path.is_file() or (path / "index.html").is_file())


def _without_comments(path: Path) -> str:
    """The text without its comments and without the one address that names a language and is never asked."""
    text = path.read_text().replace("http://www.w3.org/2000/svg", "")
    return re.sub(r"/\*.*?\*/|^\s*//.*$", "", text, flags=re.DOTALL | re.MULTILINE)
