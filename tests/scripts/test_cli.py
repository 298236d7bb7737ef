import errno
import os
import re
import socket
import socketserver
import sys
import threading
import time
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import typer
from botocore.config import Config
from typer.testing import CliRunner

from scripts.cli import GROUPS, app, main
from scripts.cloud.state import only_one, published
from tests.conftest import free_port
from tests.scripts.conftest import STATE

Run = Callable[..., tuple[int, str]]
COMMANDS: dict[str, Any] = vars(typer.main.get_command(app))["commands"]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tmp_path / "home"
    monkeypatch.setenv("MOVERS_HOME", str(home))
    return home


@pytest.fixture
def run(home: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Run the command in this process; gives its exit code and what it said on standard error."""

    def run(*arguments: object) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["movers", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        return int(ended.value.code or 0), " ".join(capfd.readouterr().err.split())

    return run


@pytest.fixture(params=["127.0.0.1", "::1"])
def taken(request: pytest.FixtureRequest) -> Iterator[int]:
    """A port on which something listens, and says nothing to those it lets in."""
    with socket.socket(socket.AF_INET6 if ":" in request.param else socket.AF_INET) as listener:
        try:
            listener.bind((request.param, 0))
        except OSError:
            pytest.skip(f"this machine has no {request.param}")
        listener.listen()
        yield listener.getsockname()[1]


def recording(folder: Path, *rows: str) -> Path:
    path = folder / "bars.csv"
    path.write_text("\n".join(["date,ticker,open,high,low,close,volume", *rows]))
    return path


def whole_watchlist(day: str) -> list[str]:
    return [f"{day},{ticker},10,11,9,10,1" for ticker in ("AAPL", "MSFT", "GOOGL", "AMZN", "TSLA", "NVDA")]


def test_every_command_has_a_file_and_says_in_one_line_what_it_does() -> None:
    for name, command in COMMANDS.items():
        assert command.callback.__module__ == f"scripts.commands.{name}"
        assert command.get_short_help_str()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("backfill", "both --from and --to"),
        ("backfill --days 3 --from 2026-01-02", "both --from and --to"),
        ("rebuild --from 2026-01-02", "both --from and --to"),
        ("rebuild --in-force --watchlist AAPL", "either --watchlist or"),
    ],
)
def test_options_that_do_not_go_together_are_a_usage_error(run: Run, arguments: str, words: str) -> None:
    code, error = run(*arguments.split())
    assert code == 2
    assert words in error.replace("│ ", "")


@pytest.mark.parametrize(
    ("words", "allowed"),
    [
        ("up --as-of 30.6.2025", "'30.6.2025' isn't a date; use YYYY-MM-DD"),
        ("backfill --days 0", "must be 1 to 5000"),
        ("up --rate x", "must be 1 or more"),
        ("vendor massive --port 65536", "must be 1 to 65535"),
    ],
)
def test_a_wrong_value_is_a_usage_error_that_says_what_is_allowed(run: Run, words: str, allowed: str) -> None:
    code, error = run(*words.split())
    assert code == 2
    assert allowed in error


def test_help_groups_the_commands_and_shows_no_types() -> None:
    told = CliRunner().invoke(app, ["--help"]).stdout
    assert [told.index(group) for group in GROUPS] == sorted(told.index(group) for group in GROUPS)
    assert "<bool>" not in told


def test_the_version_is_that_of_the_package() -> None:
    project = tomllib.loads(Path("pyproject.toml").read_text())["project"]
    assert CliRunner().invoke(app, ["--version"]).stdout == f"movers {project['version']}\n"


def test_a_bad_recording_ends_with_its_line(run: Run, tmp_path: Path) -> None:
    code, error = run(
        "up", "--port", free_port(), "--recorded", recording(tmp_path, "2025-06-30,AAPL,1,2,x,1,1")
    )
    assert code == 1
    assert "bars.csv:2" in error


def test_a_date_outside_the_recording_ends_with_the_possible_ones(run: Run, tmp_path: Path) -> None:
    path = recording(tmp_path, *whole_watchlist("2025-06-27"), *whole_watchlist("2025-06-30"))
    code, error = run("up", "--port", free_port(), "--recorded", path, "--as-of", "2025-08-01")
    assert code == 1
    assert "2025-06-28 to 2025-07-01" in error


@pytest.mark.parametrize(
    ("command", "option"), [("up", "--port"), ("up", "--aws-port"), ("vendor massive", "--port")]
)
def test_a_taken_port_is_named_with_its_option_before_anything_starts(
    run: Run, taken: int, command: str, option: str
) -> None:
    ports = {"--port": free_port()} | {option: taken}
    code, error = run(*command.split(), *(word for pair in ports.items() for word in pair))
    assert code == 1
    assert re.fullmatch(rf"Error: Port {taken} is in use\. Choose another with {option}\.", error)


def test_a_port_that_is_roots_is_not_called_taken(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(socket.socket, "bind", refuse)
    expected = "Error: Port 443 is reserved for root. Choose another with --port."
    assert run("up", "--port", 443) == (1, expected)


def test_a_second_cloud_in_one_folder_is_refused(run: Run, home: Path) -> None:
    with only_one(home):
        code, error = run("up", "--port", free_port())
    assert code == 1
    assert "MOVERS_HOME" in error


@contextmanager
def answering(reply: bytes | None) -> Iterator[int]:
    """A port that answers every request with these bytes; with `None`, it takes the request and is silent."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(65536)
            if reply is None:
                over.wait()
            else:
                self.request.sendall(reply)

    over = threading.Event()
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield server.server_address[1]
        over.set()
        server.shutdown()


def http(body: bytes, status: str = "200 OK") -> bytes:
    return b"HTTP/1.1 %b\r\nContent-Length: %d\r\n\r\n%b" % (status.encode(), len(body), body)


STRANGERS = [None, b"SSH-2.0-OpenSSH\r\n", http(b"<html>"), http(b"{}", "404 Not Found")]


@pytest.mark.parametrize("reply", STRANGERS)
def test_an_emulator_that_hangs_or_is_none_is_a_finding_within_seconds(
    home: Path, reply: bytes | None
) -> None:
    home.mkdir()
    with answering(reply) as port, published(home, replace(STATE, aws_endpoint=f"http://127.0.0.1:{port}")):
        started = time.monotonic()
        told = CliRunner().invoke(app, ["status"])
    assert told.exit_code == 1, told.output
    assert time.monotonic() - started < 10
    silent = f"The AWS emulator at http://127.0.0.1:{port} doesn't respond as it should ("
    assert told.stdout.startswith("1 problem: AWS\n✗ AWS")
    assert silent in told.stdout
    assert told.stdout.count("\n") == 2


@pytest.mark.parametrize("command", ["ingest", "backfill --days 7", "invalidate", "deploy", "destroy"])
def test_no_command_waits_long_for_an_emulator_that_hangs(
    run: Run, home: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setattr(
        "scripts.deployment.account.BRIEF_LOCAL", Config(read_timeout=0.1, retries={"total_max_attempts": 1})
    )
    home.mkdir()
    with answering(None) as port, published(home, replace(STATE, aws_endpoint=f"http://127.0.0.1:{port}")):
        code, error = run(*command.split(), "--stage", "local")
    assert code == 1
    assert f"The AWS emulator at http://127.0.0.1:{port} doesn't respond as it should" in error
    assert "Traceback" not in error


def test_a_damaged_state_is_told_in_a_line(run: Run, home: Path) -> None:
    home.mkdir()
    (home / "cloud.json").write_text("{")
    code, error = run("status")
    assert code == 1
    assert error.startswith(f"Error: {home}/cloud.json doesn't describe a local cloud: ")


def test_what_the_system_refuses_is_told_in_a_line(
    run: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/full/disk")

    monkeypatch.setattr("scripts.cloud.up.choose_stand_in", full)
    assert run("up", "--port", free_port(), "--aws-port", free_port()) == (
        1,
        "Error: [Errno 28] No space left on device: '/full/disk'",
    )
