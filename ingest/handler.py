"""The ingest function: one run per invocation, by the schedule or by hand."""

import os
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from api.records import Source
from api.store import Store
from ingest.archive import Archive
from ingest.calendar import load_calendar
from ingest.lease import LeaseHeldError
from ingest.plan import RequestError
from ingest.providers import RefusedError
from ingest.providers.massive import Massive, rate_window
from ingest.publish import Site
from ingest.reconcile import reconcile
from ingest.run import Ingest, Report, Request
from ingest.settings import Settings

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient

PUBLISHING_SHARE = 0.1  # of the function's time, kept back from waiting for the provider
log = Logger(service="ingest")


class SessionsFailedError(Exception):
    """Sessions could not be stored; the others were, and the twins are published."""


def handler(event: Mapping[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Reconcile the usual window (`{}`), or `{"from": "2026-01-02", "to": "2026-02-10", "invalidate": false}`.

    Returns what was done. Raises `SessionsFailedError` when a session could not be stored, `RequestError` for a
    window that cannot be served.
    """
    settings = Settings.from_env(os.environ)
    life = timedelta(milliseconds=context.get_remaining_time_in_millis())
    run = context.aws_request_id
    log.structure_logs(append=True, run=run)
    try:
        now = clock(settings)
        report = reconcile(build(settings, context, life), request(event, run), now, life)
    except LeaseHeldError as held:
        log.info("left to the other run", reason=str(held))
        return {"Skipped": str(held)}
    done = summary(report)
    log.info("run ended", **done)
    if report.failed:
        raise SessionsFailedError(_failures(report))
    return done


def request(event: Mapping[str, Any], run: str) -> Request:
    """Read the event. Raises `RequestError` unless it has both of `from` and `to`, as dates, or neither."""
    if unknown := sorted(set(event) - {"from", "to", "invalidate"}):
        raise RequestError(
            f"the event has {', '.join(unknown)}; allowed are from, to and invalidate, or nothing"
        )
    first, last = event.get("from"), event.get("to")
    if first is None and last is None:
        return Request(run)
    return Request(run, _date(first), _date(last), invalidate=event.get("invalidate", True) is not False)


def _date(text: object) -> date:
    try:
        day = date.fromisoformat(str(text))
        if str(day) == text:
            return day
    except ValueError:
        pass  # the same answer as for a date in another form
    raise RequestError(f"{text!r} is no date of the form YYYY-MM-DD; both of from and to are needed")


def clock(settings: Settings) -> datetime:
    """The time of the data: real time, but for the offset with which the local stage replays recorded sessions."""
    return datetime.now(UTC) + timedelta(seconds=settings.clock_offset_seconds)


def build(settings: Settings, context: LambdaContext, life: timedelta) -> Ingest:
    """Put a run's parts together."""
    reserve = PUBLISHING_SHARE * life.total_seconds()
    return Ingest(
        store=Store(client("dynamodb"), settings.table),
        archive=Archive(client("s3"), settings.raw_bucket, settings.provider),
        site=Site(client("s3"), settings.site_bucket, client("cloudfront"), settings.distribution_id),
        provider=Massive(
            url=settings.massive_url,
            key=lambda: read_key(client("ssm"), settings.key_parameter),
            window=rate_window(settings.calls_per_minute),
            clock=lambda: clock(settings),
            remaining=lambda: context.get_remaining_time_in_millis() / 1000 - reserve,
        ),
        calendar=load_calendar(),
        watchlist=settings.watchlist,
        source=Source(settings.provider, settings.source_kind, settings.clock_offset_seconds),
        ready=settings.ready,
        window=settings.window,
        history_days=settings.history_days,
        site_url=settings.site_url,
    )


@cache
def client(service: str) -> Any:
    """An AWS client, made once per container."""
    return boto3.client(service)  # type: ignore[call-overload]


def read_key(ssm: "SSMClient", parameter: str) -> str:
    """The provider's key. Raises `RefusedError` where none is stored."""
    try:
        return ssm.get_parameter(Name=parameter, WithDecryption=True)["Parameter"]["Value"]
    except ssm.exceptions.ParameterNotFound:
        raise RefusedError(
            f"no API key is stored; put it as a SecureString at SSM parameter {parameter}"
        ) from None


def summary(report: Report) -> dict[str, Any]:
    """The report as the invoker gets it: sessions as dates, PascalCase like every document of the product."""
    return {
        "".join(part.capitalize() for part in name.split("_")): _plain(value)
        for name, value in asdict(report).items()
    }


def _plain(value: Any) -> Any:
    match value:
        case dict():
            return {str(day): reason for day, reason in value.items()}
        case list():
            return [str(day) for day in value]
    return value


def _failures(report: Report) -> str:
    """The failures by reason, so that one cause with many sessions reads as one."""
    by_reason: dict[str, list[str]] = {}
    for day, reason in sorted(report.failed.items()):
        by_reason.setdefault(reason, []).append(str(day))
    return "; ".join(f"{_days(days)}: {reason}" for reason, days in by_reason.items())


def _days(days: list[str], shown: int = 7) -> str:
    return ", ".join(days[:shown]) + (f" and {len(days) - shown} more" if len(days) > shown else "")
