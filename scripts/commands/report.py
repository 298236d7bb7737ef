"""What ingest runs did, in a few lines."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from rich.markup import escape

from scripts.progress import out
from scripts.words import count, span

DONE = {"Stored": "stored", "Corrected": "corrected", "Checked": "reread", "Mended": "repaired"}
NOT_DONE = {
    "Left": "left for the next run",
    "Unfilled": "without usable data",
    "Failed": "failed",
    "Unjudged": "not recomputed",
}


def show_report(runs: Sequence[dict[str, Any]], seconds: float, seen: str = "") -> None:
    """Print the verdict on the runs of one command, then what isn't stored; `seen` says who sees the result."""
    days = {name: {day for run in runs for day in run.get(name, ())} for name in DONE}
    did = [f"{count(len(days[name]), 'session')} {words}" for name, words in DONE.items() if days[name]]
    calls = count(sum(run["UpstreamCalls"] for run in runs), "API call")
    published = ["published"] if any(run["Published"] for run in runs) else []
    words = ", ".join([f"{', '.join(did) or 'Nothing new'} in {seconds:.0f} s ({calls})", *published])
    stored = "" if did else f"; {count(runs[-1]['AlreadyStored'], 'session')} already stored"
    out.print(f"[green]✓[/] {words}{seen if did else stored}")
    show_not_done(runs)


def show_not_done(runs: Sequence[dict[str, Any]]) -> None:
    """Print a line for each reason that kept sessions from being done."""
    for name, words in NOT_DONE.items():
        reasons: dict[str, list[date]] = {}
        for run in runs[-1:] if name == "Left" else runs:  # what one run leaves, the next one does
            for day, reason in dict(run.get(name, ())).items():
                reasons.setdefault(reason, []).append(date.fromisoformat(day))
        for reason, days in reasons.items():
            line = f"{count(len(days), 'session')} {words}, {span(days)}: {reason}"
            out.print(f"[yellow]![/] {escape(line)}")
