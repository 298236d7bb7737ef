"""Reads the relevant numbers from a Lighthouse report, and finds those that miss their limits. Pure."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

CATEGORIES = {
    "performance": "performance",
    "accessibility": "accessibility",
    "best-practices": "best practices",
    "seo": "SEO",
}
LARGEST_PAINT_MS = 1200
MODULES_MS = 30  # by which modules may delay the largest paint of a document that has the answer
BLOCKING_MS = 30
SHIFT = 0.01
EXPLAINING = {
    "long-tasks",
    "layout-shifts",
}  # have no score, but explain blocking time and layout shift
ITEMS_SHOWN = 5


class UnusableReportError(Exception):
    """Lighthouse couldn't measure the page; the message is Lighthouse's."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One run. Scores are 0…100, by category; times are simulated milliseconds, and sizes compressed bytes."""

    scores: Mapping[str, int]
    first_paint_ms: float
    largest_paint_ms: float
    blocking_ms: float
    shift: float
    bytes: int
    requests: int
    machine: float
    """Lighthouse's benchmark of the machine; the lower it is, the longer the blocking time."""
    faults: Sequence[str]
    """Lighthouse's warnings, and the findings of audits without the full score."""


def measured(report: Mapping[str, Any]) -> Measured:
    """The numbers in a report. Raises UnusableReportError if Lighthouse couldn't load the page."""
    scores = {name: category["score"] for name, category in report["categories"].items()}
    if report.get("runtimeError") or None in scores.values() or scores.keys() != CATEGORIES.keys():
        error = report.get("runtimeError") or {"message": f"it rated {scores}"}
        raise UnusableReportError(f"Lighthouse on {report['requestedUrl']}: {error['message']}")
    audits = report["audits"]
    value = {name: audit.get("numericValue") for name, audit in audits.items()}
    return Measured(
        scores={name: round(100 * score) for name, score in scores.items()},
        first_paint_ms=value["first-contentful-paint"],
        largest_paint_ms=value["largest-contentful-paint"],
        blocking_ms=value["total-blocking-time"],
        shift=value["cumulative-layout-shift"],
        bytes=value["total-byte-weight"],
        requests=len(audits["network-requests"]["details"]["items"]),
        machine=report["environment"]["benchmarkIndex"],
        faults=[
            *report["runWarnings"],
            *(_described(audit) for audit in audits.values() if _is_faulty(audit)),
        ],
    )


def median(runs: Sequence[Measured]) -> Measured:
    """The median run by performance; all numbers are from that run."""
    return sorted(runs, key=lambda run: (run.scores["performance"], -run.largest_paint_ms))[len(runs) // 2]


def misses(run: Measured, bare: Measured | None = None) -> list[str]:
    """Each number that misses its limit, with the limit. `bare` is the same document's without its modules."""
    scores = [
        f"{CATEGORIES[name]} {score} (must be 100)" for name, score in run.scores.items() if score < 100
    ]
    delay = run.largest_paint_ms - bare.largest_paint_ms if bare else 0
    limits = (
        ("largest paint", run.largest_paint_ms / 1000, LARGEST_PAINT_MS / 1000, " s"),
        ("delay by modules", delay, MODULES_MS, " ms"),
        ("blocking time", run.blocking_ms, BLOCKING_MS, " ms"),
        ("layout shift", run.shift, SHIFT, ""),
    )
    return scores + [
        f"{name} {value:.4g}{unit} (at most {most:g}{unit})"
        for name, value, most, unit in limits
        if value > most
    ]


def _is_faulty(audit: Mapping[str, Any]) -> bool:
    scored = audit["score"] is not None and bool(audit["score"] < 1)
    return scored or audit["id"] in EXPLAINING


def _described(audit: Mapping[str, Any]) -> str:
    details = audit.get("details", {})
    items = details.get("items", [])[:ITEMS_SHOWN] if details.get("type") == "table" else []
    title = ": ".join(filter(None, [audit["id"], audit["title"], audit.get("displayValue")]))
    return "\n".join([title, *(f"  {_item(item)}" for item in items)])


def _item(item: Mapping[str, Any]) -> str:
    if node := item.get("node"):
        return " ".join(filter(None, [node["selector"], node["snippet"], node.get("explanation")]))
    return json.dumps(item, ensure_ascii=False)
