import os
from pathlib import Path

import pytest

from infra.node import use_installed_node


def test_the_installed_node_is_used_where_none_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JSII_NODE", raising=False)

    use_installed_node()

    assert Path(os.environ["JSII_NODE"]).is_file()


def test_a_node_named_by_the_environment_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JSII_NODE", "/opt/node")

    use_installed_node()

    assert os.environ["JSII_NODE"] == "/opt/node"
