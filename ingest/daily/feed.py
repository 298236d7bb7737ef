"""The Atom feed of winners. Pure: all its timestamps come from the records, so the same records give the same bytes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from feedgenerator import Atom1Feed

from api import routes
from api.documents import number
from api.markets import Market
from api.records import Mover

ENTRIES = 30
# Ids are tag URIs (RFC 4151), which contain a year in which the product had this name.
TAG = "tag:daily-mover,2026"
NAMED_AT = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Channel:
    """What feed and pages need besides the records. `close_at` returns the instant at which a session closes, `names`
    are companies by ticker, and `source` is the vendor's name.
    """

    stage: str
    site_url: str
    market: Market
    close_at: Callable[[date], datetime]
    names: Mapping[str, str]
    source: str

    @property
    def id(self) -> str:
        """The feed's id, with which the entries' ids begin.

        A feed reader takes an entry with a different id for a new one, so the id has no part that can change, such as
        the site's address. It has the stage, because two stages may watch different tickers, and a stage can't be
        renamed: under another name it would be another deployment, with its own table.
        """
        return f"{TAG}:{self.market.mic}/{self.stage}"


class _Feed(Atom1Feed):  # type: ignore[misc] # the library ships no types
    """Atom, with two things that the library lacks."""

    def add_item_elements(self, handler: Any, item: Mapping[str, Any]) -> None:
        super().add_item_elements(handler, item)
        json_link = {"rel": "alternate", "type": "application/json", "href": item["json"]}
        handler.addQuickElement("link", "", json_link)

    def latest_post_date(self) -> Any:
        """When the feed last changed. Without entries it is a constant, where the library would return now."""
        return super().latest_post_date() if self.items else NAMED_AT


def atom(movers: Sequence[Mover], channel: Channel) -> bytes:
    """The newest movers as a feed; `movers` newest first."""
    site = channel.site_url
    feed = _Feed(
        title="Daily mover",
        link=f"{site}/",
        feed_url=f"{site}/feed.xml",
        feed_guid=channel.id,
        description="The stock on the watchlist with the biggest move from open to close, every trading day",
        language="en",
        author_name="Daily mover",
    )
    for mover in movers[:ENTRIES]:
        feed.add_item(
            title=_title(mover),
            link=f"{site}/{routes.DAY.key(mover.date)}",
            json=f"{site}/movers/{mover.date}.json",
            unique_id=f"{channel.id}/{mover.date}",
            description=_summary(mover, channel.market.currency),
            pubdate=channel.close_at(mover.date),
            updateddate=mover.recorded_at,
        )
    text: str = feed.writeString("utf-8")
    return text.encode()


def _title(mover: Mover) -> str:
    return f"{mover.date}: {mover.ticker} {mover.percent_change:+z.2f} %"


def _summary(mover: Mover, currency: str) -> str:
    prices = f"from {number(mover.open)} to {number(mover.closing_price)} {currency}"
    move = f"{mover.ticker} went {prices}, open to close."
    if mover.runner_up is None or mover.margin is None:
        return move
    return f"{move} Runner-up {mover.runner_up}, {number(mover.margin)} points behind."
