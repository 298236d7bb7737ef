import dataclasses
import json
from datetime import date
from pathlib import Path

import pytest

from api.markets import US
from api.vendors import MASSIVE
from api.watchlists import Watchlists
from infra.settings import Deployment, default_context

DAY = date(2026, 11, 20)
DATED = {"2022-06-09": ["AAPL Apple Inc.", "META"], "2020-01-01": ["AAPL", "FB"]}
CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/11111111-2222-3333-4444-555555555555"


def test_the_defaults_are_a_deployment_that_works() -> None:
    settings = Deployment.from_context({})

    assert settings.watchlist.on(DAY) == ("AAPL", "MSFT", "GOOGL", "AMZN", "TSLA", "NVDA")
    assert (settings.stage, settings.region, settings.provider) == ("prod", "us-east-1", MASSIVE)
    assert (settings.ready, settings.window, settings.calls_per_minute) == ("T+1 00:05", 7, 5)
    assert (settings.throttle_rate, settings.throttle_burst) == (10, 20)
    assert (settings.notices, settings.alert_email, settings.monthly_budget) == ("failures", "", 5)
    assert settings.hsts_subdomains is False


def test_every_setting_is_documented_with_its_default() -> None:
    documented = default_context()

    assert documented.keys() == {"stages", *(field.name for field in dataclasses.fields(Deployment))}


STAGES = {"dev": {"watchlist": ["SPY"], "notices": "none"}, "eu": {"region": "eu-west-1"}}


def test_a_stage_may_have_settings_of_its_own_and_a_choice_stands_above_them() -> None:
    dev = Deployment.from_context({"stage": "dev", "stages": STAGES})
    chosen = Deployment.from_context({"stage": "dev", "stages": STAGES, "notices": "all"})

    assert (dev.stage, dev.watchlist, dev.notices) == ("dev", Watchlists.parse(["SPY"], US), "none")
    assert (chosen.watchlist, chosen.notices) == (dev.watchlist, "all")
    assert dev.region == "us-east-1"
    assert Deployment.from_context({"stages": STAGES}) == Deployment.from_context({})


def test_a_stages_settings_hold_also_where_the_cdk_hands_all_defaults_over() -> None:
    handed_over = {**default_context(), "stage": "eu", "stages": STAGES}

    assert Deployment.from_context(handed_over).region == "eu-west-1"


def test_the_command_line_gives_text_and_the_settings_hold_values() -> None:
    settings = Deployment.from_context({"watchlist": "IBM, BRK.A", "window": "30", "calls_per_minute": "0"})

    assert settings.watchlist.on(DAY) == ("IBM", "BRK.A")
    assert (settings.window, settings.calls_per_minute) == (30, 0)


@pytest.mark.parametrize(("given", "meant"), [("true", True), ("false", False), (True, True), (False, False)])
def test_a_flag_may_be_given_as_text(given: object, meant: bool) -> None:
    stages = {"prod": {"hsts_subdomains": not meant}}

    assert Deployment.from_context({"hsts_subdomains": given}).hsts_subdomains is meant
    assert Deployment.from_context({"stages": stages}).hsts_subdomains is not meant


def test_what_the_cdk_itself_puts_into_the_context_is_passed_over() -> None:
    assert Deployment.from_context({"aws:cdk:bundling-stacks": ["**"], "cli-telemetry": False})


def test_case_tells_tickers_apart() -> None:
    assert Deployment.from_context({"watchlist": ["BRKA", "BRKa"]}).watchlist.on(DAY) == ("BRKA", "BRKa")


def test_a_watchlist_of_2500_tickers_is_allowed() -> None:
    assert (
        len(Deployment.from_context({"watchlist": [f"T{n}" for n in range(2500)]}).watchlist.on(DAY)) == 2500
    )


@pytest.mark.parametrize("given", [DATED, json.dumps(DATED)])
def test_watchlists_may_be_dated_in_the_file_and_on_the_command_line(given: object) -> None:
    watchlist = Deployment.from_context({"watchlist": given}).watchlist

    assert watchlist.on(date(2022, 6, 8)) == ("AAPL", "FB")
    assert watchlist.on(date(2022, 6, 9)) == ("AAPL", "META")
    assert watchlist.names == {"AAPL": "Apple Inc."}


@pytest.mark.parametrize(
    ("context", "message"),
    [
        ({"watchlst": ["AAPL"]}, "unknown setting watchlst; allowed: stage, region, market, watchlist"),
        ({"watchlist": []}, "watchlist has 0 tickers: must have 1 to 2500"),
        ({"watchlist": [f"T{n}" for n in range(2501)]}, "watchlist has 2501 tickers: must have 1 to 2500"),
        ({"watchlist": ["AAPL", "IBM", "AAPL"]}, "watchlist repeats AAPL"),
        ({"watchlist": ["AAPL", " "]}, "watchlist ticker '': must be a letter"),
        ({"watchlist": "SPY QQQ"}, "if 'SPY QQQ' are tickers, separate them by commas"),
        ({"watchlist": ["../AAPL"]}, "watchlist ticker '../AAPL'"),
        ({"watchlist": ["A" * 16]}, "at most 14 letters, digits or dots"),
        ({"watchlist": ["AAPL", "IBM,"]}, "watchlist ticker 'IBM,'"),
        ({"watchlist": 7}, "watchlist 7: must be a list of tickers"),
        (
            {"watchlist": {"2022-6-9": ["AAPL"]}},
            "watchlist '2022-6-9': must be a date, YYYY-MM-DD",
        ),
        ({"watchlist": {"2022-06-09": "AAPL"}}, "watchlist 'AAPL': must be a list of tickers"),
        ({"watchlist": '{"2022-06-09": ["AAPL"'}, "isn't valid JSON"),
        ({"stage": "Prod"}, "stage 'Prod': must be a letter, then"),
        ({"stages": ["dev"]}, "stages: must map the names of stages to their settings"),
        ({"stages": {"prod": {"stage": "dev"}}}, "stages: must map the names of stages to their settings"),
        ({"stages": {"prod": {"colour": "red"}}}, "unknown setting colour"),
        ({"stage": None}, "stage None: must be text"),
        ({"region": "Frankfurt"}, "region 'Frankfurt': must be the name of an AWS region"),
        ({"provider": "yahoo"}, "provider 'yahoo' is unknown: must be massive"),
        ({"ready": "00:05"}, r"ready '00:05': must be T\+DAYS HH:MM"),
        ({"ready": "T+1 24:00"}, r"ready 'T\+1 24:00': must be T\+DAYS HH:MM"),
        ({"window": 6}, "window 6: must be 7 to 366"),
        ({"window": 7.5}, "window 7.5: must be a whole number"),
        ({"calls_per_minute": -1}, "calls_per_minute -1: must be a whole number"),
        ({"history_days": 0}, "history_days 0: must be 7 to 36525"),
        ({"key_expires": "soon"}, "key_expires 'soon': must be a date such as 2027-06-30, or nothing"),
        ({"key_expires": "2027-02-30"}, "key_expires '2027-02-30': must be a date"),
        ({"throttle_rate": 0}, "throttle_rate 0: must be 1 to 10000"),
        ({"monthly_budget": "cheap"}, "monthly_budget 'cheap': must be a whole number"),
        ({"hsts_subdomains": "yes"}, "hsts_subdomains 'yes': must be true or false"),
        ({"alert_email": "me"}, "alert_email 'me': must be an e-mail address"),
        ({"notices": "some"}, r"notices 'some': must be failures \(alarms and their end\), all"),
        ({"domain": "https://movers.example.org"}, "must be a lower-case host name"),
        ({"domain": "movers.example.org"}, "domain and certificate: set both or neither"),
        ({"certificate": CERTIFICATE.replace("us-east-1", "eu-west-1")}, "a certificate in us-east-1"),
    ],
)
def test_what_cannot_work_is_refused_with_what_is_allowed(context: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Deployment.from_context(context)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"context": {"colour": 1}}', "unknown setting colour"),
        ('{"context": {"stage": "prod"}}', "setting alert_email, .* is missing"),
        ('{"context": ', "infra/cdk.json isn't JSON"),
    ],
)
def test_the_file_itself_is_checked_as_well(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str, words: str
) -> None:
    (tmp_path / "cdk.json").write_text(text)
    monkeypatch.setattr("infra.settings.DEFAULTS", tmp_path / "cdk.json")
    with pytest.raises(ValueError, match=words):
        Deployment.from_context({})
