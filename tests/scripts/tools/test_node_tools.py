"""The Node tools of the page: pinned, and without a word on where they were fetched from."""

import json
import re
from pathlib import Path

import pytest

FOLDERS = sorted(path.parent for path in Path("scripts/tools").glob("*/package.json"))
pinned = pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)


@pinned
def test_pins_are_exact_and_locked(folder: Path) -> None:
    pins = json.loads((folder / "package.json").read_text())["dependencies"]
    locked = json.loads((folder / "package-lock.json").read_text())["packages"]
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in pins.values())
    assert pins == {name: locked[f"node_modules/{name}"]["version"] for name in pins}


@pinned
def test_the_lock_names_packages_by_hash_and_no_registry(folder: Path) -> None:
    packages = json.loads((folder / "package-lock.json").read_text())["packages"]
    assert all("integrity" in package for name, package in packages.items() if name)
    for package in packages.values():
        package.pop("funding", None)  # where its authors ask for money, which no installation looks at
        assert "resolved" not in package
        assert "://" not in json.dumps(package)


def test_the_linters_are_locked_for_every_system_that_the_project_runs_on() -> None:
    packages = json.loads(Path("scripts/tools/lint/package-lock.json").read_text())["packages"]
    for system in ("linux-x64", "darwin-arm64"):
        assert f"node_modules/@biomejs/cli-{system}" in packages
