"""The provider against the market server over real HTTP, and against payloads as the vendor sent them."""

import json
import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote

import pytest

from api.markets import US
from api.records import Bar
from api.vendors import MASSIVE
from ingest.calendar import load_calendar
from ingest.providers import (
    Answer,
    BadAnswerError,
    Bars,
    Call,
    NotYetError,
    OutOfPlanError,
    OutOfTimeError,
    ProviderError,
    RefusedError,
    Told,
)
from ingest.providers.asking import Line, rate_window
from ingest.providers.massive import Massive
from ingest.providers.reading import Fault, json_object
from scripts.vendors.massive import massive_server
from scripts.vendors.server import VendorServer
from scripts.vendors.tape.simulated import SimulatedTape
from tests.world import KEY

SAMPLES = Path("tests/fixtures/massive")
NOW = datetime(2026, 11, 21, 5, 10, tzinfo=UTC)
FRIDAY = date(2026, 11, 20)


@pytest.fixture
def server() -> Iterator[VendorServer]:
    known = frozenset({KEY})
    with massive_server(
        SimulatedTape(), clock=lambda: NOW, calendar=load_calendar(US), keys=known
    ) as running:
        yield running


def provider(server: VendorServer, **changed: Any) -> Massive:
    parts: dict[str, Any] = {
        "vendor": MASSIVE,
        "url": server.url,
        "read_key": lambda: KEY,
        "window": None,
        "clock": lambda: NOW,
        "time_left": lambda: 600.0,
        "sleep": lambda _: None,
    }
    return Massive(US, Line(**parts | changed))


def day_call(day: date = FRIDAY) -> Call:
    return Call("grouped", day, day)


def grouped(massive: Massive) -> Answer:
    (answer,) = massive.ask(day_call(), lambda _: None)
    return answer


def pages(massive: Massive, first: date) -> list[Answer]:
    return list(massive.ask(Call("range", first, FRIDAY, "AAPL"), lambda _: None))


def sample(name: str) -> Answer:
    return Answer(day_call(), NOW, (SAMPLES / name).read_bytes())


READER = Massive(US, cast(Line, None))


def read_grouped(answer: Answer, day: date, tickers: Sequence[str]) -> Bars:
    return READER.read(day_call(day), [answer], tickers).bars[day]


def read_range(answers: Sequence[Answer], ticker: str, first: date, last: date) -> dict[date, Bar | Fault]:
    told = READER.read(Call("range", first, last, ticker), answers, [ticker])
    return {day: bars[ticker] for day, bars in told.bars.items()}


def bars(massive: Massive, *tickers: str) -> Bars:
    """What is read of the day's answer; where that is bad, the call or the reading says so."""
    return read_grouped(grouped(massive), FRIDAY, tickers or ("AAPL",))


def test_a_grouped_answer_is_kept_as_it_came_and_holds_exact_bars(server: VendorServer) -> None:
    answer = grouped(provider(server))
    assert json.loads(answer.body)["resultsCount"] > 20
    assert answer.call == day_call()
    found = read_grouped(answer, FRIDAY, ["AAPL", "TSLA"])
    assert found == {ticker: server.tape.session(FRIDAY)[ticker] for ticker in ("AAPL", "TSLA")}


def test_a_range_answer_holds_a_tickers_days(server: VendorServer) -> None:
    first = date(2026, 10, 26)  # daylight saving ends in between
    answers = pages(provider(server), first)
    assert read_range(answers, "AAPL", first, FRIDAY) == server.tape.bars("AAPL", first, FRIDAY)


def test_pages_are_followed_on_the_configured_host_alone(
    server: VendorServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.providers.massive.RANGE_LIMIT", 4)
    first = date(2026, 11, 2)
    answers = pages(provider(server), first)
    assert len(answers) == 4
    assert len(read_range(answers, "AAPL", first, FRIDAY)) == 15


@pytest.mark.parametrize(
    "link",
    [
        "http://evil.example/v2/x?cursor=1",
        "http://[::1",
        "//evil.example/v2/aggs/ticker/AAPL/range/1/day/x",
        "http://x/v2/aggs/ticker/AAPL/range/1/day/\ud800",
        "http://x/v2/aggs/ticker/AAPL/range/1/day/x y",
        "",
        7,
        {"url": "x"},
    ],
)
def test_a_next_page_that_leads_elsewhere_is_not_asked_for(server: VendorServer, link: Any) -> None:
    foreign = json.dumps({"status": "OK", "ticker": "AAPL", "next_url": link})
    server.set_faults([{"status": 200, "body": foreign}])
    with pytest.raises(BadAnswerError, match="leads elsewhere"):
        pages(provider(server), date(2026, 11, 2))
    assert server.stats()["total"] == 1


def test_pages_without_end_are_refused(server: VendorServer) -> None:
    path = f"/v2/aggs/ticker/AAPL/range/1/day/2026-11-02/{FRIDAY}"
    server.set_faults(
        [{"status": 200, "body": json.dumps({"status": "OK", "ticker": "AAPL", "next_url": path})}]
    )
    with pytest.raises(BadAnswerError, match="more than 50 pages"):
        pages(provider(server), date(2026, 11, 2))


@pytest.mark.parametrize(
    ("status", "payload", "kind"),
    [
        (400, "error_400_bad_date.json", BadAnswerError),
        (401, "error_401_unknown_key.json", RefusedError),
        (401, "error_401_no_key.json", RefusedError),
        (403, "error_403_before_end_of_day.json", NotYetError),
        (403, "error_403_timeframe.json", OutOfPlanError),
        (403, "error_403_not_entitled_snapshot.json", RefusedError),
        (200, "error_429_rate_limit.json", BadAnswerError),  # a refusal inside a 200
        (200, "error_403_not_entitled_snapshot.json", BadAnswerError),
        (404, "open_close_404_not_found.json", BadAnswerError),
    ],
)
def test_each_refusal_is_told_apart(
    server: VendorServer, status: int, payload: str, kind: type[ProviderError]
) -> None:
    server.set_faults([{"status": status, "body": (SAMPLES / payload).read_text()}])
    words = json.loads((SAMPLES / payload).read_text())
    with pytest.raises(ProviderError) as refusal:
        bars(provider(server))
    assert refusal.type is kind
    assert (words.get("error") or words["message"])[:40] in str(refusal.value)
    assert server.stats()["total"] == 1


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 200, "body": "<html>maintenance</html>", "headers": {"Content-Type": "text/html"}},
        {"status": 200, "body": ""},
        {"status": 200, "body": "[]"},
        {"status": 200, "body": '{"status":["OK"],"results":[]}'},
        {"status": 200, "body": f'{{"status":{"[" * 500}{"]" * 500},"results":[]}}'},
        {"status": 200, "body": '{"status":"OK","results":[{"T":"AAPL"'},
        {"status": 200, "body": '{"status":"OK","results":[{"T":"AAPL","o":1},{"T":"\\q"'},
        {"status": 200, "body": '{"status":"OK","results":[{"T":"AAPL","o":01}]}'},  # no row can be read
        {"status": 200, "body": "x" * 100, "headers": {"Content-Encoding": "gzip"}},
        {"status": 302, "body": "", "headers": {"Location": "http://127.0.0.1:1/"}},
        {"status": 408, "body": "{}"},
        {"truncate": 500},
        {"drop": True},
        {"status": 502, "body": "<html>Bad Gateway</html>"},
    ],
    ids=lambda fault: str(fault)[:40],
)
def test_what_cannot_be_believed_is_an_error_and_never_an_empty_answer(
    server: VendorServer, fault: dict[str, Any]
) -> None:
    server.set_faults([fault])
    with pytest.raises(BadAnswerError, match="Massive"):
        bars(provider(server))


@pytest.mark.parametrize("fault", [{"status": 503, "body": "", "next": 2}, {"drop": True, "next": 2}])
def test_connection_faults_and_5xx_are_tried_again_and_counted(
    server: VendorServer, fault: dict[str, Any]
) -> None:
    server.set_faults([fault])
    massive = provider(server)
    assert bars(massive)
    assert massive.made.total() == server.stats()["total"] == 3


def test_an_endless_answer_is_cut_off(server: VendorServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.providers.asking.MAX_BYTES", 1_000)
    with pytest.raises(BadAnswerError, match="larger than"):
        grouped(provider(server))


def test_bytes_that_trickle_are_cut_off_in_time(
    server: VendorServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.providers.asking.ANSWER_SECONDS", 0.2)
    server.set_faults([{"slow": 0.1}])
    with pytest.raises(BadAnswerError, match="took longer"):
        grouped(provider(server))


@pytest.mark.parametrize(
    ("header", "waits"), [({}, 61), ({"Retry-After": "12"}, 13), ({"Retry-After": "soon"}, 61)]
)
def test_429_waits_as_told_or_for_the_rolling_minute(
    server: VendorServer, header: dict[str, str], waits: float
) -> None:
    server.set_faults([{"status": 429, "body": "", "headers": header, "next": 1}])
    slept: list[float] = []
    grouped(provider(server, sleep=slept.append))
    assert slept == [waits]


def test_a_wait_that_would_outlast_the_run_is_not_begun(server: VendorServer) -> None:
    server.set_faults([{"status": 429, "body": ""}])
    slept: list[float] = []
    with pytest.raises(OutOfTimeError, match="the next run continues"):
        grouped(provider(server, sleep=slept.append, time_left=lambda: 60.0))
    assert slept == []


def test_the_sixth_call_of_a_minute_waits_for_the_first_to_leave_the_window(server: VendorServer) -> None:
    rate_window.cache_clear()
    slept: list[float] = []

    window = rate_window("massive", 5)
    assert window
    items = window.items

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        items.pop(0)  # time passes: the oldest call leaves

    massive = provider(server, window=window, sleep=sleep)
    for _ in range(6):
        grouped(massive)
    assert len(slept) == 1
    assert 58 < slept[0] <= 63
    assert rate_window("massive", 5) is window  # shared by the runs of a container
    assert rate_window("another", 5) is not window  # each vendor counts its own calls
    rate_window.cache_clear()


def test_without_time_left_no_call_is_made(server: VendorServer) -> None:
    with pytest.raises(OutOfTimeError):
        grouped(provider(server, time_left=lambda: -1.0))
    assert server.stats()["total"] == 0


def test_the_key_travels_in_the_header_and_a_netrc_does_not_replace_it(
    server: VendorServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    assert bars(provider(server))


@pytest.mark.parametrize("key", ["", "  ", "two words", "line\nbreak", "ключ"])
def test_what_can_be_no_key_is_refused_without_showing_it(server: VendorServer, key: str) -> None:
    with pytest.raises(RefusedError) as refusal:
        grouped(provider(server, read_key=lambda: key))
    assert key.strip() == "" or key not in str(refusal.value)
    assert server.stats()["total"] == 0


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 401, "body": json.dumps({"error": f"the key {KEY} is unknown"})},
        {"status": 200, "body": json.dumps({"status": f"the key {KEY}"})},
        {"status": 200, "body": f"<html>{KEY}"},
    ],
)
def test_a_key_that_the_vendor_repeats_is_masked(server: VendorServer, fault: dict[str, Any]) -> None:
    server.set_faults([fault])
    with pytest.raises(ProviderError, match=r"\*\*\*") as failure:
        bars(provider(server))
    assert KEY not in str(failure.value)


@pytest.mark.parametrize("key", [KEY, "a+b/c="])
def test_a_key_that_a_good_answer_repeats_is_masked_before_anything_can_keep_it(
    server: VendorServer, key: str
) -> None:
    link = f"https://x/v2?apiKey={quote(key, safe='')}"
    body = json.dumps({"status": "OK", "results": [ROW, {"T": key}], "request_id": key, "link": link})
    server.set_faults([{"status": 200, "body": body}])
    answer = grouped(provider(server, read_key=lambda: key))
    assert isinstance(read_grouped(answer, FRIDAY, ["AAPL"])["AAPL"], Bar)
    assert answer.body.count(b"***") == 3
    assert key not in str(answer.document)


@pytest.mark.parametrize("words", ["\x1b[2J\0 it failed", "\ud800 it failed", "\udcff\x80 it failed"])
def test_a_vendors_words_are_fit_for_a_log_and_a_terminal(server: VendorServer, words: str) -> None:
    server.set_faults([{"status": 500, "body": json.dumps({"error": words})}])
    with pytest.raises(BadAnswerError, match="it failed") as failure:
        bars(provider(server))
    assert str(failure.value).isprintable()


@pytest.mark.parametrize(
    ("error", "told"),
    [
        ('{"code":7}', "{'code': 7}"),
        (json.dumps([*range(50)]), "[0, 1, 2, 3, 4, 5, ...]"),
        ("[" * 500 + "]" * 500, "[[[[[[[...]]]]]]]"),
        ("7", "7"),
    ],
)
def test_an_explanation_that_is_not_text_is_told_in_short(
    server: VendorServer, error: str, told: str
) -> None:
    server.set_faults([{"status": 500, "body": f'{{"error":{error}}}'}])
    with pytest.raises(BadAnswerError) as failure:
        bars(provider(server))
    assert str(failure.value) == f"Massive answered 500: {told}"


def test_without_a_key_no_call_is_counted(server: VendorServer) -> None:
    massive = provider(server, read_key=lambda: "")
    with pytest.raises(RefusedError):
        grouped(massive)
    assert massive.made.total() == 0


def test_the_calls_that_fit_into_a_run_are_reckoned_with_care(server: VendorServer) -> None:
    assert provider(server).affordable() == float("inf")
    rate_window.cache_clear()
    assert provider(server, window=rate_window("massive", 5), time_left=lambda: 810.0).affordable() == 65
    assert provider(server, window=rate_window("massive", 5), time_left=lambda: 1.0).affordable() == 0
    rate_window.cache_clear()


def test_a_captured_grouped_answer_is_read() -> None:
    day = date(2026, 9, 25)
    answer = sample("grouped_2026-09-25_adjusted_false.json")
    found = read_grouped(answer, day, ["AAPL", "BRK.B", "BCpC", "BCPC"])
    assert set(found) == {"AAPL", "BRK.B", "BCpC"}  # case tells companies apart
    assert [bar.volume for bar in [found["AAPL"]] if isinstance(bar, Bar)] == [Decimal("30002507.354057")]
    assert read_grouped(answer, date(2026, 9, 24), ["AAPL"]) == {"AAPL": Fault("has the date 2026-09-25")}


def test_a_captured_range_answer_is_read() -> None:
    first, last = date(2023, 1, 1), date(2023, 1, 10)
    answer = sample("range_AAPL_1day_2023-01-01_2023-01-10_asc.json")
    history = read_range([answer], "AAPL", first, last)
    assert list(history) == [date(2023, 1, day) for day in (3, 4, 5, 6, 9, 10)]
    assert [bar.volume for bar in [history[date(2023, 1, 3)]] if isinstance(bar, Bar)] == [Decimal(112117471)]
    assert min(read_range([answer], "AAPL", date(2023, 1, 6), last)) == date(2023, 1, 6)
    with pytest.raises(BadAnswerError, match="is about another ticker"):
        read_range([answer], "MSFT", first, last)


def test_a_delayed_answer_is_good() -> None:
    history = read_range(
        [sample("range_NVDA_1day_delayed.json")], "NVDA", date(2024, 10, 14), date(2024, 10, 15)
    )
    assert list(history) == [date(2024, 10, 14)]


def test_missing_results_are_no_bars() -> None:
    assert read_grouped(sample("grouped_empty_no_results_key.json"), date(2026, 9, 26), ["AAPL"]) == {}


ROW: dict[str, Any] = {"T": "AAPL", "o": 1, "h": 2, "l": 1, "c": 2, "v": 9, "t": 1795208400000}


SECRET_LIKE = "x" * 1_000_000


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"o": "1"}, "has o as a str, not a number"),
        ({"o": SECRET_LIKE}, "has o as a str, not a number"),
        ({"c": None}, "has c as a NoneType, not a number"),
        ({"v": True}, "has v as a bool, not a number"),
        ({"h": [1]}, "has h as a list, not a number"),
        ({"o": 10**12}, "has an implausible number as o"),
        ({"v": Decimal("1E+999999")}, "has an implausible number as v"),
        ({"l": Decimal("1E-150")}, "has an implausible number as l"),
        ({"o": Decimal("NaN")}, "has an implausible number as o"),
        ({"v": Decimal("-Infinity")}, "has an implausible number as v"),
        ({"h": 10**400}, "has an implausible number as h"),
        (
            {"h": Decimal("9" * 5000)},
            "is in a row that can't be read",
        ),  # longer than Python's whole numbers
        ({"v": Decimal("1E+999999999999999999")}, "has an implausible number as v"),
        ({"t": Decimal("NaN")}, "has the date None"),
        ({"t": None}, "has the date None"),
        ({"t": "soon"}, "has the date None"),
        ({"t": 10**30}, "has the date None"),
        ({"t": Decimal("1E+999999")}, "has the date None"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_row_that_cannot_be_believed_is_a_fault_of_its_ticker_alone(
    change: dict[str, Any], reason: str
) -> None:
    rows = [ROW | change, ROW | {"T": "MSFT"}]
    found = read_grouped(answer_of(rows), FRIDAY, ["AAPL", "MSFT"])
    assert found["AAPL"] == Fault(reason)
    assert isinstance(found["MSFT"], Bar)


def test_a_damaged_row_of_a_range_is_a_fault_of_its_day_alone() -> None:
    rows = [ROW | {"h": 10**12}, ROW | {"t": ROW["t"] - 86_400_000}, ROW | {"t": "soon"}]
    answer = answer_of([*rows, None, {"o": 1}], ticker="AAPL")
    history = read_range([answer], "AAPL", date(2026, 11, 1), FRIDAY)
    assert history[FRIDAY] == Fault("has an implausible number as h")
    assert isinstance(history[date(2026, 11, 19)], Bar)
    assert len(history) == 2


def test_a_row_that_comes_twice_alike_is_one_and_unlike_is_a_fault() -> None:
    assert isinstance(read_grouped(answer_of([ROW, ROW]), FRIDAY, ["AAPL"])["AAPL"], Bar)
    unlike = [ROW, ROW | {"c": 1}, ROW]
    assert read_grouped(answer_of(unlike), FRIDAY, ["AAPL"])["AAPL"] == Fault(
        "comes twice, with different values"
    )


STRAY = ROW | {"c": 1, "t": ROW["t"] - 86_400_000}


@pytest.mark.parametrize(
    ("rows", "close"),
    [([STRAY, ROW], 2), ([ROW, STRAY], 2), ([STRAY, ROW | {"t": None}, ROW, STRAY | {"o": "?"}, ROW], 2)],
)
def test_rows_of_another_day_count_only_where_none_of_the_right_day_stands(
    rows: list[dict[str, Any]], close: int
) -> None:
    found = read_grouped(answer_of(rows), FRIDAY, ["AAPL"])["AAPL"]
    assert isinstance(found, Bar)
    assert found.close == close


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([STRAY, STRAY], "has the date 2026-11-19"),
        ([STRAY, ROW, ROW | {"c": 1}], "comes twice, with different values"),
        ([STRAY, ROW | {"o": "1"}], "has o as a str, not a number"),
    ],
)
def test_a_row_of_another_day_hides_no_fault_of_the_right_one(
    rows: list[dict[str, Any]], reason: str
) -> None:
    assert read_grouped(answer_of(rows), FRIDAY, ["AAPL"]) == {"AAPL": Fault(reason)}


@pytest.mark.parametrize("results", [{"T": "AAPL"}, ["AAPL"], [None], {}, "", 0, False, "none"])
def test_results_of_another_shape_are_refused(results: Any) -> None:
    with pytest.raises(BadAnswerError, match="not a list of rows"):
        read_grouped(answer_of(results), FRIDAY, ["AAPL"])


def test_faults_of_tickers_that_nobody_watches_do_no_harm() -> None:
    damaged: list[Any] = [{"T": ["AAPL"]}, {"T": "A\0B", "o": "x", "t": 1}, {"o": 1}, {"T": 5}]
    assert list(read_grouped(answer_of([*damaged, ROW]), FRIDAY, ["AAPL"])) == ["AAPL"]


# Rows that have been sent, or could be, in the vendor's own words. None of them is about a watched ticker.
STRANGERS = {
    "control characters": b'{"T":"\0HTLB^\x16\x14","o":1}',
    "bytes that are not UTF-8": b'{"T":"\xc3\xff\xed\xa0\x80AAPL"}',
    "a byte that begins a character before the quote": b'{"T":"A\xe2"}',
    "half a surrogate pair": b'{"T":"\\ud800"}',
    "constants": b'{"T":"X","vw":NaN,"o":Infinity,"h":-Infinity}',
    "constants of another language": b'{"T":"X","vw":nan,"o":undefined}',
    "an exponent without end": b'{"T":"X","v":1e9999999999999999999999}',
    "a whole number without end": b'{"T":"X","v":' + b"9" * 5000 + b"}",
    "a number with a leading zero": b'{"T":"X","v":01}',
    "a value that is missing": b'{"T":"X","v":}',
    "escapes that JSON has not": b'{"T":"\\0HTLB^\\x16"}',
    "a quote inside a name": b'{"T":"X"Y","v":1}',
    "a name without its end": b'{"T":"X,"v":1}',
    "lists in lists": b'{"T":"X","v":' + b"[" * 5000 + b"]" * 5000 + b"}",
    "objects in objects": b'{"T":"X","v":' + b'{"a":' * 5000 + b"1" + b"}" * 5000 + b"}",
    "both": b'{"T":"X","v":' + b'[{"a":' * 5000 + b"1" + b"}]" * 5000 + b"}",
    "objects beside each other": b'{"T":"X","v":[{"a":1},{"b":01}],"o":1}',
    "null": b"null",
    "a text": b'"x"',
    "a number": b"5",
    "a list": b"[1,[2]]",
    "nothing": b"{}",
    "no name": b'{"o":1}',
    "a name of another type": b'{"T":["AAPL"]}',
    "a member twice": b'{"T":"AAPL","T":"X"}',
}


@pytest.mark.parametrize("stranger", STRANGERS.values(), ids=STRANGERS)
@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_row_that_cannot_be_believed_spoils_no_other(stranger: bytes, place: int) -> None:
    odd = line({"note": {"raw": 1}, "ctl": "?"} | ROW).replace(b"?", b"\0")  # odd, and still a bar
    rows = [b'%s,null,"x",[1]' % odd, line(ROW | {"T": "MSFT"})]
    rows.insert(place, stranger)
    body = b'{"queryCount":3,"results":[' + b",".join(rows) + b'],"status":"OK","count":3}'
    found = read_grouped(Answer(day_call(), NOW, body), FRIDAY, ["AAPL", "MSFT", "TSLA"])
    assert list(found) == ["AAPL", "MSFT"]
    assert all(isinstance(bar, Bar) for bar in found.values())


def test_all_strangers_at_once_spoil_no_row() -> None:
    rows = b",".join([*STRANGERS.values(), line(ROW), *STRANGERS.values()])
    body = b'\xef\xbb\xbf{"status":"OK","results":[' + rows + b"]}"
    assert isinstance(read_grouped(Answer(day_call(), NOW, body), FRIDAY, ["AAPL"])["AAPL"], Bar)


def test_no_depth_of_a_strangers_row_is_too_deep_for_the_others() -> None:
    """Around Python's limit, which a row may reach where it stands and not where it is tried, or the other way."""

    def lists(depth: int) -> bytes:
        return b'{"T":"X","v":' + b"[" * depth + b"]" * depth + b"}"

    limit = bisect_left(range(100_000), True, key=lambda depth: not json_object(lists(depth)))
    assert 100 < limit < 100_000
    for depth in range(limit - 10, limit + 10):
        body = b'{"status":"OK","results":[' + lists(depth) + b"," + line(ROW) + b"]}"
        assert list(read_grouped(Answer(day_call(), NOW, body), FRIDAY, ["AAPL"])) == ["AAPL"]


def test_an_answer_that_is_cut_off_is_never_mended() -> None:
    rows = b",".join([line(ROW), STRANGERS["escapes that JSON has not"], line({"T": "X", "list": [1]})])
    body = b'{"status":"OK","results":[' + rows + b"]}"
    for end in range(len(body)):
        with pytest.raises(BadAnswerError, match="not a JSON object"):
            read_grouped(Answer(day_call(), NOW, body[:end]), FRIDAY, ["AAPL"])


def answer_of(results: Any, **more: Any) -> Answer:
    return Answer(day_call(), NOW, line({"status": "OK", "results": results, **more}))


def line(value: Any) -> bytes:
    """A document, in which decimal numbers stand as they are."""
    text = json.dumps(value, default=lambda number: f"#{number}#", separators=(",", ":"))
    return re.sub(r'"#(.*?)#"', r"\1", text).encode()


def test_progress_is_told_before_each_call_and_each_wait(server: VendorServer) -> None:
    told: list[tuple[int, float]] = []
    massive = provider(server)
    server.set_faults([{"status": 429, "body": "", "next": 1}])
    list(massive.ask(day_call(), lambda waiting: told.append((massive.made.total(), waiting))))
    assert told == [(0, 0), (1, 61), (1, 0)]


def splits_of(*pages: str) -> Told:
    call = Call("splits", date(2026, 1, 2), FRIDAY)
    return READER.read(call, [Answer(call, NOW, page.encode()) for page in pages], [])


def split(**changed: Any) -> str:
    row = {"ticker": "AAPL", "execution_date": "2026-01-05", "split_from": 1, "split_to": 4} | changed
    return line({"status": "OK", "results": [row]}).decode()


def test_splits_are_exact_ratios_by_day_over_all_pages(server: VendorServer) -> None:
    first = split(split_to=Decimal("1.5")).replace('"status"', '"next_url":"x","status"')
    assert splits_of(first, split(ticker="GE", split_from=10, split_to=1)).splits == {
        date(2026, 1, 5): {"AAPL": Fraction(3, 2), "GE": Fraction(1, 10)}
    }
    assert splits_of(split(execution_date="2025-12-31")).splits == {}
    with pytest.raises(BadAnswerError, match="before its last page"):
        splits_of(first)


@pytest.mark.parametrize(
    "changed",
    [
        {"split_from": Decimal("NaN")},
        {"split_to": Decimal("Infinity")},
        {"split_to": Decimal("1E-3000000")},
        {"split_from": 0},
        {"split_to": -4},
        {"split_to": "4"},
        {"split_from": None},
        {"ticker": 7},
        {"execution_date": "2026-1-5"},
    ],
    ids=str,
)
def test_a_split_that_cannot_be_so_makes_the_list_one_that_cannot_be_believed(
    changed: dict[str, Any],
) -> None:
    with pytest.raises(BadAnswerError, match="invalid row"):
        splits_of(split(**changed))


def test_a_redirect_is_refused_without_reading_where_it_leads(server: VendorServer) -> None:
    for location in ("", "http://[bad", "http://127.0.0.1:1/"):
        headers = {"Location": location, "Content-Encoding": "gzip"}
        server.set_faults([{"status": 302, "body": "no gzip", "headers": headers}])
        with pytest.raises(BadAnswerError, match="Massive"):
            grouped(provider(server))
