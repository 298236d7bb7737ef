"""When a person is called, and when not: every alarm with its reason. `infra/RUNBOOK.md` says what to do then."""

from collections.abc import Iterator
from dataclasses import dataclass

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sns as sns
from constructs import Construct

from api import names
from infra.api import Api
from infra.daily import Daily
from infra.data import DataStack
from infra.operations import metrics
from infra.operations.notices import tell
from infra.settings import KEY_NOTICE_DAYS, Deployment

# What viewers feel counts in three of an hour's twelve spans: a blip is one span however many it hits, and a
# fault that stays is seen in a quarter of an hour, or within the hour where a reader comes every twenty minutes.
LASTING = (3, 12)

# A run works for a minute of its hour and never fills three spans, so what strikes runs is counted by the hour.
# Two hours on end: what the next run mends needs nobody.
TWO_RUNS = (2, 2)

# ACM renews what it has issued sixty days before the end; at thirty that has failed, or somebody else issued it.
CERTIFICATE_NOTICE_DAYS = 30

AT_LEAST = cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD
AT_MOST = cloudwatch.ComparisonOperator.LESS_THAN_OR_EQUAL_TO_THRESHOLD


@dataclass(frozen=True, slots=True)
class Signal:
    """One reason to call a person. `name` is also its anchor in the runbook.

    It is raised when its metric is at `threshold` or above (`AT_MOST`: or below) in `spans[0]` of the latest `spans[1]`
    periods.
    """

    name: str
    meaning: str
    metric: cloudwatch.IMetric
    threshold: float
    spans: tuple[int, int]
    silence: cloudwatch.TreatMissingData = cloudwatch.TreatMissingData.NOT_BREACHING
    comparison: cloudwatch.ComparisonOperator = AT_LEAST


def raise_alarm(scope: Construct, deployment: Deployment, signal: Signal, topic: sns.Topic) -> None:
    """Make the alarm of a signal; whether it is told to anybody is the settings' choice."""
    needed, latest = signal.spans
    alarm = cloudwatch.Alarm(
        scope,
        "".join(map(str.capitalize, signal.name.split("-"))),
        alarm_name=deployment.name(signal.name),
        alarm_description=f"{signal.meaning} What to do: infra/RUNBOOK.md#{signal.name}",
        metric=signal.metric,
        threshold=signal.threshold,
        comparison_operator=signal.comparison,
        datapoints_to_alarm=needed,
        evaluation_periods=latest,
        treat_missing_data=signal.silence,
    )
    tell(deployment, alarm, topic)


def run_signals(deployment: Deployment, daily: Daily) -> Iterator[Signal]:
    """Is the data there, and do the runs work?"""
    # The promise itself. Three hours, since the next hour's run is the retry; silence counts as failure,
    # because a schedule that has stopped reports nothing at all. Nothing has been reported at the very
    # first deployment either: the alarm ends with the first run.
    yield Signal(
        "sessions-behind",
        "For three hours a session has been overdue, or no run has reported.",
        metrics.own(deployment, names.SESSIONS_BEHIND, "Maximum"),
        threshold=1,
        spans=(3, 3),
        silence=cloudwatch.TreatMissingData.BREACHING,
    )
    # Silence is the business of sessions-behind.
    yield Signal(
        "ingest-errors",
        "Runs have failed in two hours on end, so the hourly retry does not mend it.",
        metrics.measured(daily.function, "Errors", period=metrics.HOUR),
        threshold=1,
        spans=TWO_RUNS,
    )
    # One is enough: a message is a run that failed, or that the schedule could not start, and it lies there
    # until somebody has looked. An empty queue that nobody touches falls silent.
    yield Signal(
        "failure-queue",
        "A failed or undelivered run waits in the failure queue to be looked at.",
        metrics.waiting(daily.failures),
        threshold=1,
        spans=(1, 1),
    )
    # One is enough: sessions do not get fewer by themselves, and each run after it keeps the same files.
    yield Signal(
        "record-shrank",
        "Sessions are gone from the table; their published files are kept.",
        metrics.own(deployment, names.TWINS_KEPT, "Maximum"),
        threshold=1,
        spans=(1, 1),
    )
    if deployment.key_expires:
        yield Signal(
            "key-ends",
            f"The provider's key ends within {KEY_NOTICE_DAYS} days.",
            metrics.own(deployment, names.KEY_DAYS_LEFT, "Minimum"),
            threshold=KEY_NOTICE_DAYS,
            spans=(1, 1),
            comparison=AT_MOST,
        )


def reader_signals(deployment: Deployment, api: Api) -> Iterator[Signal]:
    """Do readers get answers? Where nobody asks there are no measurements, and nothing is wrong."""
    yield Signal(
        "api-5xx",
        "The API has answered 5xx again and again.",
        metrics.measured(api.rest_api, "5XXError"),
        threshold=1,
        spans=LASTING,
    )
    # The page gives a snapshot four seconds before it asks the API, and CloudFront gives the API twelve.
    # Three seconds are no cold start any more (those end within one).
    yield Signal(
        "api-latency",
        "The slowest of a hundred API answers takes three seconds or more, close to what the page waits for.",
        metrics.measured(api.rest_api, "Latency", "p99"),
        threshold=3000,
        spans=LASTING,
    )
    # The run looks once an hour, as a reader would. Three hours, since a deployment and a blip are over by then.
    # A CDN that does not answer is a failure, and so is silence: then nobody has looked.
    yield Signal(
        "edge-failed",
        "For three hours the page or its data could not be read through the CDN, or no run has looked.",
        metrics.own(deployment, names.EDGE_FAILED, "Maximum"),
        threshold=1,
        spans=(3, 3),
        silence=cloudwatch.TreatMissingData.BREACHING,
    )
    # A reader may come between two steps of a deployment; three an hour are a twin that is not there. The
    # API answers meanwhile, and the next run mends it, so this is no haste but a bill and a bug.
    yield Signal(
        "twin-miss",
        "Files that should be in the bucket were answered by the API instead.",
        metrics.own(deployment, names.TWIN_MISS),
        threshold=3,
        spans=(1, 1),
    )


def cdn_signals(deployment: Deployment, distribution_id: str) -> Iterator[Signal]:
    """What is measured where CloudFront is. Shares, not counts: the CDN carries every reader.

    It measures nothing while it is down, nor while nobody comes; edge-failed is what tells the two apart.
    """
    # Its origins fail over before this shows.
    yield Signal(
        "cdn-5xx",
        "One in twenty answers of the CDN is a 5xx: files and API fail together.",
        metrics.cdn(distribution_id, "5xxErrorRate", "Average"),
        threshold=5,
        spans=LASTING,
    )
    # Bots ask for files that never existed, in bursts of a few minutes. On a site with few readers a burst is easily
    # half of a span, but hardly half of nine spans within an hour.
    yield Signal(
        "cdn-4xx",
        "Half of the CDN's answers are 4xx: files that the pages need are gone.",
        metrics.cdn(distribution_id, "4xxErrorRate", "Average"),
        threshold=50,
        spans=(9, 12),
    )
    if deployment.certificate:
        # ACM stops counting when the certificate has ended, so silence is failure.
        yield Signal(
            "certificate-ends",
            f"The certificate of the domain ends within {CERTIFICATE_NOTICE_DAYS} days.",
            metrics.certificate_days(deployment.certificate),
            threshold=CERTIFICATE_NOTICE_DAYS,
            spans=(1, 1),
            silence=cloudwatch.TreatMissingData.BREACHING,
            comparison=AT_MOST,
        )


def news_signal(rule_name: str) -> Signal:
    """Is each new session told of? EventBridge counts what it has given up."""
    return Signal(
        "notices-failed",
        "A notice of a new session could not be given to the topic.",
        metrics.undelivered(rule_name),
        threshold=1,
        spans=(1, 1),
    )


def capacity_signals(data: DataStack, api: Api, daily: Daily) -> Iterator[Signal]:
    """Does AWS give what is needed? The API's own 429 are not among these: they are its limit at work."""
    # Reads are the API's, by readers; where a run's few are refused for long, the run fails and says so.
    of_readers = {
        "api-throttles": ("the api function", metrics.measured(api.function, "Throttles")),
        "table-read-throttles": ("reads of the table", metrics.measured(data.table, "ReadThrottleEvents")),
    }
    # Only runs write. Lambda tries a refused start again for an hour, at most five minutes apart.
    of_runs = {
        "ingest-throttles": (
            "the ingest function",
            metrics.measured(daily.function, "Throttles", period=metrics.HOUR),
        ),
        "table-write-throttles": (
            "writes to the table",
            metrics.measured(data.table, "WriteThrottleEvents", period=metrics.HOUR),
        ),
    }
    for refusals, spans in ((of_readers, LASTING), (of_runs, TWO_RUNS)):
        for name, (whom, metric) in refusals.items():
            yield Signal(name, f"AWS keeps refusing capacity to {whom}.", metric, threshold=1, spans=spans)
