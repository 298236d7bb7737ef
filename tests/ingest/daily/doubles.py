"""A second vendor and a second market, as different from the first as they come, to run the daily path on."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from api.markets import Market
from api.records import Bar
from api.vendors import Vendor
from ingest.providers import Answer, BadAnswerError, BudgetSpentError, Call, Told, Waiting, Way, by_ticker
from scripts.vendors.tape import Tape
from tests.samples import NIGHT

# The week of the Saudi exchange begins on a Sunday; its tickers are numbers.
SAUDI = Market(
    name="saudi",
    mic="XSAU",
    zone="Asia/Riyadh",
    open=time(10),
    close=time(15, 20),
    early_close=None,
    currency="SAR",
    ticker=re.compile(r"[0-9]{4}"),
    spelling="four digits",
    clocks=(("AST", ZoneInfo("Asia/Riyadh")),),
    weekend=frozenset({4, 5}),
)
HUNDRED = Vendor(
    name="hundred",
    title="Hundred Rows",
    market="us",
    url="",
    recheck_after=timedelta(hours=6),
    ready="T+0 17:00",
    calls_per_minute=0,
    history_days=1000,
)
ROWS = 100


@dataclass
class HundredRows:
    """A vendor with a hundred rows a call, so many calls a day, no whole market and no splits."""

    tape: Tape
    budget: int
    vendor: Vendor = HUNDRED
    made: Counter[str] = field(default_factory=Counter)

    def calls(self, days: Sequence[date], tickers: Sequence[str]) -> Sequence[Way]:
        return [by_ticker("daily", days, tickers, most=ROWS)]

    def splits(self, first: date, last: date) -> None:
        return None

    def affordable(self) -> float:
        return self.budget

    def ask(self, call: Call, waiting: Waiting) -> Iterator[Answer]:
        if not self.budget:
            raise BudgetSpentError("Hundred Rows: the calls of the day are used up")
        self.budget -= 1
        self.made[call.endpoint] += 1
        bars = self.tape.bars(call.ticker or "", call.first, call.last)
        rows = [[str(day), *map(str, (b.open, b.high, b.low, b.close, b.volume))] for day, b in bars.items()]
        yield Answer(call, NIGHT, json.dumps({"symbol": call.ticker, "rows": rows[-ROWS:]}).encode())

    def read(self, call: Call, answers: Sequence[Answer], tickers: Sequence[str]) -> Told:
        (answer,) = answers
        if answer.document.get("symbol") != call.ticker:
            raise BadAnswerError("Hundred Rows: an answer about another ticker")
        rows = {date.fromisoformat(day): Bar(*map(Decimal, row)) for day, *row in answer.document["rows"]}
        return Told({day: {call.ticker or "": bar} for day, bar in rows.items()})
