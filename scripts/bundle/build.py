"""Builds the folders that become the Lambda functions' code: `python -m scripts.bundle`.

The same sources, lock and Python always give the same bytes, on any machine, because the CDK deploys whatever differs.
"""

import hashlib
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from uv import find_uv_bin

from scripts.bundle import bytecode

LOCK = Path("ingest") / "requirements.lock"
SOURCES = {"api": ("api",), "ingest": ("ingest", "api", "site")}

# The newest glibc tag of published wheels that Lambda's Amazon Linux 2023 supports.
PLATFORM = "aarch64-manylinux_2_28"

# No function reads these, and the installer's notes differ between machines. METADATA and licenses stay.
NOTES = ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json")
NOISE = ("bin", ".lock", "**/__pycache__", "**/tests", *(f"*.dist-info/{note}" for note in NOTES))


# Modules that a library does without.
OPTIONAL = {"_speedups"}


class CompiledLibraryError(Exception):
    """A library has no pure Python version, so the bundle would not run on every machine."""


class LibrariesError(Exception):
    """The functions' libraries can't be installed; the message has the reason and the remedy."""


def build_bundles(root: Path) -> None:
    """Build `build/api` and `build/ingest` under `root` from its sources and its lock.

    Raises CompiledLibraryError if a library is not pure Python, LibrariesError if one cannot be installed, and
    CalledProcessError if a compilation fails.
    """
    build_bundle(root, "api")
    build_bundle(root, "ingest", libraries=installed_libraries(root))


def build_bundle(root: Path, name: str, *, libraries: Path | None = None) -> None:
    """Rebuild `build/<name>` and swap it in at the end, so that a reader never sees half of it."""
    bundle = root / "build" / name
    with scratch_folder(root) as scratch:
        fresh = scratch / "fresh"
        if libraries:
            shutil.copytree(libraries, fresh)
        for source in SOURCES[name]:
            copy_source(root / source, fresh / source)
        bytecode.compile_bytecode(fresh, *(fresh / source for source in SOURCES[name]))
        let_lambda_read(fresh)
        if bundle.exists():
            bundle.rename(scratch / "old")
        fresh.rename(bundle)


def copy_source(source: Path, target: Path) -> None:
    """Copy a folder without `__pycache__` and locks."""
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", "*.lock"))


def let_lambda_read(folder: Path) -> None:
    """Set the permissions that Lambda's user needs, independent of this machine's umask."""
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)


def installed_libraries(root: Path) -> Path:
    """The folder with ingest's libraries and bytecode, rebuilt only if the lock, this package or Python changes."""
    rules = [path.read_bytes() for path in (root / LOCK, Path(__file__), Path(bytecode.__file__))]
    digest = hashlib.sha256(b"".join(rules) + repr(bytecode.runtime_python()).encode()).hexdigest()[:16]
    libraries = root / "build" / "libraries" / digest
    if not libraries.exists():
        with scratch_folder(root) as scratch:
            fresh = scratch / "fresh"
            install(root / LOCK, fresh)
            drop_compiled(fresh)
            drop_noise(fresh)
            bytecode.compile_bytecode(fresh, fresh)
            shutil.rmtree(libraries.parent, ignore_errors=True)
            libraries.parent.mkdir()
            fresh.rename(libraries)
    return libraries


@contextmanager
def scratch_folder(root: Path) -> Iterator[Path]:
    """A temporary folder on the bundles' file system, so that a rename copies no bytes."""
    (root / "build").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=root / "build", prefix=".bundle-") as scratch:
        yield Path(scratch)


def install(lock: Path, target: Path) -> None:
    """Install exactly the lock's packages, checked by hash, for the Lambda runtime; offline if uv has them cached."""
    arguments = [
        "--python-version",
        bytecode.PYTHON,
        "--python-platform",
        PLATFORM,
        "--python",
        sys.executable,
    ]
    strict = ["--require-hashes", "--no-deps", "--only-binary", ":all:", "--quiet"]
    command = [find_uv_bin(), "pip", "install", "--target", str(target), *arguments, *strict]
    for offline in (["--offline"], []):
        done = subprocess.run(  # noqa: S603 - all our own words
            [*command, *offline, "--requirements", str(lock)], capture_output=True, text=True, check=False
        )
        if done.returncode == 0:
            return
    raise LibrariesError(
        "Can't install the functions' libraries. The first time, this needs the network: run `make ready` while you"
        f" are online. uv's error:\n{done.stderr.strip()}"
    )


def drop_compiled(libraries: Path) -> None:
    """Remove compiled accelerators, so that the bundle runs on arm64 and on any laptop."""
    for compiled in [path for suffix in ("so", "pyd") for path in libraries.rglob(f"*.{suffix}")]:
        module = compiled.name.split(".")[0]
        pure = compiled.with_name(f"{module}.py").exists() or module in OPTIONAL
        if not pure and not module.endswith("__mypyc"):
            raise CompiledLibraryError(
                f"{compiled.relative_to(libraries)} has no pure Python version: choose another library"
            )
        compiled.unlink()


def drop_noise(libraries: Path) -> None:
    """Remove the files that no function reads."""
    for path in [path for pattern in NOISE for path in libraries.glob(pattern)]:
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
