from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pytest

from scripts.commands.rebuild import asked, runs
from scripts.invocation import IngestError


@dataclass
class Target:
    """A stage whose ingest function answers with these in turn, and what it was asked."""

    answers: list[dict[str, Any]]
    asked: list[dict[str, Any]] = field(default_factory=list)

    def ingest(self, event: dict[str, Any]) -> dict[str, Any]:
        self.asked.append(event["rebuild"])
        return self.answers.pop(0)


def test_a_rebuild_goes_on_from_what_was_left_until_nothing_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scripts.commands.rebuild.BUSY_SECONDS", 0)
    target: Any = Target([{"Left": ["2026-02-09"]}, {"Skipped": "run other is in progress"}, {"Left": []}])
    event = asked(date(2026, 1, 2), date(2026, 2, 10), ["AAPL"], apply=True)
    assert len(list(runs(target, event))) == 2
    begun = {"from": "2026-01-02", "to": "2026-02-10", "watchlist": ["AAPL"], "apply": True}
    rest = begun | {"from": "2026-02-09"}
    assert target.asked == [begun, rest, rest]


def test_a_rebuild_that_gets_nowhere_says_so() -> None:
    target: Any = Target([{"Left": ["2026-02-09"]}, {"Left": ["2026-02-09"]}])
    with pytest.raises(IngestError, match="long enough for 2026-02-09"):
        list(runs(target, asked(None, None, None, apply=False)))
    assert target.asked[0] == {"apply": False}
