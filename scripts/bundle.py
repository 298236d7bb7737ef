"""Builds the folders that become the Lambda functions' code: `python -m scripts.bundle`."""

import hashlib
import logging
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from uv import find_uv_bin

ROOT = Path(__file__).resolve().parents[1]
LOCK = Path("ingest") / "requirements.lock"

# The newest glibc of Lambda's Amazon Linux 2023 that wheels are published for.
PLATFORM = "aarch64-manylinux_2_28"
PYTHON = "3.13"

# Installer bookkeeping that differs between machines; METADATA and licences stay.
NOISE = ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json")

logger = logging.getLogger(__name__)


class CompiledLibraryError(Exception):
    """A library works only compiled, so one bundle could not run on every machine."""


def build_bundles(root: Path) -> None:
    """Build `build/api` and `build/ingest` under `root` from its sources and its lock.

    Raises CompiledLibraryError if a library is not pure Python, CalledProcessError if uv fails.
    """
    build_bundle(root, "api", sources=["api"])
    build_bundle(root, "ingest", sources=["ingest", "api"], libraries=installed_libraries(root))


def build_bundle(root: Path, name: str, *, sources: list[str], libraries: Path | None = None) -> None:
    """Fill `build/<name>` afresh and exchange it in one step, so that a reader never sees half of it."""
    bundle = root / "build" / name
    with scratch_folder(root) as scratch:
        fresh = scratch / "fresh"
        if libraries:
            shutil.copytree(libraries, fresh)
        for source in sources:
            shutil.copytree(
                root / source, fresh / source, ignore=shutil.ignore_patterns("__pycache__", "*.lock")
            )
        if bundle.exists():
            bundle.rename(scratch / "old")
        fresh.rename(bundle)
    logger.info("%s: %.1f MB in %d files", bundle, *weight(bundle))


def installed_libraries(root: Path) -> Path:
    """The folder with ingest's libraries, installed again only when the lock or these rules have changed."""
    digest = hashlib.sha256((root / LOCK).read_bytes() + Path(__file__).read_bytes()).hexdigest()[:16]
    libraries = root / "build" / "libraries" / digest
    if not libraries.exists():
        with scratch_folder(root) as scratch:
            fresh = scratch / "fresh"
            install(root / LOCK, fresh)
            drop_compiled(fresh)
            drop_noise(fresh)
            shutil.rmtree(libraries.parent, ignore_errors=True)
            libraries.parent.mkdir()
            fresh.rename(libraries)
    return libraries


@contextmanager
def scratch_folder(root: Path) -> Iterator[Path]:
    """A folder beside the bundles, from which a rename moves no bytes."""
    (root / "build").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=root / "build", prefix=".bundle-") as scratch:
        yield Path(scratch)


def install(lock: Path, target: Path) -> None:
    """Install exactly what the lock names, by hash, for the Lambda runtime."""
    arguments = ["--python-version", PYTHON, "--python-platform", PLATFORM, "--python", sys.executable]
    strict = ["--require-hashes", "--no-deps", "--only-binary", ":all:", "--quiet"]
    command = [find_uv_bin(), "pip", "install", "--target", str(target), *arguments, *strict]
    subprocess.run([*command, "--requirements", str(lock)], check=True)  # noqa: S603 - all our own words


def drop_compiled(libraries: Path) -> None:
    """Remove compiled accelerators, so that the bundle runs on arm64 and on any laptop alike."""
    for compiled in [path for suffix in ("so", "pyd") for path in libraries.rglob(f"*.{suffix}")]:
        module = compiled.name.split(".")[0]
        if not compiled.with_name(f"{module}.py").exists() and not module.endswith("__mypyc"):
            raise CompiledLibraryError(
                f"{compiled.relative_to(libraries)} has no Python twin: choose a pure Python library"
            )
        compiled.unlink()


def drop_noise(libraries: Path) -> None:
    """Remove what no function reads and what differs from one install to the next."""
    shutil.rmtree(libraries / "bin", ignore_errors=True)
    (libraries / ".lock").unlink(missing_ok=True)
    for record in [path for name in NOISE for path in libraries.glob(f"*.dist-info/{name}")]:
        record.unlink()
    for cache in list(libraries.rglob("__pycache__")):
        shutil.rmtree(cache)


def weight(folder: Path) -> tuple[float, int]:
    """Megabytes and number of files in a folder."""
    sizes = [path.stat().st_size for path in folder.rglob("*") if path.is_file()]
    return sum(sizes) / 1e6, len(sizes)


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    build_bundles(ROOT)
