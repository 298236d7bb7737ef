"""The edge's life: what it needs, what it leaves, whom its viewers have to trust."""

import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from scripts.cloud import nginx_process
from scripts.cloud.certificates import ensure_certificates
from scripts.cloud.edge import Edge
from scripts.errors import CommandError
from tests.conftest import eventually, listens
from tests.scripts.cloud.edge.conftest import (
    FakeCloudFront,
    FakeOrigin,
    Reply,
    Viewer,
    make_edge,
    read_template,
)

NOWHERE = "http://127.0.0.1:9"
NOW = datetime(2026, 11, 20, tzinfo=UTC)


@pytest.fixture
def lonely(tmp_path: Path) -> Edge:
    """An edge, not yet started, without origins."""
    return make_edge(NOWHERE, NOWHERE, tmp_path, FakeCloudFront())


def port_of(edge: Edge) -> int:
    return int(edge.url.rpartition(":")[2])


def check_for_seconds(edge: Edge, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        edge.check()
        time.sleep(0.02)


def test_it_listens_while_its_context_lasts_and_leaves_no_process(lonely: Edge, tmp_path: Path) -> None:
    with lonely:
        master = int((tmp_path / "nginx.pid").read_text())
        assert listens(port_of(lonely))
        assert tmp_path.stat().st_mode & 0o777 == 0o700
    assert not listens(port_of(lonely))
    with pytest.raises(ProcessLookupError):
        os.kill(master, 0)


def test_it_can_be_started_again_with_an_empty_cache(files: FakeOrigin, tmp_path: Path) -> None:
    for body in (b"first cloud", b"second cloud"):
        files.replies["/again.css"] = Reply(body=body)
        with make_edge(files.url, NOWHERE, tmp_path, FakeCloudFront()) as edge:
            assert Viewer(edge).get("/again.css").body == body


def test_it_ends_with_the_process_that_started_it(lonely: Edge, tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(
        "import sys, time\n"
        "from pathlib import Path\n"
        "from tests.scripts.cloud.edge import conftest\n"
        "conftest.free_port = lambda: int(sys.argv[1])\n"
        f"with conftest.make_edge('{NOWHERE}', '{NOWHERE}', Path(sys.argv[2]), conftest.FakeCloudFront()):\n"
        "    print('up', flush=True)\n"
        "    time.sleep(60)\n"
    )
    command = [sys.executable, str(program), str(port_of(lonely)), str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as parent:  # noqa: S603 - written just now
        try:
            assert parent.stdout
            assert parent.stdout.readline() == b"up\n"
            assert listens(port_of(lonely))
        finally:
            parent.kill()
    assert eventually(lambda: not listens(port_of(lonely)))


def test_a_taken_port_is_refused_with_the_option_that_helps(lonely: Edge) -> None:
    address = ("127.0.0.1", port_of(lonely))
    with socket.create_server(address), pytest.raises(CommandError, match="--port"):
        lonely.__enter__()


def test_why_nginx_does_not_start_is_told_from_its_log(tmp_path: Path) -> None:
    template = read_template()
    policy = template["Resources"]["PageHeaders"]["Properties"]["ResponseHeadersPolicyConfig"]
    policy["CustomHeadersConfig"]["Items"][0]["Value"] = "$no_such_variable"
    with pytest.raises(CommandError, match='unknown "no_such_variable" variable'):
        make_edge(NOWHERE, NOWHERE, tmp_path, FakeCloudFront(), template).__enter__()


def test_an_nginx_that_ends_by_itself_is_noticed(lonely: Edge, tmp_path: Path) -> None:
    with lonely:
        lonely.check()
        os.kill(int((tmp_path / "nginx.pid").read_text()), signal.SIGTERM)
        with pytest.raises(CommandError, match="nginx has stopped"):
            check_for_seconds(lonely, 5)


@pytest.fixture
def no_wheel(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """No nginx among the packages; the folder is all there is on the PATH."""
    monkeypatch.setattr(nginx_process, "find_spec", lambda _: None)
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def test_without_any_nginx_it_says_what_to_install(no_wheel: Path) -> None:
    with pytest.raises(CommandError, match="install nginx"):
        nginx_process.nginx_binary()


def test_it_can_be_reached_from_loopback_only(lonely: Edge) -> None:
    addresses = nginx_process.machine(nginx_process.nginx_binary(), 8443).addresses
    assert addresses[0] == "127.0.0.1:8443"
    assert set(addresses) <= {"127.0.0.1:8443", "[::1]:8443"}


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "::1"])
def test_every_name_of_this_machine_is_vouched_for(name: str, edge: Edge) -> None:
    context = ssl.create_default_context(cafile=str(edge.ca))
    address = ("127.0.0.1", port_of(edge))
    with socket.create_connection(address, timeout=5) as plain:
        context.wrap_socket(plain, server_hostname=name).close()


def test_nobody_is_trusted_by_default(edge: Edge) -> None:
    address = ("127.0.0.1", port_of(edge))
    with socket.create_connection(address, timeout=5) as plain, pytest.raises(ssl.SSLCertVerificationError):
        ssl.create_default_context().wrap_socket(plain, server_hostname="localhost")


def test_the_key_is_its_owners_alone(tmp_path: Path) -> None:
    ensure_certificates(tmp_path, NOW)
    assert (tmp_path / "server.pem").stat().st_mode & 0o777 == 0o600
    assert b"PRIVATE KEY" not in (tmp_path / "ca.pem").read_bytes()
    assert {path.name for path in tmp_path.iterdir()} == {"ca.pem", "server.pem"}


@pytest.mark.parametrize(("days", "same"), [(0, True), (760, True), (780, False)])
def test_an_authority_is_kept_until_its_certificate_is_about_to_end(
    days: int, same: bool, tmp_path: Path
) -> None:
    ensure_certificates(tmp_path, NOW)
    first = (tmp_path / "ca.pem").read_bytes()
    ensure_certificates(tmp_path, NOW + timedelta(days=days))
    assert ((tmp_path / "ca.pem").read_bytes() == first) is same
