from scripts.cloud.up import local_api_url


def test_the_api_is_reached_through_the_emulator() -> None:
    deployed = "https://c1d2348c.execute-api.us-east-1.amazonaws.com/v1/"
    assert (
        local_api_url("http://127.0.0.1:4566", deployed)
        == "http://127.0.0.1:4566/_aws/execute-api/c1d2348c/v1"
    )
