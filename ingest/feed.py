"""The Atom feed of the winners. Pure: its instants come from the records, so the same records give the same bytes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from feedgenerator import Atom1Feed

from api.records import Mover
from api.resources import number

ENTRIES = 30
# The type that Atom has of its own, application/atom+xml, is not among those that CloudFront compresses.
FEED_TYPE = "application/xml; charset=utf-8"
# Ids are tag URIs (RFC 4151): this name of the product is in use since the beginning of the year in it.
TAG = "tag:daily-mover,2026"
NAMED_AT = datetime(2026, 1, 1, tzinfo=UTC)
MARKET = "XNYS"


@dataclass(frozen=True, slots=True)
class Channel:
    """What a feed is made of besides the records. `close_at` gives the instant at which a session ends."""

    stage: str
    site_url: str
    close_at: Callable[[date], datetime]

    @property
    def id(self) -> str:
        """The feed's id, with which its entries' ids begin. Feed readers take an entry with another id for a new one.

        Therefore it holds nothing that can change, such as the address. The stage is in it, because two stages may
        watch different tickers, and it cannot change: another name is another deployment, with a table of its own.
        """
        return f"{TAG}:{MARKET}/{self.stage}"


class _Feed(Atom1Feed):  # type: ignore[misc] # the library ships no types
    """Atom, with what the library has no word for."""

    def add_item_elements(self, handler: Any, item: Mapping[str, Any]) -> None:
        super().add_item_elements(handler, item)
        json_link = {"rel": "alternate", "type": "application/json", "href": item["json"]}
        handler.addQuickElement("link", "", json_link)

    def latest_post_date(self) -> Any:
        """When the feed last changed. Without entries that is when it got its name, and not now, as in the library."""
        return super().latest_post_date() if self.items else NAMED_AT


def atom(movers: Sequence[Mover], channel: Channel) -> bytes:
    """The newest movers as a feed; `movers` newest first."""
    site = channel.site_url
    feed = _Feed(
        title="Daily mover",
        link=f"{site}/",
        feed_url=f"{site}/feed.xml",
        feed_guid=channel.id,
        description="The stock of the watchlist that moved most from open to close, every trading day",
        language="en",
        author_name="Daily mover",
    )
    for mover in movers[:ENTRIES]:
        feed.add_item(
            title=_title(mover),
            link=f"{site}/day.html?date={mover.date}",
            json=f"{site}/movers/{mover.date}.json",
            unique_id=f"{channel.id}/{mover.date}",
            description=_summary(mover),
            pubdate=channel.close_at(mover.date),
            updateddate=mover.recorded_at,
        )
    text: str = feed.writeString("utf-8")
    return text.encode()


def _title(mover: Mover) -> str:
    return f"{mover.date}: {mover.ticker} {mover.percent_change:+z.2f} %"


def _summary(mover: Mover) -> str:
    move = (
        f"{mover.ticker} went from {number(mover.open)} to {number(mover.closing_price)} USD, open to close."
    )
    if mover.runner_up is None or mover.margin is None:
        return move
    return f"{move} Runner-up {mover.runner_up}, {number(mover.margin)} points behind."
