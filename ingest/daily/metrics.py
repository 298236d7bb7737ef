"""A run's metrics, sent to CloudWatch as a log line in the embedded metric format."""

from aws_lambda_powertools import Metrics
from aws_lambda_powertools.metrics import MetricUnit

from api import names
from ingest.daily.run import Report


def emit(report: Report, stage: str, *, edge_failed: int = 0, key_days_left: int | None = None) -> None:
    """Print the metrics. Their only dimension is `Stage`, because an alarm matches only exactly its own dimensions.

    `edge_failed` is how many paths couldn't be read through the CDN. `key_days_left` is left out if unknown.
    """
    metrics = Metrics(namespace=names.NAMESPACE)
    metrics.add_dimension(names.STAGE_DIMENSION, stage)
    days_left = {} if key_days_left is None else {names.KEY_DAYS_LEFT: key_days_left}
    for name, count in (_counts(report) | {names.EDGE_FAILED: edge_failed} | days_left).items():
        metrics.add_metric(name, MetricUnit.Count, count)
    metrics.flush_metrics()


def _counts(report: Report) -> dict[str, int]:
    return {
        names.SESSIONS_BEHIND: len(report.behind),
        names.SESSIONS_STORED: len(report.stored),
        names.SESSIONS_FAILED: len(report.failed),
        names.UPSTREAM_CALLS: report.upstream_calls,
        names.TWINS_PUBLISHED: report.published,
        names.TWINS_KEPT: report.kept,
        names.SESSIONS_ON_RECORD: report.on_record,
    }
