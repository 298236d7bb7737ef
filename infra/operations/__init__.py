"""How people see the system's health: alarms, notices, dashboard, saved queries, budget."""

from aws_cdk import CfnOutput, CfnParameter, Stack
from constructs import Construct

from infra.api import Api
from infra.daily import Daily
from infra.data import DataStack
from infra.operations import alarms
from infra.operations.budget import monthly_budget
from infra.operations.dashboard import dashboard
from infra.operations.notices import notice_topic, tell_of_sessions
from infra.operations.queries import save_questions
from infra.settings import CDN_REGION, Deployment
from infra.site import Site


class Operations(Construct):
    """The stage's alarms, notices, dashboard, saved queries and budget."""

    def __init__(
        self, scope: Construct, *, deployment: Deployment, data: DataStack, api: Api, site: Site, daily: Daily
    ) -> None:
        super().__init__(scope, "Operations")
        self.topic = notice_topic(self, deployment, ["budgets", "cloudwatch"])
        signals = [
            *alarms.run_signals(deployment, daily),
            *alarms.reader_signals(deployment, api),
            *alarms.capacity_signals(data, api, daily),
        ]
        if deployment.region == CDN_REGION:
            signals.extend(alarms.cdn_signals(deployment, site.distribution.distribution_id))
        if deployment.notices == "all":
            rule = tell_of_sessions(self, deployment, daily.function, self.topic)
            signals.append(alarms.news_signal(rule.ref))
        for signal in signals:
            alarms.raise_alarm(self, deployment, signal, self.topic)
        self.dashboard = dashboard(self, deployment, data=data, api=api, site=site, daily=daily)
        save_questions(self, deployment, {"api": api.function.log_group, "ingest": daily.function.log_group})
        monthly_budget(self, deployment, self.topic)


class CdnAlarmsStack(Stack):
    """The CDN's alarms for a stage outside us-east-1, with their own topic: an alarm can notify only in its own region.

    The distribution's id is a parameter, because a stack can import values only from its own region, and a custom
    resource that fetches them would be more code to run and to trust.
    """

    def __init__(self, scope: Construct, *, deployment: Deployment) -> None:
        name = deployment.name("cdn-alarms")
        super().__init__(scope, name, env={"region": CDN_REGION}, description="The CDN's alarms")
        distribution = CfnParameter(
            self, "DistributionId", description="Output DistributionId of the services stack"
        )
        topic = notice_topic(self, deployment, ["cloudwatch"])
        for signal in alarms.cdn_signals(deployment, distribution.value_as_string):
            alarms.raise_alarm(self, deployment, signal, topic)
        CfnOutput(self, "AlarmTopicArn", value=topic.topic_arn)
