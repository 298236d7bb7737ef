import json
from pathlib import Path

import pytest

from infra.app import build_app
from infra.settings import Deployment
from tests.infra.templates import Templates

pytestmark = pytest.mark.xdist_group("synth")


def test_the_schedules_role_serves_this_accounts_schedules_alone(templates: Templates) -> None:
    (trust,) = [
        resource["Properties"]["AssumeRolePolicyDocument"]["Statement"]
        for _, resource in templates.every("AWS::IAM::Role")
        if "scheduler" in json.dumps(resource)
    ]

    assert [statement["Principal"] for statement in trust] == [{"Service": "scheduler.amazonaws.com"}]
    source = templates.plain("daily", trust[0]["Condition"])
    assert source == {
        "StringEquals": {
            "aws:SourceAccount": "123456789012",
            "aws:SourceArn": "arn:aws:scheduler:us-east-1:123456789012:schedule-group/default",
        }
    }
    assert "GroupName" not in templates.one("daily", "AWS::Scheduler::Schedule")


def test_the_function_knows_its_deployment_and_no_secret(templates: Templates) -> None:
    environment = templates.one("daily", "AWS::Lambda::Function")["Environment"]["Variables"]

    assert {name: templates.render("daily", value) for name, value in environment.items()} == {
        "STAGE": "prod",
        "MARKET": "us",
        "TABLE_NAME": "<data AWS::DynamoDB::Table>",
        "RAW_BUCKET": "<data AWS::S3::Bucket>",
        "SITE_BUCKET": "<site AWS::S3::Bucket>",
        "DISTRIBUTION_ID": "<site AWS::CloudFront::Distribution>",
        "SITE_URL": "https://<site AWS::CloudFront::Distribution DomainName>",
        "KEY_PARAMETER": "/movers/prod/massive-api-key",
        "WATCHLIST_FILE": "watchlist.json",
        "PROVIDER": "massive",
        "READY": "T+1 00:05",
        "WINDOW": "7",
        "CALLS_PER_MINUTE": "5",
        "HISTORY_DAYS": "730",
    }


def test_another_deployment_has_its_own_values(domain_templates: Templates) -> None:
    environment = domain_templates.one("daily", "AWS::Lambda::Function")["Environment"]["Variables"]

    assert environment["STAGE"] == "test"
    assert environment["SITE_URL"] == "https://movers.example.org"
    assert environment["KEY_PARAMETER"] == "/movers/test/massive-api-key"
    assert environment["KEY_EXPIRES"] == "2027-06-30"


def test_the_watchlist_lies_beside_the_code_however_long_it_is(bundles: None, tmp_path: Path) -> None:
    tickers = [f"TICKER{number}" for number in range(2500)]

    build_app(Deployment.from_context({"watchlist": tickers}), tmp_path)

    (deployed,) = tmp_path.glob("asset.*/watchlist.json")
    assert json.loads(deployed.read_text()) == tickers
