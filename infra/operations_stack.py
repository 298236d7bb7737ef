"""What watches the others: alarms and where they are told, dashboard, saved queries, budget."""

from aws_cdk import CfnOutput, CfnParameter, Stack
from constructs import Construct

from infra.api_stack import ApiStack
from infra.data_stack import DataStack
from infra.ingest_stack import IngestStack
from infra.operations.alarms import (
    capacity_signals,
    cdn_signals,
    news_signal,
    raise_alarm,
    reader_signals,
    run_signals,
)
from infra.operations.budget import monthly_budget
from infra.operations.dashboard import dashboard
from infra.operations.notices import notice_topic, tell_of_sessions
from infra.operations.queries import save_questions
from infra.settings import CDN_REGION, Settings
from infra.site_stack import SiteStack


class OperationsStack(Stack):
    """Everything that tells a person how the other stacks do."""

    def __init__(
        self,
        scope: Construct,
        *,
        settings: Settings,
        data: DataStack,
        api: ApiStack,
        site: SiteStack,
        ingest: IngestStack,
    ) -> None:
        name = settings.stack_name("operations")
        super().__init__(
            scope, name, env={"region": settings.region}, description="Alarms, notices, dashboard, budget"
        )
        topic = notice_topic(self, settings, ["budgets", "cloudwatch"])
        signals = [
            *run_signals(settings, ingest),
            *reader_signals(settings, api),
            *capacity_signals(data, api, ingest),
        ]
        if settings.region == CDN_REGION:
            signals.extend(cdn_signals(settings, site.distribution.distribution_id))
        if settings.notices == "all":
            rule = tell_of_sessions(self, settings, ingest.function, topic)
            signals.append(news_signal(rule.ref))
        for signal in signals:
            raise_alarm(self, settings, signal, topic)
        board = dashboard(self, settings, data=data, api=api, site=site, ingest=ingest)
        save_questions(self, settings, {"api": api.function.log_group, "ingest": ingest.function.log_group})
        monthly_budget(self, settings, topic)
        CfnOutput(self, "AlarmTopicArn", value=topic.topic_arn)
        CfnOutput(self, "DashboardName", value=board.dashboard_name)


class CdnAlarmsStack(Stack):
    """The CDN's alarms of a deployment elsewhere, with a topic of their own: an alarm can act in its region alone.

    The distribution is handed over as the parameter `DistributionId`, since a stack can take values only from
    stacks of its own region, and a custom resource that fetches them would be code to run and to trust.
    """

    def __init__(self, scope: Construct, *, settings: Settings) -> None:
        name = settings.stack_name("cdn-alarms")
        super().__init__(scope, name, env={"region": CDN_REGION}, description="The CDN's alarms")
        distribution = CfnParameter(
            self, "DistributionId", description="The site stack's output of this name"
        )
        topic = notice_topic(self, settings, ["cloudwatch"])
        for signal in cdn_signals(settings, distribution.value_as_string):
            raise_alarm(self, settings, signal, topic)
        CfnOutput(self, "AlarmTopicArn", value=topic.topic_arn)
