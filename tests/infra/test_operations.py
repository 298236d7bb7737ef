import json
import re
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, Stack
from aws_cdk.assertions import Template

from infra.operations.alarms import cdn_signals, raise_alarm
from infra.operations.notices import notice_topic
from infra.settings import Deployment
from ingest.daily.metrics import emit
from ingest.daily.run import Report
from tests.infra.promises import alarms
from tests.infra.templates import Templates

pytestmark = pytest.mark.xdist_group("synth")


def alarm_of(**context: object) -> dict[str, Any]:
    """An alarm as it comes out of the settings."""
    stack, settings = Stack(App(), "Alone"), Deployment.from_context(context)
    signal, *_ = cdn_signals(settings, "E123")
    raise_alarm(stack, settings, signal, notice_topic(stack, settings, ["cloudwatch"]))
    (alarm,) = Template.from_stack(stack).find_resources("AWS::CloudWatch::Alarm").values()
    properties: dict[str, Any] = alarm["Properties"]
    return properties


@pytest.mark.parametrize(("notices", "told"), [("failures", True), ("all", True), ("none", False)])
def test_alarms_and_their_ends_are_told_unless_notices_are_off(notices: str, told: bool) -> None:
    alarm = alarm_of(notices=notices)

    assert ("AlarmActions" in alarm, "OKActions" in alarm) == (told, told)


def test_what_an_alarm_means_is_one_sentence(templates: Templates) -> None:
    for name, alarm in alarms(templates).items():
        meaning, _, rest = alarm["AlarmDescription"].partition(".")
        assert rest == f" What to do: infra/RUNBOOK.md#{name}"
        assert len(meaning) > 20


def test_the_graphs_of_the_cdn_look_where_its_measurements_are(domain_templates: Templates) -> None:
    board = domain_templates.one("operations", "AWS::CloudWatch::Dashboard")["DashboardBody"]
    widgets = json.loads(domain_templates.render("operations", board))["widgets"]
    cdn = [widget["properties"] for widget in widgets if widget["properties"]["title"].startswith("CDN")]

    assert len(cdn) == 3
    for graph in cdn:
        for line in graph["metrics"]:
            assert "us-east-1" in (graph["region"], line[-1].get("region"))


def test_the_bill_is_drawn_only_where_aws_measures_it(
    templates: Templates, domain_templates: Templates
) -> None:
    def board(of: Templates) -> str:
        return of.render("operations", of.one("operations", "AWS::CloudWatch::Dashboard")["DashboardBody"])

    assert "EstimatedCharges" in board(templates)
    assert "EstimatedCharges" not in board(domain_templates)


def test_the_readme_names_every_metric_and_the_alarm_that_watches_it(
    templates: Templates, domain_templates: Templates, capsys: pytest.CaptureFixture[str]
) -> None:
    emit(Report(), "any", key_days_left=1)
    (told,) = json.loads(capsys.readouterr().out)["_aws"]["CloudWatchMetrics"]
    counted = {metric["Name"] for metric in told["Metrics"]} | {"TwinMiss"}
    watched = {
        alarm["MetricName"]: name
        for of in (templates, domain_templates)
        for name, alarm in alarms(of).items()
        if alarm["Namespace"] == "Movers"
    }

    row = r"^\| `([A-Z]\w+)` \| .* \|(?: \[([a-z-]+)\]\(infra/RUNBOOK\.md#\2\))? \|$"
    named = dict(re.findall(row, Path("README.md").read_text(), re.MULTILINE))
    assert named == {name: watched.get(name, "") for name in counted}
