import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from scripts.cloud.state import CloudState, fresh, movers_home, only_one, published, read_state
from scripts.errors import CloudError

STATE = CloudState(
    stage="local",
    region="us-east-1",
    aws_endpoint="http://127.0.0.1:4566",
    aws_access_key_id="LOCAL",
    aws_secret_access_key="known-to-the-user",  # noqa: S106 - of no cloud
    site_url="https://localhost:8443",
    ca="/ca.pem",
    market_url=None,
    pid=os.getpid(),
    massive_url="https://api.massive.com",
    source_kind="live",
    clock_offset_seconds=-3600,
    context={"stage": "local"},
)
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
    with pytest.raises(CloudError, match="movers up"):
        read_state(tmp_path)


def test_the_state_is_plain_json_for_other_programs(tmp_path: Path) -> None:
    with published(tmp_path, STATE):
        state = json.loads((tmp_path / "cloud.json").read_text())
    assert state["site_url"] == "https://localhost:8443"
    assert state["market_url"] is None


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
        pytest.raises(CloudError, match="No local cloud"),
    ):
        read_state(tmp_path)


def test_a_folder_serves_one_cloud_at_a_time(tmp_path: Path) -> None:
    with only_one(tmp_path), pytest.raises(CloudError, match="MOVERS_HOME"), only_one(tmp_path):
        pass
    with only_one(tmp_path):
        pass


def test_a_killed_cloud_holds_its_folder_no_longer(tmp_path: Path) -> None:
    (tmp_path / "cloud.json").write_text("{}")
    command = [sys.executable, "-c", HOLDER, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as holder:  # noqa: S603 - our own words
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(CloudError), only_one(tmp_path):
            pass
        holder.send_signal(signal.SIGKILL)
    with only_one(tmp_path):
        assert list(tmp_path.iterdir()) == []


def test_the_folder_can_be_chosen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MOVERS_HOME", str(tmp_path))
    assert movers_home() == tmp_path
