"""The synthesized templates with their bundles, made again only when something they are made of has changed."""

import hashlib
import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from scripts.bundle import build_bundles
from scripts.synth import deployment_order, synthesize

SOURCES = ("api", "infra", "ingest", "scripts/bundle.py", "scripts/synth.py", "requirements.lock")
KEPT = 4


def assemble(root: Path, context: Mapping[str, object]) -> list[Path]:
    """The templates for the settings in `context`, in deployment order.

    Raises SynthesisError or one of the bundling errors with what is wrong in the sources or settings.
    """
    cache = root / "build" / "local"
    out = cache / _fingerprint(root, context)
    if not out.exists():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as scratch:
            build_bundles(root)
            synthesize(Path(scratch) / "out", context)
            _forget_old(cache)
            (Path(scratch) / "out").rename(out)
    return [out / f"{stack}.template.json" for stack in deployment_order(out)]


def _fingerprint(root: Path, context: Mapping[str, object]) -> str:
    digest = hashlib.sha256(json.dumps(dict(context), sort_keys=True).encode())
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
