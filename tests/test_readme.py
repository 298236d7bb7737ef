"""The README speaks of commands, targets and settings that exist, and leaves none out."""

import json
import re
from pathlib import Path
from typing import Any

import typer

from scripts.cli import app
from scripts.tools.bench.measures import MEASURES

README = Path("README.md").read_text()
COMMANDS: dict[str, Any] = typer.main.get_command(app).commands  # type: ignore[attr-defined]


def test_every_command_is_in_the_table_and_the_table_has_no_other() -> None:
    assert set(re.findall(r"^\| `movers ([a-z]+)(?: [A-Z]+)?` \|", README, re.MULTILINE)) == set(COMMANDS)


def test_every_call_shown_has_options_that_exist() -> None:
    for line in re.findall(r"movers [a-z]+ (?:[a-z]+ )?--?[^`\n#]+", README):
        _, command, *words = line.split()
        known = {option for parameter in COMMANDS[command].params for option in parameter.opts}
        assert {word for word in words if word.startswith("--")} <= known, line


def test_help_has_worked_examples() -> None:
    for name, command in COMMANDS.items():
        assert re.search(rf"Examples.*\n\s+(\S+=\S+ )?movers {name}", command.help or "", re.DOTALL), name


def test_every_make_target_named_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", Path("Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"(?:`|^)make ([a-z-]+)", README, re.MULTILINE))
    assert {"up", "test", "check"} <= named <= targets


def test_every_setting_is_explained() -> None:
    settings = json.loads(Path("infra/cdk.json").read_text())["context"]
    rows = re.findall(r"^\| (`[^|]+) \|", README, re.MULTILINE)
    explained = {name for row in rows for name in re.findall(r"`([a-z_]+)`", row)}
    assert set(settings) <= explained


def test_every_folder_is_on_the_map() -> None:
    folders = set(re.findall(r"^\| `([a-z]+)/` \|", README, re.MULTILINE))
    assert folders == {"api", "infra", "ingest", "scripts", "site", "tests"}


def test_the_measurements_shown_are_those_that_are_made() -> None:
    for measure in MEASURES:
        assert f"| {measure.what} | {measure.target:g} {measure.unit} |" in README, measure.name
