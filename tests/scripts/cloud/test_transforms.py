import copy
import json
from pathlib import Path

import pytest

from scripts.cloud import transforms
from scripts.cloud.transforms import LocalIngest, Template
from tests.templates import differences

TEMPLATES = Path(__file__).parents[2] / "fixtures" / "templates"
INGEST = LocalIngest("http://127.0.0.1:9000", "simulated", -3600, "https://localhost:8443", "/ca.pem")


def read(name: str) -> Template:
    template: Template = json.loads((TEMPLATES / f"{name}.template.json").read_text())
    return template


def test_the_ingest_function_is_told_what_is_true_of_this_machine() -> None:
    template = read("ingest")
    transforms.point_ingest_at_local_services(template, INGEST)
    variables = template["Resources"]["IngestFunction"]["Properties"]["Environment"]["Variables"]
    assert variables == {
        "STAGE": "local",
        "KEY_PARAMETER": "/movers/local/massive-api-key",
        "VENDOR_URL": "http://127.0.0.1:9000",
        "SOURCE_KIND": "simulated",
        "CLOCK_OFFSET_SECONDS": "-3600",
        "SITE_URL": "https://localhost:8443",
        "SITE_CA": "/ca.pem",
    }


def test_plain_http_is_not_denied_while_the_other_statements_stay() -> None:
    template = read("site")
    statements = template["Resources"]["BucketPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    _, old_tls, cdn = copy.deepcopy(statements)
    transforms.allow_plain_http(template, INGEST)
    document = template["Resources"]["BucketPolicy"]["Properties"]["PolicyDocument"]
    assert document == {"Version": "2012-10-17", "Statement": [old_tls, cdn]}


def test_a_key_that_the_emulator_never_names_is_not_asked_for_while_its_value_is() -> None:
    template = read("ingest")
    transforms.drop_the_guard_on_leading_keys(template, INGEST)
    statements = template["Resources"]["IngestPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    assert [each.get("Condition") for each in statements] == [
        None,
        {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["LEASE"]}},
        {"Null": {"aws:TokenIssueTime": "false"}},
    ]


def test_a_behaviour_of_an_origin_group_reads_from_its_primary() -> None:
    template = read("site")
    transforms.read_from_the_primary_origin(template, INGEST)
    config = template["Resources"]["Distribution"]["Properties"]["DistributionConfig"]
    assert [behaviour["TargetOriginId"] for behaviour in config["CacheBehaviors"]] == ["files", "live"]
    assert config["DefaultCacheBehavior"]["TargetOriginId"] == "files"
    assert (
        config["OriginGroups"]
        == read("site")["Resources"]["Distribution"]["Properties"]["DistributionConfig"]["OriginGroups"]
    )


def test_no_behaviour_runs_a_function_in_the_emulator() -> None:
    template = read("site")
    transforms.leave_functions_to_the_server_in_front(template, INGEST)
    config = template["Resources"]["Distribution"]["Properties"]["DistributionConfig"]
    behaviours = [config["DefaultCacheBehavior"], *config["CacheBehaviors"]]
    assert [behaviour.keys() & {"FunctionAssociations"} for behaviour in behaviours] == [set()] * 3


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        (
            "site",
            {
                "/BucketPolicy/Properties/PolicyDocument/Statement",
                "/Distribution/Properties/DistributionConfig/CacheBehaviors/0/TargetOriginId",
                "/Distribution/Properties/DistributionConfig/CacheBehaviors/1/FunctionAssociations",
            },
        ),
        (
            "ingest",
            {
                "/FailuresPolicy/Properties/PolicyDocument/Statement",
                "/IngestPolicy/Properties/PolicyDocument/Statement/1/Condition/Null",
                "/IngestFunction/Properties/Environment/Variables/CLOCK_OFFSET_SECONDS",
                "/IngestFunction/Properties/Environment/Variables/VENDOR_URL",
                "/IngestFunction/Properties/Environment/Variables/SITE_CA",
                "/IngestFunction/Properties/Environment/Variables/SITE_URL",
                "/IngestFunction/Properties/Environment/Variables/SOURCE_KIND",
            },
        ),
        (
            "operations",
            {"/MonthlyBudget", "/NoticesPolicy/Properties/PolicyDocument/Statement", "/WhatFailedLately"},
        ),
    ],
)
def test_nothing_else_differs_from_the_synthesized_template(name: str, changed: set[str]) -> None:
    template = read(name)
    local = transforms.localized(template, INGEST)
    assert set(differences(template["Resources"], local["Resources"])) == changed
    assert template == read(name)  # the synthesized one itself stays as it was
