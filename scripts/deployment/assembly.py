"""The synthesized templates with their bundles, rebuilt only when a source has changed."""

import fcntl
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from scripts.bundle import bytecode
from scripts.bundle.build import build_bundles
from scripts.deployment.synth import deployment_order, synthesize
from scripts.folders import make_writable

SOURCES = (
    "api",
    "infra",
    "ingest",
    "scripts/bundle",
    "scripts/deployment/synth.py",
    "site",
    "requirements.lock",
)
KEPT = 4
REMEDY = "The functions are built there: make the checkout writable, or copy it to a writable place."


def assemble(root: Path, context: Mapping[str, object]) -> list[Path]:
    """The templates for the settings in `context`, in deployment order.

    Raises SynthesisError or a bundling error for wrong sources or settings, and CommandError if they must be built and
    `root` isn't writable.
    """
    cache = root / "build" / "local"
    out = cache / _fingerprint(root, context)
    if not out.exists():
        make_writable(cache, REMEDY)
    with _alone_in(cache):
        return _assembled(out, root, context)


def functions(templates: Sequence[Path]) -> dict[str, Path]:
    """Each function's code folder, by the name of its bundle."""
    folders = sorted(templates[0].parent.glob("asset.*/"))
    return {"ingest" if (folder / "ingest").exists() else "api": folder for folder in folders}


def rewritten(
    templates: Sequence[Path], folder: Path, change: Callable[[dict[str, Any]], dict[str, Any]]
) -> list[Path]:
    """Copy the app to `folder` with each template changed. Returns their paths, in the same order."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(templates[0].parent, folder)
    for path in (copies := [folder / path.name for path in templates]):
        path.write_text(json.dumps(change(json.loads(path.read_text()))))
        _rename_asset(path)
    return copies


def _rename_asset(template: Path) -> None:
    """Publish the copy under its own hash: the CLI assumes that an existing key has the same content."""
    assets = template.with_name(template.name.replace(".template.json", ".assets.json"))
    (entry,) = [
        file
        for file in json.loads(assets.read_text())["files"].values()
        if file["source"]["path"] == template.name
    ]
    (destination,) = entry["destinations"].values()
    old, new = Path(destination["objectKey"]).stem, hashlib.sha256(template.read_bytes()).hexdigest()
    for path in (assets, template.with_name("manifest.json")):
        path.write_text(path.read_text().replace(old, new))


def _assembled(out: Path, root: Path, context: Mapping[str, object]) -> list[Path]:
    if not out.exists():
        with tempfile.TemporaryDirectory(dir=out.parent) as scratch:
            build_bundles(root)
            synthesize(Path(scratch) / "out", context)
            _forget_old(out.parent)
            (Path(scratch) / "out").rename(out)
    return [out / f"{stack}.template.json" for stack in deployment_order(out)]


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Lock the folder against other builds."""
    held = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
    finally:
        os.close(held)


def _fingerprint(root: Path, context: Mapping[str, object]) -> str:
    made_of = [dict(context), bytecode.runtime_python()]
    digest = hashlib.sha256(json.dumps(made_of, sort_keys=True, default=str).encode())
    for path in _source_files(root):
        digest.update(path.relative_to(root).as_posix().encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


def _source_files(root: Path) -> Iterator[Path]:
    for source in (root / name for name in SOURCES):
        files = sorted(source.rglob("*")) if source.is_dir() else [source]
        yield from (path for path in files if path.is_file() and path.suffix != ".pyc")


def _forget_old(cache: Path) -> None:
    entries = sorted(cache.iterdir(), key=lambda entry: entry.stat().st_mtime, reverse=True)
    for entry in entries[KEPT:]:
        shutil.rmtree(entry)
