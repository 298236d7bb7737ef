"""What the page knows of the product, against the places where the product says it."""

import json
import re
import subprocess
from decimal import Decimal
from typing import Any

from api.markets import MARKETS, US
from api.routes import FILES, ROUTES
from ingest.daily import words
from scripts.folders import ROOT
from tests.site.test_modules import NODE

ASSETS = ROOT / "site/assets"
SCRIPTS = {path.name: path.read_text() for path in sorted(ASSETS.glob("*.js"))}
READERS = ["health.js", "market.js"]
TELL = """
const [market, words] = await Promise.all(process.argv.slice(1).map((path) => import(path)));
console.log(JSON.stringify(
  [market.EXCHANGES, Object.values(market.EXCHANGES).map(({ Currency }) => words.price(1, Currency))],
  (_, value) => (value instanceof RegExp ? value.source : value),
));
"""


def told() -> tuple[dict[str, dict[str, Any]], list[str]]:
    """The page's table of exchanges, and the price of one unit in the currency of each."""
    modules = [(ASSETS / name).as_uri() for name in ("market.js", "words.js")]
    command = [str(NODE), "--input-type=module", "--eval", TELL, *modules]
    said = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)  # noqa: S603
    table, prices = json.loads(said.stdout)
    return table, prices


def test_the_exchanges_are_those_of_the_markets() -> None:
    table, prices = told()
    assert table == {
        market.mic: {
            "Currency": market.currency,
            "close": f"{market.close:%H:%M}",
            "clocks": {name: zone.key for name, zone in market.clocks},
            "ticker": f"^{market.ticker.pattern}$",
        }
        for market in MARKETS.values()
    }
    assert prices == [words.price(Decimal(1), market.currency) for market in MARKETS.values()]


def test_no_other_module_knows_an_exchanges_zones_and_only_the_words_know_its_currency_too() -> None:
    markets = MARKETS.values()
    zones = {zone.key for market in markets for _, zone in market.clocks}
    currencies = {market.currency for market in markets}
    named = re.compile("|".join(zones | currencies))
    found = {(name, word) for name, script in SCRIPTS.items() for word in named.findall(script)}
    wanted = {("market.js", word) for word in zones | currencies}
    assert found == wanted | {("words.js", currency) for currency in currencies}


def test_no_other_module_knows_an_exchange_but_the_one_that_is_shown_before_the_status_is_known() -> None:
    named = re.compile(r"\b(?:" + "|".join(market.mic for market in MARKETS.values()) + r")\b")
    found = [
        (name, mic)
        for name, script in SCRIPTS.items()
        if name != "market.js"
        for mic in named.findall(script)
    ]
    assert found == [("page.js", US.mic)]


def test_whatever_the_page_reads_is_published() -> None:
    paths = [path for script in SCRIPTS.values() for path in re.findall(r"\bpath: ([\"`].*?[\"`]),", script)]
    named = {re.sub(r"\$\{.*\}", "{}", path[1:-1]) for path in paths}
    published = {"/" + re.sub(r"\{\w+\}", "{}", route.path) for route in ROUTES}
    assert "/movers" in named
    assert named <= published | {f"/{file.key.removesuffix('.json')}" for file in FILES}


def test_nothing_is_fetched_but_by_the_two_modules_that_read_resources() -> None:
    asking = r"\bfetch\(|XMLHttpRequest|EventSource|sendBeacon|WebSocket"
    assert [name for name, script in SCRIPTS.items() if re.search(asking, script)] == READERS
    asked = [line for name in READERS for line in re.findall(r"fetch\((\w+),", SCRIPTS[name])]
    assert asked == ["path", "path"]
