"""Every state of the page: what its data paths answer, and what a reader must then see.

In a test, `apply(page, state("late"))` before `page.goto("/")`; at a desk, `make states`.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from scripts.deployment.page import is_twin
from tests.states.answers import Answer, Answers, as_files, published
from tests.states.scenes import SCENES

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page, Route

NAMES = tuple(SCENES)
OFFLINE = "Object.defineProperty(Navigator.prototype, 'onLine', { get: () => false })"


@dataclass(frozen=True, slots=True)
class State:
    """`says` is what a reader must see who looks `now`. Data paths that are not listed get `otherwise`; the page's
    documents are there whatever happens to the data.
    """

    name: str
    says: str
    now: datetime
    documents: Answers
    answers: Answers
    otherwise: Answer
    online: bool

    def answer(self, url: str) -> Answer | None:
        """What a URL or path gets; None for a file of the page."""
        path = urlsplit(url).path
        document = "/index.html" if path == "/" else path
        if document.endswith(".html"):
            return self.documents.get(document) or self.no_page
        return self.answers.get(path, self.otherwise) if is_data(path) else None

    @property
    def no_page(self) -> Answer:
        """What the CDN answers where nothing is."""
        return replace(self.documents["/404.html"], status=404)


def is_data(path: str) -> bool:
    """Whether a path belongs to a resource or a twin."""
    keys = [path.removeprefix("/") + suffix for suffix in ("", ".json")]
    return any(map(is_twin, keys))


def apply(target: "BrowserContext | Page", state: State) -> None:
    """Let the state answer the data paths, in place of any state before, and set the reader's clock to its time."""

    def answer(route: "Route") -> None:
        found = state.answer(route.request.url)
        assert found
        if found.fault == "abort":
            route.abort()
        elif not found.fault:
            route.fulfill(status=found.status, body=found.body, headers=found.headers)

    target.clock.set_fixed_time(state.now)
    if not state.online:
        target.add_init_script(OFFLINE)
    target.route(lambda url: state.answer(url) is not None, answer)


def state(name: str, now: datetime | None = None) -> State:
    """The state as a reader meets it whose clock says `now`; by default that is when the data was recorded."""
    scene = SCENES[name]
    stored = scene.stored()
    seen = scene.seen or stored.at
    now = now or scene.now or seen
    pages = scene.pages().twins if scene.pages else stored.twins
    documents = [twin for twin in pages if twin.key.endswith(".html")]
    data = [twin for twin in stored.twins if not twin.key.endswith(".html")]
    answers = scene.way(published([*data, stored.status(seen - now)]))
    return State(name, scene.says, now, as_files(documents), answers, scene.otherwise, scene.online)
