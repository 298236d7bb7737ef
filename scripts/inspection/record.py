"""Compares the table's items with each other, and the published files with the table."""

from collections.abc import Iterator

from api.documents import md5
from api.markets import Market
from api.store import Store
from ingest.daily.feed import Channel
from ingest.daily.rows import Pasts
from ingest.daily.stored import Stored
from ingest.daily.twins import HANDFUL, NAMED, status_twin, tickers, twins


def lost_items(store: Store, stored: Stored, market: Market) -> Iterator[str]:
    """The lost or wrong items of the table, by key."""
    yield from (f"session {day}: mover and bars don't match" for day in sorted(stored.torn))
    known = {*stored.by_day, *stored.torn}
    yield from (f"session {day}" for day in sorted(stored.published - known))
    pasts = Pasts.of(store, stored)
    for ticker in tickers(stored, market):
        wrong, stale, _ = pasts.compared(ticker)
        yield from (f"TICKER#{ticker} / {day}" for day in (*(row.date for row in wrong), *stale))
    if stored.movers and not stored.status:
        yield "STATUS / LATEST"


def cure(stored: Stored) -> str:
    """The command that restores what is lost from the table."""
    lost = stored.published - set(stored.by_day)
    days = sorted({*stored.torn, *(lost if len(lost) > HANDFUL else ())})
    return f"rebuild --from {days[0]} --to {days[-1]} --apply" if days else "ingest"


def wrong_twins(store: Store, stored: Stored, channel: Channel) -> tuple[list[str], int]:
    """The files that differ from the table or have no session, and how many there should be."""
    symbols = tickers(stored, channel.market)
    rendered = (*twins(store, stored, symbols, channel), status_twin(stored.status, channel.market))
    wanted = {twin.key: md5(twin.body) for twin in rendered}
    wrong = [key for key, md5 in wanted.items() if stored.listing.get(key) != md5]
    strays = [key for key in stored.listing if NAMED.match(key) and key not in wanted]
    return wrong + strays, len(wanted)
