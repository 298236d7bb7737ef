"""Which way imports go: scripts → infra, ingest → api; and what pure modules may not touch."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

MAY_IMPORT = {
    "api": {"api"},
    "ingest": {"ingest", "api"},
    "infra": {"infra", "api"},
    "scripts": {"scripts", "infra", "ingest", "api"},
}
PURE = (
    "api/items.py",
    "api/records.py",
    "api/documents.py",
    "api/watchlists.py",
    "ingest/calendar.py",
    "ingest/daily/holes.py",
    "ingest/daily/past.py",
    "ingest/daily/plan.py",
    "ingest/daily/judge.py",
    "ingest/daily/feed.py",
    "ingest/providers/massive_bars.py",
    "scripts/cloud/nginx.py",
    "scripts/cloud/distribution.py",
    "scripts/market/endpoints.py",
)
IMPURE = {"boto3", "botocore", "os", "time", "requests", "subprocess"}
CLOCKS = {"now", "utcnow", "today"}


def imported(path: Path) -> Iterator[str]:
    """The modules that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


@pytest.mark.parametrize("folder", MAY_IMPORT)
def test_no_import_runs_back(folder: str) -> None:
    files = [path for path in Path(folder).rglob("*.py") if "node_modules" not in path.parts]
    assert files
    for path in files:
        ours = {module.split(".")[0] for module in imported(path)} & {*MAY_IMPORT, "tests"}
        assert ours <= MAY_IMPORT[folder], path


def test_infra_takes_nothing_but_names_from_api() -> None:
    taken = {module for path in Path("infra").rglob("*.py") for module in imported(path)}
    assert {module for module in taken if module.startswith("api")} <= {
        "api.headers",
        "api.documents",
        "api.records",
        "api.watchlists",
    }


@pytest.mark.parametrize("name", PURE)
def test_pure_modules_touch_no_service_no_environment_and_no_clock(name: str) -> None:
    path = Path(name)
    assert {module.split(".")[0] for module in imported(path)} & IMPURE == set()
    calls = [node.func for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    assert not [call for call in calls if isinstance(call, ast.Attribute) and call.attr in CLOCKS]


def test_the_folders_are_the_agreed_ones() -> None:
    folders = {
        path.name for path in Path().iterdir() if path.is_dir() and not path.name.startswith((".", "_"))
    }
    assert folders - {"build"} == {"infra", "ingest", "api", "site", "tests", "scripts"}
    assert not list(Path("site").rglob("*.py"))
