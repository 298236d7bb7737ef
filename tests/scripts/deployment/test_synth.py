import json
from pathlib import Path

import pytest

from scripts.deployment.synth import SynthesisError, deployment_order, synthesize


def test_a_refused_setting_is_told_in_the_apps_own_words(tmp_path: Path) -> None:
    with pytest.raises(SynthesisError, match=r"^watchlist has 0 tickers: must have 1 to 2500$"):
        synthesize(tmp_path, {"watchlist": []})


def test_a_stack_is_deployed_after_those_it_takes_values_from(tmp_path: Path) -> None:
    stack = "aws:cloudformation:stack"
    artifacts = {
        "a-page": {"type": stack, "dependencies": ["a-page.assets", "b-api", "c-data"]},
        "a-page.assets": {"type": "cdk:asset-manifest"},
        "b-api": {"type": stack, "dependencies": ["c-data"]},
        "c-data": {"type": stack},
        "tree": {"type": "cdk:tree"},
    }
    (tmp_path / "manifest.json").write_text(json.dumps({"artifacts": artifacts}))

    assert deployment_order(tmp_path) == ["c-data", "b-api", "a-page"]
