"""What a module draws is what the publisher has written: a reader can't tell which of them it was."""

import re
from dataclasses import replace
from difflib import unified_diff
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.states import State, apply, state

# Of the state that lacks a session, the one after that: its previous closes are unknown.
DAYS = dict.fromkeys(("fresh", "flat", "excused", "corrected", "long", "split"), "/days/2026-11-23.html")
PAGES = [*DAYS.items(), ("missing", "/days/2026-11-20.html"), *((name, "/index.html") for name in DAYS)]
# Every element with its attributes, and every text; what page.js adds to both is among it.
READ = """() => {
  const told = (node) => {
    if (node.nodeType === Node.TEXT_NODE) return node.data.replace(/\\s+/g, " ");
    if (node.nodeType !== Node.ELEMENT_NODE) return "";
    const attributes = [...node.attributes].map(({ name, value }) => ` ${name}="${value}"`).sort().join("");
    return `<${node.localName}${attributes}>${[...node.childNodes].map(told).join("")}</>`;
  };
  const main = document.querySelector("main");
  return { title: document.title, main: told(main).replace(/\\s*(<[^>]*>)\\s*/g, "\\n$1").trim().split("\\n") };
}"""


def outdated(shown: State, path: str) -> State:
    """The state with a document that says it was made of something else."""
    page = shown.documents[path]
    body = re.sub(rb'data-made="\w+"', b'data-made="other"', page.body)
    assert body != page.body
    return replace(shown, documents={**shown.documents, path: replace(page, body=body)})


def read(page: Page, path: str) -> Any:
    page.goto(path.replace("index.html", ""))
    page.wait_for_function("document.documentElement.dataset.made !== 'other'")
    page.wait_for_function("document.querySelector('#state').dataset.tone")
    return page.evaluate(READ)


@pytest.mark.parametrize(("name", "path"), PAGES)
def test_a_document_drawn_anew_is_the_one_that_was_published(name: str, path: str, page: Page) -> None:
    apply(page, state(name))
    published = read(page, path)
    apply(page, outdated(state(name), path))
    page.evaluate("localStorage.clear()")
    drawn = read(page, path)
    assert drawn["title"] == published["title"]
    assert "\n".join(unified_diff(published["main"], drawn["main"], lineterm="", n=2)) == ""
