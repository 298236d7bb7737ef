"""Renders the page's documents from the templates in `site/`: the answer is in them, with or without JavaScript.

A document is made of what its twins say, which is also what its modules read, so both can write the same. It has dates
and no verdict such as "up to date": it may outlive the pipeline.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from api import markets, routes
from api.documents import md5
from api.records import Row, instant
from ingest.daily import words
from ingest.daily.feed import Channel
from ingest.site import Twin

SITE = Path(__file__).resolve().parents[2] / "site"
SPARK_SESSIONS = 30
TEMPLATES = {"day.html": "goto.html"}  # where the name is another

Document = Mapping[str, Any]
"""A twin as read: numbers are `Decimal`, `Date` a date, instants aware."""


@dataclass(frozen=True)
class Pages:
    """The documents of one stage."""

    channel: Channel

    def latest(self, movers: bytes, session: bytes | None = None, past: Sequence[Row] = ()) -> Twin:
        """The front page, from `movers.json`, the newest session's twin, and its winner's rows, newest first."""
        winners, newest = read(movers), read(session) if session else None
        biggest = max(winners, key=lambda winner: abs(winner["PercentChange"]), default=None)
        checked = newest and (newest["CheckedAt"] or newest["RecordedAt"])
        return self._page(
            routes.INDEX.key,
            "index.html",
            made=md5(movers),
            movers=winners,
            session=newest,
            biggest=biggest,
            checked=checked,
            spark=spark(past, self.channel.market.currency),
        )

    def day(self, session: bytes, previous: date | None, next: date | None) -> Twin:
        """A session's own page, from its twin, with links to its neighbours."""
        told = read(session)
        key = routes.DAY.key(told["Date"])
        return self._page(key, "day.html", made=md5(session), session=told, previous=previous, next=next)

    def badge(self, session: bytes) -> Twin:
        """Who won the newest session, as a picture of about 400 bytes for other sites."""
        told = read(session)
        body = self._templates.get_template(routes.BADGE.key).render(session=told)
        return Twin(routes.BADGE.key, body.encode(), routes.BADGE.content_type)

    def fixed(self) -> Iterator[Twin]:
        """The pages whose data their modules read."""
        for file in routes.FIXED:
            yield self._page(file.key, TEMPLATES.get(file.key, file.key))

    @cached_property
    def digest(self) -> str:
        """A digest of everything in a document but its data. If it changes, every page must be rendered again."""
        channel = self.channel
        about = (channel.market.mic, channel.names, channel.site_url, channel.source, self.assets)
        code = {
            path.name: path.read_bytes() for path in map(Path, (__file__, words.__file__, markets.__file__))
        }
        return digest({"": json.dumps(about, sort_keys=True).encode(), **code, **files(SITE / "templates")})

    @cached_property
    def assets(self) -> str:
        """The folder of the assets, which has their digest."""
        return assets_folder()

    def _page(self, key: str, template: str, **about: Any) -> Twin:
        body = self._templates.get_template(template).render(about)
        return Twin(key, f"{body}\n".encode(), routes.HTML, routes.PAGE)

    @cached_property
    def _templates(self) -> Environment:
        made = Environment(
            loader=FileSystemLoader(SITE / "templates"), autoescape=True, undefined=StrictUndefined
        )
        market, currency = self.channel.market, self.channel.market.currency
        made.filters |= {
            "bar": bar,
            "direction": words.direction,
            "facts": words.facts,
            "headline": words.headline,
            "instant": instant,
            "moment": lambda at: words.moment(at, market),
            "percent": words.percent,
            "price": lambda amount: words.price(amount, currency),
            "step": step,
            "summary": lambda session: words.summary(session, currency),
            "volume": words.volume,
        }
        made.globals |= {
            "assets": self.assets,
            "names": self.channel.names,
            "site": self.channel.site_url,
            "source": self.channel.source,
            "words": words,
        }
        return made


def read(twin: bytes) -> Any:
    """A twin's document."""
    return json.loads(twin, parse_float=Decimal, parse_int=Decimal, object_hook=_typed)


def _typed(told: dict[str, Any]) -> Document:
    if told.get("Date"):
        told["Date"] = date.fromisoformat(told["Date"])
    for name in ("CheckedAt", "RecordedAt"):
        if told.get(name):
            told[name] = datetime.fromisoformat(told[name])
    return told


def bar(row: Document, biggest: Document) -> dict[str, str]:
    """A row's bar in a picture from -50 to 50, which the biggest move fills on its side."""
    width = round(float(row["PercentChange"] / (abs(biggest["PercentChange"]) or 1)) * 50, 1)
    return {"x": f"{min(width, 0):g}", "width": f"{abs(width):g}"}


def step(change: Decimal) -> int:
    """How strongly a move is tinted, 0 to 3: under 1 %, 1 to 2 %, 2 to 3 %, more."""
    return min(3, int(abs(change)))


def spark(past: Sequence[Row], currency: str) -> Document | None:
    """A line of the latest closes, on today's basis, in a picture of 320 by 88; `past` is newest first."""
    closes, wins, basis = list[Fraction](), list[bool](), Fraction(1)
    for row in past[:SPARK_SESSIONS]:
        closes.insert(0, Fraction(row.bar.close) / basis)
        wins.insert(0, row.won)
        basis *= row.split or 1
    if len(closes) < 2:
        return None
    low, high = min(closes), max(closes)
    spots = [
        (
            round(4 + 312 * place / (len(closes) - 1), 1),
            round(float(80 - 72 * (close - low) / ((high - low) or 1)), 1),
        )
        for place, close in enumerate(closes)
    ]
    prices = " and ".join(words.price(Decimal(float(each)), currency) for each in (low, high))
    return {
        "line": "M" + "L".join(f"{x:g} {y:g}" for x, y in spots),
        "dots": [f"{x:g},{y:g}".split(",") for (x, y), won in zip(spots, wins, strict=True) if won],
        "count": len(closes),
        "label": f"{past[0].ticker} closed between {prices} in the last {len(closes)} sessions",
    }


def assets_folder(site: Path = SITE) -> str:
    """Where the assets lie on the site: under a name that changes with them, so that caches can keep them forever."""
    return f"assets/{digest(files(site / 'assets'))[:12]}"


def files(folder: Path) -> dict[str, bytes]:
    """The files of a folder by name, without hidden ones."""
    return {
        path.name: path.read_bytes() for path in sorted(folder.iterdir()) if not path.name.startswith(".")
    }


def digest(content: Mapping[str, bytes]) -> str:
    made = hashlib.sha256()
    for name, body in content.items():
        made.update(f"{name}\n{len(body)}\n".encode() + body)
    return made.hexdigest()
