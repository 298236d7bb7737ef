"""The page's documents as readers get them: `python -m tests.states.pages build/pages` writes them for the linter."""

import argparse
import shutil
from collections.abc import Mapping
from pathlib import Path

from tests.states import state


def documents(shown: str = "fresh") -> Mapping[str, str]:
    """Each kind of document, by its path on the site, in a state; of the days' pages the newest, if there is one."""
    found = {path: answer.body.decode() for path, answer in state(shown).documents.items()}
    newest = max((path for path in found if path.startswith("/days/")), default="")
    return {path: text for path, text in found.items() if path == newest or not path.startswith("/days/")}


def write(folder: Path) -> None:
    """Write what the templates can make into a folder, which must hold nothing else."""
    shutil.rmtree(folder, ignore_errors=True)
    for shown in ("fresh", "empty", "long", "flat", "excused", "corrected"):
        for path, text in documents(shown).items():
            file = folder / shown / path[1:]
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.states.pages", description=__doc__)
    parser.add_argument("folder", type=Path)
    write(parser.parse_args().folder)


if __name__ == "__main__":
    main()
