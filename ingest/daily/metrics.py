"""What a run tells CloudWatch of itself: a line of its log in the embedded metric format."""

from aws_lambda_powertools import Metrics
from aws_lambda_powertools.metrics import MetricUnit

from ingest.daily.run import Report

NAMESPACE = "Movers"


def emit(report: Report, stage: str, *, edge_failed: int = 0, key_days_left: int | None = None) -> None:
    """Print the run's numbers. Their one dimension is `Stage`: an alarm sees only metrics with exactly its own.

    `edge_failed` is how many paths could not be read through the CDN, `key_days_left` is told where it is known.
    """
    metrics = Metrics(namespace=NAMESPACE)
    metrics.add_dimension("Stage", stage)
    days_left = {} if key_days_left is None else {"KeyDaysLeft": key_days_left}
    for name, count in (_counts(report) | {"EdgeFailed": edge_failed} | days_left).items():
        metrics.add_metric(name, MetricUnit.Count, count)
    metrics.flush_metrics()


def _counts(report: Report) -> dict[str, int]:
    return {
        "SessionsBehind": len(report.behind),
        "SessionsStored": len(report.stored),
        "SessionsFailed": len(report.failed),
        "UpstreamCalls": report.upstream_calls,
        "TwinsPublished": report.published,
        "TwinsKept": report.kept,
        "SessionsOnRecord": report.on_record,
    }
