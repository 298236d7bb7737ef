"""The Atom feed of the winners. Pure: its instants come from the records, so the same records give the same bytes."""

from collections.abc import Sequence
from datetime import UTC, datetime, time

from feedgenerator import Atom1Feed

from api.records import Mover
from api.resources import number

ENTRIES = 30


def atom(movers: Sequence[Mover], site_url: str) -> bytes:
    """The newest movers as a feed; `movers` newest first and not empty (a feed must say when it was updated)."""
    feed = Atom1Feed(
        title="Daily mover",
        link=f"{site_url}/",
        feed_url=f"{site_url}/feed.xml",
        description="The stock of the watchlist that moved most from open to close, every trading day",
        language="en",
        author_name="Daily mover",
    )
    for mover in movers[:ENTRIES]:
        feed.add_item(
            title=_title(mover),
            link=f"{site_url}/movers/{mover.date}.json",
            unique_id=f"{site_url}/movers/{mover.date}",
            description=_summary(mover),
            pubdate=datetime.combine(mover.date, time(), UTC),
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
