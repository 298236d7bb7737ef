"""What the page knows of the product, against the places where the product says it."""

import json
import re
import subprocess
from typing import Any

from api.markets import MARKETS, US
from api.routes import ROUTES
from scripts.folders import ROOT
from tests.site.test_modules import NODE

ASSETS = ROOT / "site/assets"
SCRIPTS = {path.name: path.read_text() for path in sorted(ASSETS.glob("*.js"))}
READERS = ["health.js", "market.js"]
TELL = """
const { EXCHANGES } = await import(process.argv[1]);
console.log(JSON.stringify(EXCHANGES, (_, value) => (value instanceof RegExp ? value.source : value)));
"""


def exchanges() -> dict[str, dict[str, Any]]:
    """The page's table of them."""
    command = [str(NODE), "--input-type=module", "--eval", TELL, (ASSETS / "market.js").as_uri()]
    told = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)  # noqa: S603
    table: dict[str, dict[str, Any]] = json.loads(told.stdout)
    return table


def test_the_exchanges_are_those_of_the_markets() -> None:
    known = {mic: (each["Currency"], each["ticker"]) for mic, each in exchanges().items()}
    assert known == {
        market.mic: (market.currency, f"^{market.ticker.pattern}$") for market in MARKETS.values()
    }


def test_no_other_module_knows_an_exchanges_currency_and_none_its_zone() -> None:
    named = "|".join(f"{market.currency}|{market.zone}" for market in MARKETS.values())
    found = {(name, word) for name, script in SCRIPTS.items() for word in re.findall(named, script)}
    assert found == {("market.js", market.currency) for market in MARKETS.values()}


def test_no_other_module_knows_an_exchange_but_the_one_that_is_shown_before_the_status_is_known() -> None:
    named = re.compile(r"\b(?:" + "|".join(market.mic for market in MARKETS.values()) + r")\b")
    found = [
        (name, mic)
        for name, script in SCRIPTS.items()
        if name != "market.js"
        for mic in named.findall(script)
    ]
    assert found == [("page.js", US.mic)]


def test_whatever_the_page_reads_is_a_resource_so_that_it_has_a_twin() -> None:
    paths = [path for script in SCRIPTS.values() for path in re.findall(r"\bpath: ([\"`].*?[\"`]),", script)]
    named = {re.sub(r"\$\{.*\}", "{}", path[1:-1]) for path in paths}
    assert "/movers" in named
    assert named <= {"/" + re.sub(r"\{\w+\}", "{}", route.path) for route in ROUTES}


def test_nothing_is_fetched_but_by_the_two_modules_that_read_resources() -> None:
    asking = r"\bfetch\(|XMLHttpRequest|EventSource|sendBeacon|WebSocket"
    assert [name for name, script in SCRIPTS.items() if re.search(asking, script)] == READERS
    asked = [line for name in READERS for line in re.findall(r"fetch\((\w+),", SCRIPTS[name])]
    assert asked == ["path", "path"]
