import marshal
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.bundle import bytecode
from scripts.bundle.bytecode import compile_bytecode, runtime_python

UNCHECKED_HASH = 0b01  # PEP 552


@pytest.fixture(autouse=True)
def looked_for_afresh() -> None:
    runtime_python.cache_clear()


@pytest.fixture
def this_python(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the Python of the tests for that of the runtime."""
    monkeypatch.setattr(bytecode, "runtime_python", lambda: (sys.executable, "3.13.0"))


def bundle(folder: Path, source: str = "PRICE = 312.45\n") -> Path:
    (folder / "api").mkdir(parents=True)
    (folder / "api" / "records.py").write_text(source)
    return folder


def compiled(folder: Path) -> bytes:
    (file,) = folder.rglob("*.pyc")
    return file.read_bytes()


def candidate(folder: Path, script: str) -> str:
    program = folder / "python"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return str(program)


@pytest.mark.usefixtures("this_python")
def test_bytecode_is_taken_as_it_is_and_speaks_of_the_paths_of_the_runtime(tmp_path: Path) -> None:
    compile_bytecode(bundle(tmp_path), tmp_path / "api")

    content = compiled(tmp_path)
    assert int.from_bytes(content[4:8], "little") == UNCHECKED_HASH
    assert marshal.loads(content[16:]).co_filename == "/var/task/api/records.py"  # noqa: S302 - just compiled


@pytest.mark.usefixtures("this_python")
def test_a_source_that_does_not_compile_ends_the_build(tmp_path: Path) -> None:
    with pytest.raises(subprocess.CalledProcessError):
        compile_bytecode(bundle(tmp_path, "def"), tmp_path / "api")


def test_without_the_runtimes_python_the_sources_stay_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bytecode, "candidates", list)

    compile_bytecode(bundle(tmp_path), tmp_path / "api")

    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["records.py"]


@pytest.mark.parametrize("script", ["exit 127", "echo"])
def test_a_candidate_that_is_a_shim_or_of_another_version_is_passed_over(
    script: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "good").mkdir()
    right = candidate(tmp_path / "good", "echo 3.13.9")
    found = ["/nowhere/python3.13", candidate(tmp_path, script), right]
    monkeypatch.setattr(bytecode, "candidates", lambda: found)

    assert runtime_python() == (right, "3.13.9")
