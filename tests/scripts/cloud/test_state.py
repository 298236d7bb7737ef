import json
import os
import signal
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from scripts.cloud.state import fresh, only_one, published, read_state
from scripts.errors import CommandError
from tests.scripts.conftest import STATE

HOLDER = """
import sys, time
from pathlib import Path
from scripts.cloud.state import only_one
with only_one(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_the_state_is_read_back_while_the_cloud_runs_and_gone_afterwards(tmp_path: Path) -> None:
    with published(tmp_path, STATE):
        assert read_state(tmp_path) == STATE
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(CommandError, match="movers up"):
        read_state(tmp_path)


def test_the_keys_of_the_cloud_are_for_its_user_alone(tmp_path: Path) -> None:
    (tmp_path / "cloud.tmp").touch(mode=0o644)  # of a cloud that was killed
    with published(tmp_path, STATE), fresh(tmp_path / "run") as run:
        assert (tmp_path / "cloud.json").stat().st_mode & 0o777 == 0o600
        assert run.stat().st_mode & 0o777 == 0o700
    assert STATE.aws_secret_access_key not in repr(STATE)
    assert STATE.aws_secret_access_key not in repr(STATE.account)


def test_the_state_of_a_cloud_that_was_killed_counts_for_nothing(tmp_path: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    with (
        published(tmp_path, replace(STATE, pid=ended.pid)),
        pytest.raises(CommandError, match="No local cloud"),
    ):
        read_state(tmp_path)


@pytest.mark.parametrize("pid", [0, -1, 10**30])
def test_a_number_that_is_no_process_is_not_taken_for_one(tmp_path: Path, pid: int) -> None:
    with published(tmp_path, replace(STATE, pid=pid)), pytest.raises(CommandError, match="No local cloud"):
        read_state(tmp_path)


def test_a_cloud_of_another_user_runs_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(pid: int, number: int) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "kill", refuse)
    with published(tmp_path, STATE):
        assert read_state(tmp_path) == STATE


def changed(**values: object) -> bytes:
    return json.dumps(asdict(STATE) | values).encode()


GARBLED = [
    b"",
    b"\xff\xfe",
    b"[" * 100_000,
    json.dumps({"pid": os.getpid()}).encode(),
    changed(pid="4711"),
    changed(site_url="localhost"),
    changed(aws_endpoint="http://example.com:4566"),
    changed(aws_endpoint="http://127.0.0.1:99999"),
    changed(aws_endpoint="file:///etc/passwd"),
]


@pytest.mark.parametrize("content", GARBLED, ids=range(len(GARBLED)))
def test_a_damaged_state_is_told_with_its_file_and_the_way_out(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "cloud.json").write_bytes(content)
    with pytest.raises(CommandError, match=r"cloud\.json doesn't describe a local cloud: .* start it again"):
        read_state(tmp_path)


def test_where_no_folder_can_be_no_cloud_runs(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CommandError, match="No local cloud"):
        read_state(tmp_path / "file")


@pytest.mark.parametrize("home", ["file", "file/deeper", "/proc/movers", "/dev/null"])
def test_a_folder_that_cannot_be_written_is_named_with_the_setting_to_change(
    tmp_path: Path, home: str
) -> None:
    (tmp_path / "file").touch()
    folder = tmp_path / home
    with pytest.raises(CommandError, match=rf"to {folder} \(.*\)\. .*MOVERS_HOME"), only_one(folder):
        pass


def test_a_folder_serves_one_cloud_at_a_time(tmp_path: Path) -> None:
    with only_one(tmp_path), pytest.raises(CommandError, match="MOVERS_HOME"), only_one(tmp_path):
        pass
    with only_one(tmp_path):
        pass


def test_a_killed_cloud_holds_its_folder_no_longer(tmp_path: Path) -> None:
    (tmp_path / "cloud.json").write_text("{}")
    command = [sys.executable, "-c", HOLDER, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as holder:  # noqa: S603 - our own words
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(CommandError), only_one(tmp_path):
            pass
        holder.send_signal(signal.SIGKILL)
    with only_one(tmp_path):
        assert list(tmp_path.iterdir()) == []
