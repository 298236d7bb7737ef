import gzip
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from api.markets import US
from api.records import Bar
from ingest.calendar import load_calendar
from scripts.vendors.tape.recorded import RecordedTape, RecordingError

HEADER = "date,ticker,open,high,low,close,volume"
ROWS = (
    "2026-02-10,NA,203.5,204.75,200.15,200.63,55221235",
    "2026-02-09,TRUE,10,10,10,10,0",
    "2026-02-10,TRUE,75,75.5,74.4001,75.0,1.2e+07",
    "2026-02-10,BCpC,1,2,0.5,1.5,30002507.354057",
)


def write(folder: Path, *lines: str) -> Path:
    path = folder / "bars.csv"
    path.write_text("".join(f"{line}\n" for line in lines))
    return path


def test_bars_come_back_exactly(tmp_path: Path) -> None:
    tape = RecordedTape.read(write(tmp_path, HEADER, *ROWS))
    session = tape.session(date(2026, 2, 10))
    assert list(session) == ["NA", "TRUE", "BCpC"]
    assert session["NA"] == Bar(*map(Decimal, ("203.5", "204.75", "200.15", "200.63", "55221235")))
    assert session["TRUE"].volume == 12_000_000
    assert session["BCpC"].volume == Decimal("30002507.354057")


def test_a_tickers_bars_come_oldest_first(tmp_path: Path) -> None:
    tape = RecordedTape.read(write(tmp_path, HEADER, *ROWS))
    assert list(tape.bars("TRUE", date.min, date.max)) == [date(2026, 2, 9), date(2026, 2, 10)]
    assert list(tape.bars("TRUE", date(2026, 2, 10), date(2026, 2, 10))) == [date(2026, 2, 10)]
    assert (tape.first, tape.last) == (date(2026, 2, 9), date(2026, 2, 10))
    assert tape.tickers == {"NA", "TRUE", "BCpC"}


def test_gzip_is_known_by_its_content(tmp_path: Path) -> None:
    plain = write(tmp_path, HEADER, *ROWS)
    zipped = tmp_path / "without-a-hint"
    zipped.write_bytes(gzip.compress(plain.read_bytes()))
    day = date(2026, 2, 10)
    assert RecordedTape.read(zipped).session(day) == RecordedTape.read(plain).session(day)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ((), ":1: missing date, ticker, open, high, low, close, volume; needed are"),
        ((HEADER,), ": no bars; a header and one row for each bar are needed"),
        ((HEADER, "2026-02-10,A,1,2"), ":2: 4 cells; the header has 7"),
        ((HEADER, ROWS[0], "2026-02-30,A,1,1,1,1,1"), ":3: '2026-02-30' isn't a date; use YYYY-MM-DD"),
        (
            (HEADER, "2026-02-10,A,1,1,1,one,1"),
            ":2: open,high,low,close,volume are 1,1,1,one,1; use plain numbers",
        ),
        ((HEADER, "2026-02-10,A,1,1,1,1,-5"), ":2: open,high,low,close,volume are"),
        (
            (HEADER, "2026-02-10,A,3,2,1,1,5"),
            ":2: impossible bar: open 3, high 2, low 1, close 1; allowed are",
        ),
        ((HEADER, *ROWS, ROWS[0]), ":6: duplicate row for NA on 2026-02-10; one row for each is allowed"),
    ],
)
def test_an_unsound_file_is_refused_with_the_line(
    tmp_path: Path, lines: tuple[str, ...], message: str
) -> None:
    path = write(tmp_path, *lines)
    with pytest.raises(RecordingError) as refused:
        RecordedTape.read(path)
    assert str(refused.value).startswith(f"{path}{message}")


def test_a_file_that_is_no_file_is_refused(tmp_path: Path) -> None:
    broken = tmp_path / "broken.csv.gz"
    broken.write_bytes(gzip.compress(HEADER.encode())[:-9])
    for path in (tmp_path / "absent.csv", tmp_path, broken):
        with pytest.raises(RecordingError, match="can't be read as CSV, plain or gzipped"):
            RecordedTape.read(path)


def test_real_bars_are_accepted(recorded_market: Path) -> None:
    tape = RecordedTape.read(recorded_market)
    sessions = load_calendar(US).sessions(tape.first, tape.last)
    assert [day for day in sessions if tape.session(day)] == sessions
    ticker = min(tape.tickers)
    assert all(bar.low <= bar.close <= bar.high for bar in tape.bars(ticker, tape.first, tape.last).values())
