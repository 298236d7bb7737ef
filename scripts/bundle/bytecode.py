"""Bytecode for the Lambda runtime: its code folder is read-only, so without it every cold start compiles anew."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from uv import find_uv_bin

PYTHON = "3.13"  # the functions' runtime
TASK = "/var/task"  # where the runtime unpacks a bundle

# A free-threaded build writes other bytes under the same tag.
IS_RUNTIME = f"""
import platform, sys, sysconfig
fits = sys.implementation.cache_tag == "cpython-{PYTHON.replace(".", "")}"
print(platform.python_version() if fits and not sysconfig.get_config_var("Py_GIL_DISABLED") else "")
"""


@cache
def runtime_python() -> tuple[str, str] | None:
    """The path and the version of a CPython of the runtime's version, if this machine has one."""
    for candidate in candidates():
        if version := output(candidate, "-I", "-c", IS_RUNTIME):
            return candidate, version
    return None


def candidates() -> Iterator[str]:
    """Where such a Python may be; what is found on the PATH may be a shim that runs nothing."""
    yield sys.executable
    yield from filter(None, [shutil.which(f"python{PYTHON}")])
    yield from filter(
        None, [output(find_uv_bin(), "python", "find", "--managed-python", "--offline", PYTHON)]
    )
    yield from map(str, sorted(Path.home().glob(f".pyenv/versions/{PYTHON}*/bin/python{PYTHON}")))


def output(*command: str) -> str:
    """What a command prints; nothing if it cannot be run or fails."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)  # noqa: S603 - our words
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def compile_bytecode(bundle: Path, *folders: Path) -> None:
    """Compile the folders of a bundle where the runtime's Python is at hand; without it they stay as they are.

    The files name the runtime's paths and are never compared with their sources, so that neither the folder nor the
    time of the build is in them. Raises CalledProcessError for a source that does not compile.
    """
    if found := runtime_python():
        python, _ = found
        paths = ["-s", str(bundle), "-p", TASK, *map(str, folders)]
        command = [python, "-I", "-m", "compileall", "-q", "-j", "0", "--invalidation-mode", "unchecked-hash"]
        subprocess.run([*command, *paths], check=True)  # noqa: S603 - all our own words
