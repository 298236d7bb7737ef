"""The log queries that the runbook uses, saved in CloudWatch."""

from collections.abc import Sequence
from dataclasses import dataclass

from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.settings import Deployment

RUNS = 'filter message = "run ended"'


@dataclass(frozen=True, slots=True)
class Question:
    """A CloudWatch Logs Insights query over the logs of the functions in `of`; `words` is its name."""

    words: str
    of: Sequence[str]
    lines: Sequence[str]


QUESTIONS = (
    Question(
        "What failed lately",
        ("ingest", "api"),
        (
            "fields @timestamp, @log, @message",
            r'filter level in ["ERROR", "CRITICAL"] or @message like /\[ERROR\]|Task timed out|Runtime exited/',
            "sort @timestamp desc",
            "limit 50",
        ),
    ),
    Question(
        "What the last runs did",
        ("ingest",),
        (
            RUNS,
            r'parse @message /"Stored":\s*\[(?<stored>[^\]]*)\]/',
            r'parse @message /"Left":\s*\{(?<left>[^}]*)\}/',
            r'parse @message /"Failed":\s*\{(?<failed>[^}]*)\}/',
            "display @timestamp, stored, left, failed, UpstreamCalls, Published, run",
            "sort @timestamp desc",
            "limit 48",
        ),
    ),
    Question(
        "Which sessions were corrected",
        ("ingest",),
        (
            'filter message in ["session corrected", "session rebuilt"]',
            "display @timestamp, message, session, revision, winner.old, winner.new",
            "sort @timestamp desc",
            "limit 100",
        ),
    ),
    Question(
        "Which runs waited for the rate limit",
        ("ingest",),
        (
            'filter message = "waiting for the provider"',
            "stats sum(seconds) as waited, count(*) as waits, max(@timestamp) as latest by run",
            "sort latest desc",
            "limit 100",
        ),
    ),
    Question(
        "How many upstream calls a day",
        ("ingest",),
        (RUNS, "stats sum(UpstreamCalls) as calls, count(*) as runs by bin(1d)"),
    ),
    Question(
        "Slow or failed API requests",
        ("api",),
        (
            "filter status >= 500 or milliseconds >= 1000",
            "display @timestamp, status, milliseconds, method, path, request_id",
            "sort @timestamp desc",
            "limit 100",
        ),
    ),
    Question(
        "Which twins were missed",
        ("api",),
        (
            "filter TwinMiss = 1",
            "stats count(*) as times, max(@timestamp) as latest by path",
            "sort times desc",
        ),
    ),
)


def save_questions(scope: Construct, deployment: Deployment, log_groups: dict[str, logs.ILogGroup]) -> None:
    """Save every query in the stage's folder."""
    for question in QUESTIONS:
        logs.CfnQueryDefinition(
            scope,
            question.words.title().replace(" ", ""),
            name=f"movers/{deployment.stage}/{question.words}",
            query_string="\n| ".join(question.lines),
            log_group_names=[log_groups[name].log_group_name for name in question.of],
        )
