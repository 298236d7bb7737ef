"""One dashboard that shows whether data is fresh, runs work and viewers get answers, and what it costs."""

from functools import partial

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from api import names
from infra.api import Api
from infra.daily import Daily
from infra.data import DataStack
from infra.operations import metrics
from infra.settings import CDN_REGION, Deployment
from infra.site import Site

WIDTH = 8  # three graphs in a row of 24 columns
Graph = cloudwatch.GraphWidget


def dashboard(
    scope: Construct, deployment: Deployment, *, data: DataStack, api: Api, site: Site, daily: Daily
) -> cloudwatch.Dashboard:
    """The dashboard: data and runs at the top, then requests, then the table's capacity and the cost."""
    return cloudwatch.Dashboard(
        scope,
        "Dashboard",
        dashboard_name=f"movers-{deployment.stage}",
        default_interval=Duration.days(7),
        widgets=[
            run_graphs(deployment, daily),
            upstream_graphs(deployment, daily),
            api_graphs(deployment, api),
            cdn_graphs(site),
            [*table_graphs(data), *cost_graphs(deployment)],
        ],
    )


def graph(title: str, *left: cloudwatch.IMetric, right: tuple[cloudwatch.IMetric, ...] = ()) -> Graph:
    return Graph(title=title, left=list(left), right=list(right), width=WIDTH, left_y_axis={"min": 0})


def run_graphs(deployment: Deployment, daily: Daily) -> list[cloudwatch.IWidget]:
    return [
        graph(
            "Freshness: sessions overdue, sessions stored",
            metrics.own(deployment, names.SESSIONS_BEHIND, "Maximum"),
            right=(metrics.own(deployment, names.SESSIONS_ON_RECORD, "Minimum"),),
        ),
        graph(
            "Runs: sessions stored and failed",
            metrics.own(deployment, names.SESSIONS_STORED),
            metrics.own(deployment, names.SESSIONS_FAILED),
        ),
        graph(
            "Runs: errors, failures in the queue, pages not readable",
            daily.function.metric_errors(),
            metrics.waiting(daily.failures),
            metrics.own(deployment, names.EDGE_FAILED, "Maximum"),
        ),
    ]


def upstream_graphs(deployment: Deployment, daily: Daily) -> list[cloudwatch.IWidget]:
    return [
        graph("Upstream calls", metrics.own(deployment, names.UPSTREAM_CALLS)),
        graph(
            "Twins published and kept",
            metrics.own(deployment, names.TWINS_PUBLISHED),
            metrics.own(deployment, names.TWINS_KEPT, "Maximum"),
        ),
        graph("Runs: duration", metrics.measured(daily.function, "Duration", "Maximum")),
    ]


def api_graphs(deployment: Deployment, api: Api) -> list[cloudwatch.IWidget]:
    metric = partial(metrics.measured, api.rest_api)
    return [
        graph("API: requests", metric("Count"), right=(metrics.own(deployment, names.TWIN_MISS),)),
        graph("API: errors", metric("4XXError"), metric("5XXError")),
        graph("API: latency", metric("Latency", "p50"), metric("Latency", "p99")),
    ]


def cdn_graphs(site: Site) -> list[cloudwatch.IWidget]:
    """CloudFront's free metrics. They lack the cache hit rate; the API's requests show the misses."""

    def metric(name: str, statistic: str) -> cloudwatch.Metric:
        return metrics.cdn(site.distribution.distribution_id, name, statistic, CDN_REGION)

    return [
        graph("CDN: requests", metric("Requests", "Sum")),
        graph("CDN: errors, %", metric("4xxErrorRate", "Average"), metric("5xxErrorRate", "Average")),
        graph("CDN: bytes to viewers", metric("BytesDownloaded", "Sum")),
    ]


def table_graphs(data: DataStack) -> list[cloudwatch.IWidget]:
    return [
        graph(
            "Table: capacity used",
            metrics.measured(data.table, "ConsumedReadCapacityUnits"),
            metrics.measured(data.table, "ConsumedWriteCapacityUnits"),
        ),
        graph(
            "Table: requests throttled",
            metrics.measured(data.table, "ReadThrottleEvents"),
            metrics.measured(data.table, "WriteThrottleEvents"),
        ),
    ]


def cost_graphs(deployment: Deployment) -> list[cloudwatch.IWidget]:
    """The account's bill so far this month: a metric that exists only in us-east-1, once billing alerts are on."""
    if deployment.region != CDN_REGION:
        return []
    charges = cloudwatch.Metric(
        namespace="AWS/Billing",
        metric_name="EstimatedCharges",
        dimensions_map={"Currency": "USD"},
        statistic="Maximum",
        period=Duration.hours(6),
    )
    return [graph("Cost: whole account this month, USD", charges)]
