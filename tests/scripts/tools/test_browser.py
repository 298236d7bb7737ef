import re
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.tools.browser import CHROMIUM, ENGINES, Engine, NoBrowserError, find, install

TRUE = "#!/bin/sh\n"
ROOT = Path(__file__).parents[3]


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder on the PATH, empty, and no browser chosen."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    for engine in ENGINES.values():
        monkeypatch.delenv(engine.variable, raising=False)
    return folder


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """Where Playwright would keep its browser; nothing is there yet."""
    return tmp_path / "own"


def program(at: Path, script: str = TRUE) -> Path:
    at.write_text(script)
    at.chmod(0o755)
    return at


@pytest.mark.parametrize("engine", ENGINES.values(), ids=ENGINES)
def test_the_users_choice_comes_first_then_the_path_then_playwrights_own(
    path: Path, own: Path, monkeypatch: pytest.MonkeyPatch, engine: Engine
) -> None:
    assert find(engine, lambda: own) is None
    program(own)
    assert find(engine, lambda: own) == own
    for command in reversed(engine.commands):
        assert find(engine, lambda: own) != path / command
        program(path / command)
        assert find(engine, lambda: own) == path / command
    chosen = program(path / "mine")
    monkeypatch.setenv(engine.variable, str(chosen))
    assert find(engine, lambda: own) == chosen


def test_a_choice_that_cannot_be_run_is_refused_rather_than_replaced(
    path: Path, own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(path / "chromium")
    monkeypatch.setenv("MOVERS_BROWSER", "/no/such/browser")
    for means in (find, install):
        with pytest.raises(NoBrowserError, match="MOVERS_BROWSER is /no/such/browser"):
            means(CHROMIUM, lambda: own)


def test_without_a_browser_the_command_says_three_ways_to_get_one(path: Path) -> None:
    environment = {"PATH": str(path), "PLAYWRIGHT_BROWSERS_PATH": str(path)}
    command = [sys.executable, "-m", "scripts.tools.browser"]
    run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)  # noqa: S603
    assert run.returncode == 1
    assert run.stdout == ""
    ways = re.findall("apt-get install|playwright install chromium|MOVERS_BROWSER=", run.stderr)
    assert len(ways) == 3
