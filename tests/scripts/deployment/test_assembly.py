import errno
import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from scripts.deployment import assembly
from scripts.deployment.assembly import SOURCES, assemble
from scripts.deployment.synth import SynthesisError
from scripts.errors import CommandError


class App:
    """An app that is quick to bundle and to synthesize, and counts."""

    def __init__(self) -> None:
        self.bundled: list[Path] = []
        self.synthesized: list[Mapping[str, object]] = []
        self.refuses = False

    def build_bundles(self, root: Path) -> None:
        self.bundled.append(root)

    def synthesize(self, out: Path, context: Mapping[str, object]) -> list[Path]:
        self.synthesized.append(context)
        out.mkdir()
        if self.refuses:
            raise SynthesisError("no")
        stack = {"type": "aws:cloudformation:stack"}
        (out / "manifest.json").write_text(json.dumps({"artifacts": {"movers-local-data": stack}}))
        (out / "movers-local-data.template.json").write_text("{}")
        return []


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> App:
    app = App()
    monkeypatch.setattr(assembly, "build_bundles", app.build_bundles)
    monkeypatch.setattr(assembly, "synthesize", app.synthesize)
    return app


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for source in SOURCES:
        path = tmp_path / source if "." in source else tmp_path / source / "module.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("1")
    return tmp_path


def test_the_templates_are_given_in_deployment_order(app: App, root: Path) -> None:
    (template,) = assemble(root, {"stage": "local"})
    assert template.name == "movers-local-data.template.json"
    assert template.read_text() == "{}"
    assert app.synthesized == [{"stage": "local"}]
    assert app.bundled == [root]


def test_nothing_is_made_again_when_nothing_has_changed(app: App, root: Path) -> None:
    assert assemble(root, {"stage": "local"}) == assemble(root, {"stage": "local"})
    assert len(app.synthesized) == len(app.bundled) == 1


@pytest.mark.parametrize("source", SOURCES)
def test_a_changed_source_is_synthesized_again(app: App, root: Path, source: str) -> None:
    assemble(root, {})
    path = root / source
    (path if path.is_file() else path / "module.py").write_text("2")
    assemble(root, {})
    assert len(app.synthesized) == 2


def test_other_settings_are_synthesized_again(app: App, root: Path) -> None:
    assert assemble(root, {"window": 7}) != assemble(root, {"window": 8})


def test_a_failed_synthesis_leaves_nothing_that_could_be_taken_for_a_good_one(app: App, root: Path) -> None:
    app.refuses = True
    for _ in range(2):
        with pytest.raises(SynthesisError):
            assemble(root, {})
    assert list((root / "build" / "local").iterdir()) == []


def test_what_is_made_already_can_be_deployed_from_a_checkout_that_cannot_be_written(
    app: App, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = assemble(root, {})

    def refuse(**_: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)
    assert assemble(root, {}) == made
    with pytest.raises(CommandError, match=r"build/local \(Read-only file system\)\. .* writable"):
        assemble(root, {"window": 8})
    assert len(app.bundled) == 1
