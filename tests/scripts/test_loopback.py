from scripts.loopback import comes_from_a_page, names_loopback

OURS = ["127.0.0.1", "127.0.0.1:4566", "localhost:1", "LocalHost:1", "[::1]:4566", "bucket.s3.localhost:4566"]
OTHERS = [
    *(
        "page.example",
        "page.example:4566",
        "localhost.page.example",
        "notlocalhost",
        "127.0.0.1.page.example",
    ),
    *("127.0.0.11", "0.0.0.0:4566", "192.168.0.1", "localhost:4566@page.example", "localhost,page.example"),
    *("localhost:4566\n", "localhost.", ""),
]


def test_only_names_that_lead_to_this_machine_alone_are_loopback() -> None:
    assert [host for host in [*OURS, *OTHERS] if names_loopback({"host": host})] == OURS
    assert not names_loopback({})


def test_what_a_user_opens_is_not_a_pages_request() -> None:
    assert not comes_from_a_page({})
    assert not comes_from_a_page({"sec-fetch-site": "none"})
    assert comes_from_a_page({"sec-fetch-site": "same-site"})
    assert comes_from_a_page({"sec-fetch-site": "none", "origin": "null"})
