"""The runbook speaks of alarms, queries, commands, outputs and prices that exist, and leaves no alarm out."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import botocore.session
import pytest
import typer
from botocore import xform_name

from infra.operations.budget import NOTICES
from infra.operations.queries import QUESTIONS
from scripts.cli import app
from scripts.deployment.stacks import STUCK
from scripts.tools.cost import usage
from scripts.tools.cost.__main__ import caveat, cost_table, flood_line
from scripts.tools.cost.prices import PRICES
from tests.infra.templates import Templates

pytestmark = pytest.mark.xdist_group("synth")

RUNBOOK = Path("infra/RUNBOOK.md").read_text()
BLOCKS = re.findall(r"```sh\n(.*?)```", RUNBOOK, re.DOTALL)
CODE = "\n".join(BLOCKS).replace("\\\n", " ")
INLINE = re.findall(r"`([^`\n]+)`", RUNBOOK)
COMMANDS: dict[str, Any] = typer.main.get_command(app).commands  # type: ignore[attr-defined]
AWS = botocore.session.Session()
AWS_GLOBAL = {"--query", "--output"}
# What the AWS CLI names otherwise than the service does.
SERVICES = {"s3api": "s3"}
RENAMED = {("sns", "subscribe"): {"--notification-endpoint"}}


def slug(heading: str) -> str:
    """The anchor that a Markdown heading gets."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


ANCHORS = [slug(heading) for heading in re.findall(r"^#+ (.+)$", RUNBOOK, re.MULTILINE)]


def calls(command: str) -> list[str]:
    """Every call of a command, in the blocks and between the words, without what it is piped into."""
    lines = [*CODE.splitlines(), *INLINE]
    return [call for line in lines for call in re.findall(rf"(?<![\w/.-]){command} ([a-z][^|;&)]*)", line)]


def alarms(templates: Templates) -> Iterator[dict[str, Any]]:
    return (alarm["Properties"] for _, alarm in templates.every("AWS::CloudWatch::Alarm"))


def test_every_alarm_points_to_a_section_of_its_own(
    templates: Templates, domain_templates: Templates
) -> None:
    for alarm in [*alarms(templates), *alarms(domain_templates)]:
        file, anchor = re.findall(r"(\S+\.md)#(\S+)", alarm["AlarmDescription"])[0]
        assert Path(file).read_text() == RUNBOOK
        assert anchor in ANCHORS
        assert alarm["AlarmName"].endswith(anchor)


def test_every_section_on_alarms_has_its_alarm(templates: Templates, domain_templates: Templates) -> None:
    section = RUNBOOK.partition("\n## Alarms\n")[2].partition("\n## ")[0]
    all_of_them = [*alarms(templates), *alarms(domain_templates)]
    names = {alarm["AlarmName"].split("-", 2)[2] for alarm in all_of_them}
    assert set(re.findall(r"^### (.+)$", section, re.MULTILINE)) == names


def test_every_saved_query_is_in_the_table_and_the_table_has_no_other() -> None:
    section = RUNBOOK.partition("| query |")[2].partition("\n\n")[0]
    assert re.findall(r"^\| ([A-Z][^|]+) \|", section, re.MULTILINE) == [each.words for each in QUESTIONS]


def test_every_link_leads_to_a_section_and_no_two_sections_share_an_anchor() -> None:
    links = re.findall(r"\]\(#([^)]+)\)", RUNBOOK)
    assert links
    assert set(links) <= set(ANCHORS)
    assert len(ANCHORS) == len(set(ANCHORS))


def test_every_command_of_movers_exists_with_its_options() -> None:
    for call in calls("movers"):
        command, *words = call.split()
        known = {option for parameter in COMMANDS[command].params for option in parameter.opts}
        assert {word for word in words if word.startswith("-")} <= known, call


def test_every_command_of_aws_exists_with_its_options() -> None:
    for call in calls("aws"):
        service, command, *words = call.split()
        service = SERVICES.get(service, service)
        if command == "wait":
            command = waited_for(service, words[0])
        known = AWS_GLOBAL | options(service, command) | RENAMED.get((service, command), set())
        assert {word for word in words if word.startswith("--")} <= known, call


def options(service: str, command: str) -> set[str]:
    """The options of a command of the AWS CLI, which has them from the service's own description."""
    model = AWS.get_service_model(service)
    (operation,) = [name for name in model.operation_names if xform_name(name, "-") == command]
    shape = model.operation_model(operation).input_shape
    members = shape.members if shape else {}
    switches = [name for name, shape in members.items() if shape.type_name == "boolean"]
    return {f"--{xform_name(name, '-')}" for name in members} | {
        f"--no-{xform_name(name, '-')}" for name in switches
    }


def waited_for(service: str, state: str) -> str:
    """The command that `aws SERVICE wait STATE` asks again and again."""
    waiters = AWS.get_waiter_model(service)
    (name,) = [name for name in waiters.waiter_names if xform_name(name, "-") == state]
    return xform_name(waiters.get_waiter(name).operation, "-")


def test_every_output_asked_for_exists(templates: Templates) -> None:
    asked = re.findall(r"\(output ([a-z]+) ([A-Za-z]+)\)", CODE)
    assert asked
    for part, name in asked:
        assert name in templates.stacks[part]["Outputs"]


def test_every_block_is_whole_shell() -> None:
    for block in BLOCKS:
        subprocess.run(["/bin/sh", "-n"], input=block, text=True, check=True)


def test_every_state_that_a_deployment_refuses_has_its_way_out() -> None:
    section = RUNBOOK.partition("| state |")[2].partition("\n\n")[0]
    assert set(re.findall(r"^\| `([A-Z_]+)` \|", section, re.MULTILINE)) == STUCK.keys()


def test_what_the_budget_tells_of_is_what_it_watches() -> None:
    sentence = RUNBOOK.partition("when the account's\nbill passes")[2].partition("\n\n")[0]
    assert re.findall(r"\d+", sentence) == [str(percent) for _, percent in NOTICES]


def test_the_costs_are_those_that_the_script_counts() -> None:
    assert "\n".join(cost_table(usage.SIZES)) in RUNBOOK
    assert flood_line() in RUNBOOK


def test_the_prices_that_nobody_has_read_at_aws_are_named() -> None:
    assert caveat(PRICES.values()) in " ".join(RUNBOOK.split())


def test_what_is_priced_is_what_is_deployed(templates: Templates) -> None:
    def count(kind: str) -> int:
        return len(templates.every(kind))

    assert count("AWS::CloudWatch::Alarm") == usage.ALARMS
    assert count("AWS::CloudWatch::Dashboard") == usage.DASHBOARDS
    assert count("AWS::Budgets::Budget") == usage.BUDGETS
