from collections.abc import Iterator
from pathlib import Path

import pytest

from infra import functions
from tests.infra.templates import Templates, synthesized


@pytest.fixture(scope="session", autouse=True)
def bundles(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Small stand-ins for the built bundles: what is in them is no business of a template."""
    folder = tmp_path_factory.mktemp("bundles")
    for name in ("api", "ingest"):
        (folder / name).mkdir()
        (folder / name / "handler.py").write_text(f'"""{name}"""\n')
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(functions, "BUNDLES", folder)
        yield folder


@pytest.fixture(scope="session")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Templates:
    """The templates of the default settings."""
    return synthesized(tmp_path_factory.mktemp("synth"))


@pytest.fixture(scope="session")
def domain_templates(tmp_path_factory: pytest.TempPathFactory) -> Templates:
    """The templates of a deployment elsewhere, under the operator's own name, with settings of its own."""
    return synthesized(
        tmp_path_factory.mktemp("synth-domain"),
        stage="test",
        region="eu-central-1",
        domain="movers.example.org",
        certificate="arn:aws:acm:us-east-1:123456789012:certificate/11111111-2222-3333-4444-555555555555",
        hsts_subdomains="true",
        watchlist="BRK.A,IBM",
        throttle_rate="50",
        throttle_burst="100",
        alert_email="me@example.org",
        key_expires="2027-06-30",
        notices="all",
    )
