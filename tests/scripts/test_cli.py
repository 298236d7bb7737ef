import errno
import os
import re
import socket
import socketserver
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import typer
from botocore.config import Config
from typer.testing import CliRunner

from scripts.cli import app, main
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


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_shows_worked_examples_in_its_help(name: str) -> None:
    result = CliRunner().invoke(app, [name, "--help"])
    assert result.exit_code == 0
    assert f"movers {name}" in result.stdout.split("Examples", 1)[1]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_a_file_and_says_in_one_line_what_it_does(name: str) -> None:
    assert COMMANDS[name].callback.__module__ == f"scripts.commands.{name}"
    assert COMMANDS[name].get_short_help_str()


def test_an_unknown_option_is_a_usage_error(run: Run) -> None:
    code, error = run("up", "--ports", 1)
    assert code == 2
    assert "--ports" in error


def test_a_date_of_another_form_is_a_usage_error(run: Run) -> None:
    code, error = run("up", "--as-of", "30.6.2025")
    assert code == 2
    assert "%Y-%m-%d" in error


def test_a_recording_that_is_not_there_is_a_usage_error(run: Run, tmp_path: Path) -> None:
    assert run("up", "--recorded", tmp_path / "none.csv")[0] == 2


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
    assert re.fullmatch(rf"Error: Port {taken} is taken at \S+: choose another one with {option}\.", error)


def test_a_port_that_is_roots_is_not_called_taken(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(socket.socket, "bind", refuse)
    expected = "Error: Port 443 is kept for root at 127.0.0.1: choose another one with --port."
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
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        over.set()
        server.shutdown()


def http(body: bytes, status: str = "200 OK") -> bytes:
    return b"HTTP/1.1 %b\r\nContent-Length: %d\r\n\r\n%b" % (status.encode(), len(body), body)


STRANGERS = [None, b"SSH-2.0-OpenSSH\r\n", http(b"<html>"), http(b"<a/>"), http(b"{}", "404 Not Found"), b""]


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
    silent = f"The emulator of AWS at http://127.0.0.1:{port} does not answer as it should ("
    assert told.stdout.startswith(f"BAD  aws      {silent}")
    assert told.stdout.count("\n") == 1


@pytest.mark.parametrize(
    "command", ["ingest", "backfill --days 7", "rebuild", "invalidate", "deploy", "diff", "destroy"]
)
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
    assert f"The emulator of AWS at http://127.0.0.1:{port} does not answer as it should" in error
    assert "Traceback" not in error


def test_a_damaged_state_is_told_in_a_line(run: Run, home: Path) -> None:
    home.mkdir()
    (home / "cloud.json").write_text("{")
    code, error = run("status")
    assert code == 1
    assert error.startswith(f"Error: {home}/cloud.json does not describe a local cloud: ")


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


def test_text_in_brackets_is_shown_and_not_taken_for_markup(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "[red]"
    folder.mkdir()
    code, error = run("vendor", "massive", "--port", free_port(), "--recorded", recording(folder))
    assert code == 1
    assert "[red]" in error
