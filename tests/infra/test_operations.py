import json
from typing import Any

import pytest
from aws_cdk import App, Stack
from aws_cdk.assertions import Template

from infra.operations.alarms import cdn_signal, raise_alarm
from infra.operations.notices import notice_topic
from infra.settings import Settings
from tests.infra.promises import alarms
from tests.infra.templates import Templates

pytestmark = pytest.mark.xdist_group("synth")


def alarm_of(**context: object) -> dict[str, Any]:
    """An alarm as it comes out of the settings."""
    stack, settings = Stack(App(), "Alone"), Settings.from_context(context)
    raise_alarm(stack, settings, cdn_signal("E123"), notice_topic(stack, settings, ["cloudwatch"]))
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
