"""The environment holds what the locks name and nothing else, and all that later needs the network."""

import re
import subprocess

import pytest


@pytest.fixture(scope="module")
def commands() -> list[str]:
    """What `make ready` does where nothing is there yet."""
    told = subprocess.run(
        ["make", "--dry-run", "--always-make", "ready"],  # noqa: S607
        capture_output=True,
        text=True,
        check=True,
    )
    return re.sub(r"\\\n\s*", "", told.stdout).splitlines()


def test_whatever_is_installed_is_known_by_its_hash(commands: list[str]) -> None:
    installs = [line for line in commands if re.search(r"\b(pip|npm\S*) (install|ci|add)\b", line)]
    own = [line for line in installs if line.endswith("--no-deps --no-build-isolation --editable .")]
    assert len(own) == 1
    assert [line for line in installs if "--require-hashes" not in line and line not in own] == []


def test_the_installer_is_the_one_of_the_lock(commands: list[str]) -> None:
    (choice,) = [line for line in commands if line.startswith("sed ")]
    command, _, file = choice.partition(" > ")
    (install,) = [line for line in commands if "-m pip install" in line]
    assert install.endswith(f"--require-hashes --no-deps --only-binary :all: --requirement {file}")
    chosen = subprocess.run(command, shell=True, capture_output=True, text=True, check=True).stdout  # noqa: S602
    assert re.fullmatch(
        r"uv==\S+ \\\n(    --hash=sha256:[0-9a-f]{64} \\\n)+    --hash=sha256:[0-9a-f]{64}\n", chosen
    )


def test_the_functions_libraries_are_there_before_anything_is_started_without_a_network(
    commands: list[str],
) -> None:
    (bundles,) = [at for at, line in enumerate(commands) if "-m scripts.bundle" in line]
    assert any("requirements.lock" in line for line in commands[:bundles])
