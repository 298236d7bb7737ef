from pathlib import Path

import pytest
from aws_cdk import Stack
from aws_cdk import aws_s3 as s3

from infra.app import build_app
from infra.settings import Deployment

pytestmark = pytest.mark.xdist_group("synth")


def test_a_finding_that_nobody_accepted_stops_the_synthesis(tmp_path: Path) -> None:
    app = build_app(Deployment.from_context({}), tmp_path)
    s3.Bucket(Stack(app, "Careless"), "Open")

    with pytest.raises(RuntimeError, match="does not require requests to use SSL") as stopped:
        app.synth()

    assert "Careless/Open" in str(stopped.value)
    assert "movers-prod" not in str(stopped.value)
