"""Bytecode for the Lambda runtime. Its code folder is read-only, so otherwise every cold start would compile again."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from uv import find_uv_bin

PYTHON = "3.13"  # the functions' runtime
TASK = "/var/task"  # where the runtime unpacks a bundle

# A free-threaded build writes different bytecode under the same tag.
IS_RUNTIME = f"""
import platform, sys, sysconfig
fits = sys.implementation.cache_tag == "cpython-{PYTHON.replace(".", "")}"
print(platform.python_version() if fits and not sysconfig.get_config_var("Py_GIL_DISABLED") else "")
"""


@cache
def runtime_python() -> tuple[str, str] | None:
    """The path and version of a CPython like the runtime's, if this machine has one."""
    for candidate in candidates():
        if version := output(candidate, "-I", "-c", IS_RUNTIME):
            return candidate, version
    return None


def candidates() -> Iterator[str]:
    """Possible paths of such a Python. One on the PATH may be a shim that can't run."""
    yield sys.executable
    yield from filter(None, [shutil.which(f"python{PYTHON}")])
    yield from filter(
        None, [output(find_uv_bin(), "python", "find", "--managed-python", "--offline", PYTHON)]
    )
    yield from map(str, sorted(Path.home().glob(f".pyenv/versions/{PYTHON}*/bin/python{PYTHON}")))


def output(*command: str) -> str:
    """A command's output; empty if it fails or can't be run."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)  # noqa: S603 - our words
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def compile_bytecode(bundle: Path, *folders: Path) -> None:
    """Compile the folders of a bundle, if this machine has the runtime's Python.

    The files contain the runtime's paths and are never checked against their sources, so that they depend neither on
    the folder nor on the time of the build. Raises CalledProcessError for a source that doesn't compile.
    """
    if found := runtime_python():
        python, _ = found
        paths = ["-s", str(bundle), "-p", TASK, *map(str, folders)]
        command = [python, "-I", "-m", "compileall", "-q", "-j", "0", "--invalidation-mode", "unchecked-hash"]
        subprocess.run([*command, *paths], check=True)  # noqa: S603 - all our own words
