"""One page that answers: is the data fresh, do the runs work, do readers get answers, what does it cost?"""

from aws_cdk import Duration, Stack
from aws_cdk import aws_cloudwatch as cloudwatch

from infra.api_stack import ApiStack
from infra.data_stack import DataStack
from infra.ingest_stack import IngestStack
from infra.operations import metrics
from infra.settings import CDN_REGION, Settings
from infra.site_stack import SiteStack

WIDTH = 8  # three graphs stand in a row of 24
Graph = cloudwatch.GraphWidget


def dashboard(
    stack: Stack, settings: Settings, *, data: DataStack, api: ApiStack, site: SiteStack, ingest: IngestStack
) -> cloudwatch.Dashboard:
    """The dashboard: data and runs above, readers in the middle, what they use and cost below."""
    return cloudwatch.Dashboard(
        stack,
        "Dashboard",
        dashboard_name=f"movers-{settings.stage}",
        default_interval=Duration.days(7),
        widgets=[
            run_graphs(settings, ingest),
            upstream_graphs(settings, ingest),
            api_graphs(settings, api),
            cdn_graphs(site),
            [*table_graphs(data), *cost_graphs(stack)],
        ],
    )


def graph(title: str, *left: cloudwatch.IMetric, right: tuple[cloudwatch.IMetric, ...] = ()) -> Graph:
    return Graph(title=title, left=list(left), right=list(right), width=WIDTH, left_y_axis={"min": 0})


def run_graphs(settings: Settings, ingest: IngestStack) -> list[cloudwatch.IWidget]:
    return [
        graph(
            "Freshness: sessions overdue, and on record",
            metrics.own(settings, "SessionsBehind", "Maximum"),
            right=(metrics.own(settings, "SessionsOnRecord", "Minimum"),),
        ),
        graph(
            "Runs: sessions stored and failed",
            metrics.own(settings, "SessionsStored"),
            metrics.own(settings, "SessionsFailed"),
        ),
        graph(
            "Runs: errors, failures waiting, pages that they could not read",
            ingest.function.metric_errors(),
            metrics.waiting(ingest.failures),
            metrics.own(settings, "EdgeFailed", "Maximum"),
        ),
    ]


def upstream_graphs(settings: Settings, ingest: IngestStack) -> list[cloudwatch.IWidget]:
    return [
        graph("Upstream calls", metrics.own(settings, "UpstreamCalls")),
        graph(
            "Twins published and kept",
            metrics.own(settings, "TwinsPublished"),
            metrics.own(settings, "TwinsKept", "Maximum"),
        ),
        graph("Runs: duration", metrics.function(ingest.function, "Duration", "Maximum")),
    ]


def api_graphs(settings: Settings, api: ApiStack) -> list[cloudwatch.IWidget]:
    return [
        graph("API: requests", metrics.api(api.api, "Count"), right=(metrics.own(settings, "TwinMiss"),)),
        graph("API: errors", metrics.api(api.api, "4XXError"), metrics.api(api.api, "5XXError")),
        graph("API: latency", metrics.api(api.api, "Latency", "p50"), metrics.api(api.api, "Latency", "p99")),
    ]


def cdn_graphs(site: SiteStack) -> list[cloudwatch.IWidget]:
    """CloudFront's free metrics. Its cache hit rate is not among them; the API's requests tell the misses."""

    def metric(name: str, statistic: str) -> cloudwatch.Metric:
        return metrics.cdn(site.distribution.distribution_id, name, statistic, CDN_REGION)

    return [
        graph("CDN: requests", metric("Requests", "Sum")),
        graph("CDN: errors, %", metric("4xxErrorRate", "Average"), metric("5xxErrorRate", "Average")),
        graph("CDN: bytes to readers", metric("BytesDownloaded", "Sum")),
    ]


def table_graphs(data: DataStack) -> list[cloudwatch.IWidget]:
    return [
        graph(
            "Table: capacity used",
            metrics.table(data.table, "ConsumedReadCapacityUnits"),
            metrics.table(data.table, "ConsumedWriteCapacityUnits"),
        ),
        graph(
            "Table: refused",
            metrics.table(data.table, "ReadThrottleEvents"),
            metrics.table(data.table, "WriteThrottleEvents"),
        ),
    ]


def cost_graphs(stack: Stack) -> list[cloudwatch.IWidget]:
    """The account's bill so far this month, which AWS measures in us-east-1 alone, once billing alerts are on."""
    if stack.region != CDN_REGION:
        return []
    charges = cloudwatch.Metric(
        namespace="AWS/Billing",
        metric_name="EstimatedCharges",
        dimensions_map={"Currency": "USD"},
        statistic="Maximum",
        period=Duration.hours(6),
    )
    return [graph("Cost: the account this month, USD", charges)]
