import re
from pathlib import Path

import pytest

from scripts.tools import lambda_runtime
from scripts.tools.lambda_runtime import LOCK, UnsupportedPlatformError, install_runtime


@pytest.mark.parametrize(("system", "machine"), [("Darwin", "arm64"), ("Linux", "riscv64")])
def test_where_there_is_no_runtime_nothing_is_installed(
    system: str, machine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("platform.system", lambda: system)
    monkeypatch.setattr("platform.machine", lambda: machine)

    with pytest.raises(UnsupportedPlatformError, match="for Linux on x86_64 or aarch64 only"):
        install_runtime(tmp_path)

    assert list(tmp_path.iterdir()) == []


def test_what_is_installed_stays_until_the_lock_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed: list[Path] = []

    def install(python: str, home: Path) -> None:
        home.mkdir()
        installed.append(home)

    monkeypatch.setattr(lambda_runtime, "install", install)
    monkeypatch.setattr("platform.system", lambda: "Linux")
    monkeypatch.setattr("platform.machine", lambda: "aarch64")

    first, again = install_runtime(tmp_path), install_runtime(tmp_path)
    monkeypatch.setattr(lambda_runtime, "LOCK", tmp_path / "lock")
    (tmp_path / "lock").write_text("awslambdaric==9.9\n")
    changed = install_runtime(tmp_path)

    assert first == again != changed
    assert len(installed) == 2
    assert changed.emulator.name == "aws-lambda-rie-arm64"


def test_everything_in_the_lock_is_pinned_by_hash() -> None:
    pins = re.split(r"\n(?=\S)", LOCK.read_text().strip())
    assert {"aws-sam-cli", "awslambdaric", "boto3"} < {pin.partition("==")[0] for pin in pins}
    assert [pin for pin in pins if not re.match(r"[\w.-]+==\S+ \\\n    --hash=sha256:", pin)] == []


def test_the_runtime_has_the_boto3_that_everything_is_tested_with() -> None:
    def version(lock: Path, name: str) -> str:
        return re.findall(rf"^{name}==(\S+)", lock.read_text(), re.MULTILINE)[0]

    for name in ("boto3", "botocore"):
        assert version(LOCK, name) == version(Path("requirements.lock"), name)
