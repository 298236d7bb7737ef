"""Every alarm, with the reason for its threshold. What to do about each is in `infra/RUNBOOK.md`."""

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

# What viewers notice must last: 3 of the 12 five-minute periods in an hour. A blip fills one period, however many
# requests it hits. A lasting fault fills three in 15 minutes, or in an hour if a viewer comes every 20 minutes.
LASTING = (3, 12)

# A run takes about a minute an hour and can't fill three periods, so its faults are counted by the hour.
# Two hours in a row, because what the next run repairs needs nobody.
TWO_RUNS = (2, 2)

# ACM renews its own certificates 60 days before they expire. At 30 days that has failed, or the certificate isn't
# from ACM.
CERTIFICATE_NOTICE_DAYS = 30

AT_LEAST = cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD
AT_MOST = cloudwatch.ComparisonOperator.LESS_THAN_OR_EQUAL_TO_THRESHOLD


@dataclass(frozen=True, slots=True)
class Signal:
    """One reason to alert a person. `name` is also its anchor in the runbook.

    The alarm is raised when the metric is at or above `threshold` (with `AT_MOST`: at or below) in `spans[0]` of the
    latest `spans[1]` periods. `silence` is how periods without data count.
    """

    name: str
    meaning: str
    metric: cloudwatch.IMetric
    threshold: float
    spans: tuple[int, int]
    silence: cloudwatch.TreatMissingData = cloudwatch.TreatMissingData.NOT_BREACHING
    comparison: cloudwatch.ComparisonOperator = AT_LEAST


def raise_alarm(scope: Construct, deployment: Deployment, signal: Signal, topic: sns.Topic) -> None:
    """Make a signal's alarm. The setting `notices` decides whether it notifies anybody."""
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
    # The product's main promise. Three hours, because the next hourly run is the retry. Silence counts as failure,
    # because a stopped schedule reports nothing. At the very first deployment the alarm lasts until the first run.
    yield Signal(
        "sessions-behind",
        "For three hours, a session has been overdue or no run has reported.",
        metrics.own(deployment, names.SESSIONS_BEHIND, "Maximum"),
        threshold=1,
        spans=(3, 3),
        silence=cloudwatch.TreatMissingData.BREACHING,
    )
    # sessions-behind covers silence.
    yield Signal(
        "ingest-errors",
        "Runs have failed in two consecutive hours, so the hourly retry doesn't help.",
        metrics.measured(daily.function, "Errors", period=metrics.HOUR),
        threshold=1,
        spans=TWO_RUNS,
    )
    # One is enough: each message is a run that failed or couldn't be started, and stays for 14 days unless somebody
    # deletes it. An idle, empty queue stops reporting, so silence is fine.
    yield Signal(
        "failure-queue",
        "A run failed or couldn't be started; its event is in the failure queue.",
        metrics.waiting(daily.failures),
        threshold=1,
        spans=(1, 1),
    )
    # One is enough: sessions don't disappear by themselves, and every later run would only report the same.
    yield Signal(
        "record-shrank",
        "Sessions are missing from the table; their published files are kept.",
        metrics.own(deployment, names.TWINS_KEPT, "Maximum"),
        threshold=1,
        spans=(1, 1),
    )
    if deployment.key_expires:
        yield Signal(
            "key-ends",
            f"The provider's API key expires within {KEY_NOTICE_DAYS} days.",
            metrics.own(deployment, names.KEY_DAYS_LEFT, "Minimum"),
            threshold=KEY_NOTICE_DAYS,
            spans=(1, 1),
            comparison=AT_MOST,
        )


def reader_signals(deployment: Deployment, api: Api) -> Iterator[Signal]:
    """Do viewers get answers? Without requests there are no measurements, which is fine."""
    yield Signal(
        "api-5xx",
        "The API keeps answering 5xx.",
        metrics.measured(api.rest_api, "5XXError"),
        threshold=1,
        spans=LASTING,
    )
    # The page waits four seconds for a snapshot before it asks the API, and CloudFront waits twelve for the API.
    # Three seconds is more than any cold start takes (less than one).
    yield Signal(
        "api-latency",
        "The API's 99th-percentile latency is three seconds or more, close to the page's timeout.",
        metrics.measured(api.rest_api, "Latency", "p99"),
        threshold=3000,
        spans=LASTING,
    )
    # Each run fetches the page once, as a viewer would. Three hours, because a deployment or a blip is over by then.
    # Silence counts as failure: then no run has checked.
    yield Signal(
        "edge-failed",
        "For three hours, the page or its data couldn't be read through the CDN, or no run has checked.",
        metrics.own(deployment, names.EDGE_FAILED, "Maximum"),
        threshold=1,
        spans=(3, 3),
        silence=cloudwatch.TreatMissingData.BREACHING,
    )
    # One or two misses can happen during a deployment; three an hour mean that a twin is missing. Not urgent: the API
    # answers meanwhile, and the next run writes the file. But it costs money and points to a bug.
    yield Signal(
        "twin-miss",
        "Published files are missing from the bucket, and the API answered instead.",
        metrics.own(deployment, names.TWIN_MISS),
        threshold=3,
        spans=(1, 1),
    )


def cdn_signals(deployment: Deployment, distribution_id: str) -> Iterator[Signal]:
    """The CDN's errors, as a share of its requests (it serves every viewer), and the certificate.

    CloudFront reports nothing while it is down, nor without viewers; edge-failed tells the two apart.
    """
    # Failover hides the failure of a single origin.
    yield Signal(
        "cdn-5xx",
        "At least 5 % of the CDN's answers are 5xx: both files and API fail.",
        metrics.cdn(distribution_id, "5xxErrorRate", "Average"),
        threshold=5,
        spans=LASTING,
    )
    # Bots request files that never existed, in bursts of a few minutes. On a site with few viewers, a burst is easily
    # half of the requests in one period, but hardly in nine periods of an hour.
    yield Signal(
        "cdn-4xx",
        "At least half of the CDN's answers are 4xx: files that the page needs are missing.",
        metrics.cdn(distribution_id, "4xxErrorRate", "Average"),
        threshold=50,
        spans=(9, 12),
    )
    if deployment.certificate:
        # ACM stops reporting when the certificate has expired, so silence counts as failure.
        yield Signal(
            "certificate-ends",
            f"The custom domain's certificate expires within {CERTIFICATE_NOTICE_DAYS} days.",
            metrics.certificate_days(deployment.certificate),
            threshold=CERTIFICATE_NOTICE_DAYS,
            spans=(1, 1),
            silence=cloudwatch.TreatMissingData.BREACHING,
            comparison=AT_MOST,
        )


def news_signal(rule_name: str) -> Signal:
    """Do notices of new sessions get through? EventBridge counts those it gave up on."""
    return Signal(
        "notices-failed",
        "A notice of a new session couldn't be delivered to the topic.",
        metrics.undelivered(rule_name),
        threshold=1,
        spans=(1, 1),
    )


def capacity_signals(data: DataStack, api: Api, daily: Daily) -> Iterator[Signal]:
    """Does AWS provide enough capacity? The API's 429s aren't counted here: they are its own limit."""
    # Most reads of the table are the API's. A run's reads are few; if they are refused for long, the run fails.
    of_readers = {
        "api-throttles": ("the api function", metrics.measured(api.function, "Throttles")),
        "table-read-throttles": ("reads of the table", metrics.measured(data.table, "ReadThrottleEvents")),
    }
    # Only runs write. Lambda retries a throttled start for an hour, at most five minutes apart.
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
