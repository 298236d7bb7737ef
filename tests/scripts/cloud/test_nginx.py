"""What of the configuration depends on the machine; what it does is tested in edge/, with nginx."""

import json
import re
from pathlib import Path

import pytest

from scripts.cloud.distribution import Distribution, read_distribution
from scripts.cloud.nginx import Machine, Upstream, Upstreams, render

TEMPLATE = Path(__file__).parents[2] / "fixtures" / "edge" / "site.template.json"
LOOPBACK = ("127.0.0.1:8443", "[::1]:8443")
UPSTREAMS = Upstreams(Upstream("http://127.0.0.1:4566"), Upstream("http://127.0.0.1:4567/base"))


@pytest.fixture
def distribution() -> Distribution:
    return read_distribution(json.loads(TEMPLATE.read_text()))


def test_it_listens_on_the_given_addresses_and_a_socket_of_its_own(distribution: Distribution) -> None:
    text = render(distribution, UPSTREAMS, Machine(LOOPBACK))
    listens = re.findall(r"^ *listen (.*);$", text, re.MULTILINE)
    assert set(listens) == {"127.0.0.1:8443 ssl", "[::1]:8443 ssl", "unix:origins.sock"}


def test_an_account_is_named_only_where_there_is_one(distribution: Distribution) -> None:
    # nginx warns of the directive when it does not run as root.
    assert "user " not in render(distribution, UPSTREAMS, Machine(LOOPBACK)).partition("http {")[0]
    assert render(distribution, UPSTREAMS, Machine(LOOPBACK, account="me us")).startswith("user me us;\n")
