import signal

import pytest
import requests

from tests.conftest import free_port, running


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_vendor_serves_until_it_is_stopped(number: signal.Signals) -> None:
    port = free_port()
    with running("vendor", "massive", "--port", str(port), "--as-of", "2025-06-30") as vendor:
        assert vendor.stdout is not None
        url = vendor.stdout.readline().strip()
        bars = requests.get(
            f"{url}/v2/aggs/ticker/AAPL/range/1/day/2025-06-27/2025-06-27?apiKey=any", timeout=5
        ).json()
        vendor.send_signal(number)
        assert vendor.wait(timeout=10) == 0
    assert url == f"http://127.0.0.1:{port}"
    assert bars["resultsCount"] == 1
