from typing import Any

import pytest

from scripts.vendors.faults import Faults

PATH = "/v2/aggs/ticker/AAPL/range/1/day/a/b?adjusted=false"


def statuses(faults: Faults, *targets: str) -> list[int | None]:
    return [fault.status if (fault := faults.take(target)) else None for target in targets]


def test_a_fault_stays_until_it_is_taken_away() -> None:
    faults = Faults()
    faults.add([{"status": 500}])
    assert statuses(faults, PATH, PATH, PATH) == [500, 500, 500]
    faults.replace([])
    assert statuses(faults, PATH) == [None]


def test_next_limits_a_fault_to_so_many_matching_requests() -> None:
    faults = Faults()
    faults.add([{"status": 500, "next": 2, "path": "/v2/"}, {"status": 503, "next": 1}])
    assert faults.listed() == [
        {"status": 500, "path": "/v2/", "next": 2},
        {"status": 503, "path": "", "next": 1},
    ]
    assert statuses(faults, PATH, "/v1/x", PATH, PATH) == [500, 503, 500, None]
    assert faults.listed() == []


def test_a_path_is_a_prefix_or_a_pattern_of_path_and_query() -> None:
    faults = Faults()
    faults.add([{"status": 500, "path": "/v1"}, {"status": 502, "path": ".*/AAPL/.*adjusted=false"}])
    assert statuses(faults, PATH, "/v1/x", "/v2/aggs/ticker/MSFT/range") == [502, 500, None]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (7, "a fault is an object with at least one of status, body"),
        (
            {"status": 500, "code": 1},
            "unknown 'code' in a fault; allowed are status, body, headers, delay, drop",
        ),
        ({"status": "500"}, "'status' of a fault is '500'; allowed is a whole number from 200 to 599"),
        ({"body": "\ud800"}, "allowed is a text, with no lone surrogates except"),
        ({"headers": {"Content-Length": "1"}}, "allowed is an object of plain texts, without connection"),
        ({"headers": {"X": "a\r\nY: b"}}, "'headers' of a fault"),
        ({"delay": -1}, "'delay' of a fault is -1; allowed is seconds, from 0 to 600"),
        ({"drop": True, "status": 500}, "'drop' of a fault goes only with delay, path and next"),
        ({"status": 500, "path": "("}, "'path' of a fault is '('; allowed is a regular expression"),
        ({"status": 500, "next": 0}, "'next' of a fault is 0; allowed is a whole number, 1 or more"),
    ],
)
def test_what_is_not_allowed_is_refused_with_what_is(value: Any, message: str) -> None:
    faults = Faults()
    with pytest.raises(ValueError) as refused:  # noqa: PT011  # the message is compared below
        faults.add([{"status": 500}, value])
    assert message in str(refused.value)
    assert faults.listed() == []
