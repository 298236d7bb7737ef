"""The ingest function: one run or one rebuild per invocation, by schedule or by hand."""

import os
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.config import Config

from api.records import Source
from ingest.archive import Archive
from ingest.calendar import load_calendar
from ingest.daily.edge import unreadable
from ingest.daily.event import read_event
from ingest.daily.feed import Channel
from ingest.daily.judge import summary
from ingest.daily.metrics import emit
from ingest.daily.rebuild import RebuildReport, RebuildRequest, rebuild
from ingest.daily.reconcile import reconcile
from ingest.daily.record import Record
from ingest.daily.run import Parts, Report, Rules
from ingest.lease import LeaseHeldError, Leases
from ingest.parallel import WIDTH
from ingest.providers import RefusedError, connect
from ingest.providers.asking import Line, rate_window
from ingest.settings import Settings
from ingest.site import Site

if TYPE_CHECKING:
    from _typeshed import DataclassInstance
    from mypy_boto3_ssm import SSMClient

PUBLISHING_SHARE = 0.1  # of the function's time, reserved for publishing
log = Logger(service="ingest")


class SessionsFailedError(Exception):
    """Some sessions couldn't be stored, or are lost from the table. The others are stored and published."""


def handler(event: Mapping[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Do what the event asks for (see `read_event`). Returns the report, or `Skipped` if another run has the lease.

    Raises `SessionsFailedError` if sessions failed, and `RequestError` for an invalid event.
    """
    settings = Settings.from_env(os.environ)
    life = timedelta(milliseconds=context.get_remaining_time_in_millis())
    run = context.aws_request_id
    log.structure_logs(append=True, run=run)
    try:
        asked, now = read_event(event, run, settings.market), settings.now()
        parts, rules = parts_of(settings, context, life), rules_of(settings)
        if isinstance(asked, RebuildRequest):
            return _rebuilt(rebuild(parts, rules, asked, now, life))
        return _reconciled(reconcile(parts, rules, asked, now, life), settings)
    except LeaseHeldError as held:
        log.info("left to the other run", reason=str(held))
        return {"Skipped": str(held)}


def _reconciled(report: Report, settings: Settings) -> dict[str, Any]:
    """Report a run. Its log line and its metrics, including a check of the site, come even if the run then fails."""
    done = document(report)
    log.info("run ended", **done)
    failed = unreadable(settings.site_url, settings.site_ca)
    emit(report, settings.stage, edge_failed=len(failed), key_days_left=settings.key_days_left)
    if report.failed or report.kept:
        raise SessionsFailedError(_failures(report))
    return done


def _rebuilt(report: RebuildReport) -> dict[str, Any]:
    """Report a rebuild. It emits no metrics, because those are about scheduled runs and the provider."""
    found = document(report)
    lengths = {name: len(value) for name, value in found.items() if isinstance(value, dict | list)}
    log.info("rebuild ended", **found | lengths)
    return found


def rules_of(settings: Settings) -> Rules:
    """The rules of this deployment."""
    market = settings.market
    calendar = load_calendar(market)
    return Rules(
        market=market,
        calendar=calendar,
        watchlists=settings.watchlists,
        excused=calendar.overrides.excused,
        source=Source(settings.vendor.name, settings.source_kind, settings.clock_offset_seconds),
        ready=settings.ready,
        window=settings.window,
        history_days=settings.history_days,
        recheck_after=settings.vendor.recheck_after,
        channel=Channel(
            stage=settings.stage,
            site_url=settings.site_url,
            market=market,
            close_at=calendar.close_at,
            names=settings.watchlists.names,
            source=settings.vendor.title,
        ),
    )


def parts_of(settings: Settings, context: LambdaContext, life: timedelta) -> Parts:
    """The clients of this deployment."""
    reserve = PUBLISHING_SHARE * life.total_seconds()

    def time_left() -> float:
        return context.get_remaining_time_in_millis() / 1000 - reserve

    line = Line(
        vendor=settings.vendor,
        url=settings.vendor_url,
        read_key=lambda: read_key(client("ssm"), settings.key_parameter),
        window=rate_window(settings.vendor.name, settings.calls_per_minute),
        clock=settings.now,
        time_left=time_left,
    )
    return Parts(
        record=Record(client("dynamodb"), settings.table),
        archive=Archive(client("s3"), settings.raw_bucket, settings.vendor.name),
        site=Site(client("s3"), settings.site_bucket, client("cloudfront"), settings.distribution_id),
        provider=connect(settings.vendor, settings.market, line),
        leases=Leases(client("dynamodb"), settings.table),
        time_left=time_left,
    )


@cache
def client(service: str) -> Any:
    """An AWS client, made once per container."""
    return boto3.client(service, config=Config(max_pool_connections=WIDTH))  # type: ignore[call-overload]


def read_key(ssm: "SSMClient", parameter: str) -> str:
    """The provider's API key. Raises `RefusedError` if none is stored."""
    try:
        return ssm.get_parameter(Name=parameter, WithDecryption=True)["Parameter"]["Value"]
    except ssm.exceptions.ParameterNotFound:
        raise RefusedError(
            f"no API key is stored; store it as a SecureString in the SSM parameter {parameter}"
        ) from None


def document(report: "DataclassInstance") -> dict[str, Any]:
    """A report as JSON for the caller: names in PascalCase, as in all documents, and dates as text."""
    return {_pascal(each.name): _plain(getattr(report, each.name)) for each in fields(report)}


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return document(value)
    match value:
        case dict():
            return {str(key): _plain(each) for key, each in value.items()}
        case list() | tuple():
            return [_plain(each) for each in value]
        case date():
            return value.isoformat()
        case Decimal():
            return float(value)  # exact enough: it has at most 6 decimals
    return value


def _pascal(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


def _failures(report: Report) -> str:
    """The failures grouped by reason, so that one cause with many sessions reads as one."""
    by_reason: dict[str, list[str]] = {}
    for day, reason in sorted(report.failed.items()):
        by_reason.setdefault(reason, []).append(str(day))
    failures = [f"{summary(days, shown=7)}: {reason}" for reason, days in by_reason.items()]
    if report.kept:
        failures.append(
            f"{report.kept} published files were kept; the table lacks their sessions (infra/RUNBOOK.md#record-shrank)"
        )
    return "; ".join(failures)
