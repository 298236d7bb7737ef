"""Which way imports go: scripts → infra, ingest → api; and what pure modules may not touch."""

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

MAY_IMPORT = {
    "api": {"api"},
    "ingest": {"ingest", "api"},
    "infra": {"infra", "api"},
    "scripts": {"scripts", "infra", "ingest", "api"},
}
# The rooms of ingest, and which of them each may enter.
ROOMS = {
    "calendar": set[str](),
    "lease": set[str](),
    "parallel": set[str](),
    "providers": set[str](),
    "site": set[str](),
    "archive": {"providers"},
    "settings": {"calendar"},
    "daily": {"archive", "calendar", "lease", "parallel", "providers", "settings", "site"},
}
FLOORS = 4
PURE = (
    "api/items.py",
    "api/records.py",
    "api/documents.py",
    "api/facts.py",
    "api/previous.py",
    "api/watchlists.py",
    "ingest/calendar.py",
    "api/markets.py",
    "api/routes.py",
    "api/vendors.py",
    "ingest/daily/feed.py",
    "ingest/daily/freshness.py",
    "ingest/daily/holes.py",
    "ingest/daily/judge.py",
    "ingest/daily/past.py",
    "ingest/daily/plan.py",
    "ingest/daily/work.py",
    "ingest/providers/massive.py",
    "ingest/providers/reading.py",
    "scripts/cloud/nginx.py",
    "scripts/cloud/distribution.py",
    "scripts/vendors/massive/endpoints.py",
)
IMPURE = {"boto3", "botocore", "os", "time", "requests", "subprocess"}
CLOCKS = {"now", "utcnow", "today"}


def imported(path: Path) -> Iterator[str]:
    """The modules that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            whole = "." not in node.module  # from api import names
            yield from (f"{node.module}.{alias.name}" if whole else node.module for alias in node.names)


@pytest.mark.parametrize("folder", MAY_IMPORT)
def test_no_import_runs_back(folder: str) -> None:
    files = [path for path in Path(folder).rglob("*.py") if "node_modules" not in path.parts]
    assert files
    for path in files:
        ours = {module.split(".")[0] for module in imported(path)} & {*MAY_IMPORT, "tests"}
        # What is measured lives in the world of the tests.
        more = {"tests"} if path.is_relative_to("scripts/tools/bench") else set()
        assert ours <= MAY_IMPORT[folder] | more, path


def test_infra_takes_nothing_but_names_from_api() -> None:
    taken = {module for path in Path("infra").rglob("*.py") for module in imported(path)}
    assert {module for module in taken if module.startswith("api")} <= {
        "api.headers",
        "api.markets",
        "api.names",
        "api.routes",
        "api.vendors",
        "api.watchlists",
    }


def rooms() -> dict[str, set[str]]:
    """The rooms of ingest, each with those that it enters."""
    entered: dict[str, set[str]] = {}
    for path in Path("ingest").rglob("[!_]*.py"):
        room = path.relative_to("ingest").parts[0].removesuffix(".py")
        modules = (module.split(".") for module in imported(path))
        entered.setdefault(room, set()).update(parts[1] for parts in modules if parts[0] == "ingest")
    return {room: found - {room} for room, found in entered.items()}


def wrong(entered: Mapping[str, set[str]]) -> list[tuple[str, str]]:
    return [(room, other) for room, found in entered.items() for other in found - ROOMS.get(room, set())]


def floor(room: str, entered: Mapping[str, set[str]]) -> int:
    """How many rooms lie below this one. A circle has no ground: it ends in a `RecursionError`."""
    return max((floor(other, entered) + 1 for other in entered[room]), default=1)


def test_the_rooms_of_ingest_stand_on_few_floors_and_no_arrow_runs_back() -> None:
    entered = rooms()
    assert entered.keys() == ROOMS.keys()
    assert wrong(entered) == []
    assert max(floor(room, entered) for room in entered) <= FLOORS


def test_another_arrow_would_be_found() -> None:
    assert wrong(rooms() | {"site": {"daily"}}) == [("site", "daily")]


def strings(path: Path) -> Iterator[str]:
    """The texts in a file's code, docstrings left out."""
    tree = ast.parse(path.read_text())
    spoken = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in spoken:
            yield node.value


@pytest.mark.parametrize(
    ("word", "where"),
    [
        (r"America/|Asia/|XN[YS][SE]|\bUSD\b|\bINR\b", {"api/markets.py"}),
        (r"(?i)massive", {"api/vendors.py", "ingest/providers/massive.py"}),
        (r"next_url|queryCount|DELAYED", {"ingest/providers/massive.py"}),
        (r"^(movers|tickers|history)(/|\.json|$)|^status\.json", {"api/routes.py"}),
    ],
)
def test_what_is_one_files_business_stands_in_no_other(word: str, where: set[str]) -> None:
    """Zones and currencies, names of vendors and their words, paths."""
    files = {path for folder in ("api", "ingest") for path in Path(folder).rglob("*.py")}
    knowing = {str(path) for path in files if any(re.search(word, text) for text in strings(path))}
    assert knowing == where


def test_pure_modules_touch_no_service_no_environment_and_no_clock() -> None:
    for path in map(Path, PURE):
        assert {module.split(".")[0] for module in imported(path)} & IMPURE == set(), path
        calls = [node.func for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
        assert not [call for call in calls if isinstance(call, ast.Attribute) and call.attr in CLOCKS], path


def test_what_stand_ins_share_knows_no_vendor() -> None:
    folder = Path("scripts/vendors")
    for path in [*folder.glob("*.py"), *(folder / "tape").glob("*.py")]:
        taken = {module for module in imported(path) if module.startswith("scripts.vendors.massive")}
        assert not taken or path.name == "stand_in.py", path


def test_the_folders_are_the_agreed_ones() -> None:
    folders = {
        path.name for path in Path().iterdir() if path.is_dir() and not path.name.startswith((".", "_"))
    }
    assert folders - {"build"} == {"infra", "ingest", "api", "site", "tests", "scripts"}
    assert not list(Path("site").rglob("*.py"))
