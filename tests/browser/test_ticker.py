"""The page of one ticker: its latest session, a year of candles and rows, and the way to the other tickers."""

import json
import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from statistics import mean
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, Route, expect

from api import routes
from api.markets import INDIA, US
from ingest.daily import words
from tests.browser.conftest import Visit, assert_no_sideways_scroll
from tests.browser.watch import Watch
from tests.states import apply, state

NUMBERS = ("Open", "High", "Low", "Close")
WATCHLIST = ["AAPL", "AMZN", "GOOGL", "MSFT", "NVDA", "TSLA"]
HINT = "Select a candle to see that day. Hollow: up on the day. Filled: down. ★ top mover."
DOCUMENT = "/tickers/TSLA.json"


def document(ticker: str, shown: str = "fresh") -> Any:
    return json.loads(state(shown).answers[f"/tickers/{ticker}.json"].body, parse_float=Decimal)


def sessions(ticker: str, count: int = 63, shown: str = "fresh") -> list[dict[str, Any]]:
    """Those that the page shows at first are a quarter's."""
    found: list[dict[str, Any]] = document(ticker, shown)["Sessions"]
    return found[:count]


def open_ticker(page: Page, query: str, shown: str = "fresh") -> None:
    apply(page, state(shown))
    page.goto(f"/ticker.html{query}")


def rows(page: Page) -> Locator:
    return page.locator("#sessions tbody tr")


def candles(page: Page) -> Locator:
    return page.locator("#chart svg a")


def labels(page: Page) -> list[str]:
    found: list[str] = candles(page).evaluate_all("all => all.map(each => each.getAttribute('aria-label'))")
    return found


def dates(page: Page) -> list[str]:
    found: list[str] = rows(page).locator("time").evaluate_all("all => all.map(({ dateTime }) => dateTime)")
    return found


def price(amount: Any) -> str:
    return words.price(Decimal(amount), "USD")


def relative(bars: list[dict[str, Any]], place: int) -> str:
    """A session's volume against the thirty before it."""
    before = [bar["Volume"] for bar in bars[place + 1 : place + 31]]
    return f"{float(bars[place]['Volume']) / float(mean(before)):.1f}×" if len(before) == 30 else "–"


def moves(change: Decimal | None) -> str:
    return "–" if change is None else words.percent(change)


def test_all_that_is_shown_is_what_the_tickers_document_says(page: Page) -> None:
    open_ticker(page, "?t=NVDA")
    everything = sessions("NVDA", 252)
    found, newest = everything[:63], everything[0]
    expect(rows(page)).to_have_count(63)
    expect(page).to_have_title(re.compile(r"^NVDA ▲ 3\.42% · Daily mover$"))
    expect(page.locator("h1")).to_have_text(
        f"Nvidia on Monday, November 23, 2026 NVDA {words.percent(newest['PercentChange'])}"
    )
    expect(page.locator(".measure")).to_have_text(
        f"Opened {price(newest['Open'])}, closed {price(newest['Close'])}"
        f" · {words.percent(newest['ChangeFromPreviousClose'])} vs. the day before"
    )
    month = found[:30]
    low, high = min(bar["Low"] for bar in month), max(bar["High"] for bar in month)
    expect(page.locator(".facts li")).to_have_text(
        [
            f"30-session range {price(low)} – {price(high)}",
            f"Volume {words.volume(newest['Volume'])}, {relative(everything, 0)} its 30-session average",
        ]
    )
    assert dates(page) == [bar["Date"] for bar in found]
    shown = page.evaluate(
        "[...document.querySelectorAll('#sessions tbody tr')]"
        ".map(({ cells }) => [...cells].map(cell => cell.textContent))"
    )
    for place, bar in enumerate(found):
        assert shown[place] == [
            words.short_day(date.fromisoformat(bar["Date"])),
            moves(bar["PercentChange"]),
            moves(bar["ChangeFromPreviousClose"]),
            *(price(bar[name]) for name in NUMBERS),
            words.volume(bar["Volume"]),
            relative(everything, place),
            "★" if bar["Won"] else "",
        ]
    expect(rows(page).first.locator("td").nth(6)).to_have_attribute("title", f"{newest['Volume']:,.0f}")


def test_the_days_as_top_mover_are_counted_linked_and_starred(page: Page) -> None:
    open_ticker(page, "?t=TSLA")
    won = [bar["Date"] for bar in sessions("TSLA") if bar["Won"]]
    recent = sum(bar["Won"] for bar in sessions("TSLA", 30))
    expect(page.locator("#wins")).to_have_text(f"Top mover on {recent} of its last 30 sessions.")
    expect(page.locator("#days small")).to_have_text(f"{len(won)} of 63")
    links = page.locator("#days li a")
    expect(links).to_have_count(len(won))
    assert links.evaluate_all("links => links.map(link => link.pathname)") == [
        f"/days/{date}.html" for date in won
    ]
    assert links.filter(visible=True).count() == 12
    page.locator("#days").get_by_role("button", name=f"Show {len(won) - 12} more").press("Enter")
    expect(links.nth(12)).to_be_focused()
    assert links.filter(visible=True).count() == len(won)
    expect(page.locator("#chart .sign", has_text="★")).to_have_count(len(won))
    assert ["top mover" in label for label in labels(page)] == [
        bar["Won"] for bar in reversed(sessions("TSLA"))
    ]
    everything = page.locator("#days").get_by_role("link", name="All on record")
    expect(everything).to_have_attribute("href", "/history.html?t=TSLA")


def test_a_ticker_that_has_not_won_says_so(page: Page) -> None:
    loser = next(each for each in WATCHLIST if not any(bar["Won"] for bar in sessions(each, shown="long")))
    open_ticker(page, f"?t={loser}", "long")
    expect(page.locator("#wins")).to_have_text("Top mover on none of its last 7 sessions.")
    expect(page.locator("#days p")).to_have_text("None in the last 7 sessions. All on record")


def test_a_session_that_the_ticker_is_missing_from_is_told(page: Page) -> None:
    open_ticker(page, "?t=TSLA", "excused")
    expect(page.locator("h1 time")).to_have_attribute("datetime", "2026-11-20")
    expect(page.locator("#hero .note")).to_have_text("No result for TSLA on Mon, Nov 23, 2026.")


def test_the_range_is_chosen_kept_in_the_address_and_taken_along(page: Page) -> None:
    open_ticker(page, "?t=TSLA")
    buttons = page.get_by_role("group", name="Range").get_by_role("button")
    expect(buttons).to_have_text(["1M", "3M", "1Y"])
    expect(buttons.nth(1)).to_have_attribute("aria-pressed", "true")
    expect(candles(page)).to_have_count(63)
    buttons.nth(2).click()
    expect(candles(page)).to_have_count(252)
    expect(buttons.nth(2)).to_be_focused()
    expect(page.locator(".chart h2")).to_have_text("Last 252 sessions Nov 21, 2025 – Nov 23, 2026")
    expect(rows(page)).to_have_count(252)
    assert page.url.endswith("?t=TSLA&range=1Y")
    page.reload()
    expect(candles(page)).to_have_count(252)
    page.keyboard.press("ArrowLeft")
    page.wait_for_url("**/ticker.html?t=NVDA&range=1Y")
    expect(candles(page)).to_have_count(252)
    page.goto("/ticker.html?t=TSLA&range=1m")
    expect(candles(page)).to_have_count(21)


def test_a_range_without_more_sessions_than_a_shorter_one_is_not_offered(page: Page, watch: Watch) -> None:
    apply(page, state("fresh"))
    cut = document("TSLA")
    cut["Sessions"] = cut["Sessions"][:40]

    def answer(route: Route) -> None:
        route.fulfill(body=json.dumps(cut, default=float), content_type=routes.JSON)

    page.route(f"**{DOCUMENT}", answer)
    page.goto("/ticker.html?t=TSLA&range=1Y")
    expect(candles(page)).to_have_count(40)
    expect(page.get_by_role("button", name="1Y")).to_be_disabled()
    expect(page.get_by_role("button", name="3M")).to_have_attribute("aria-pressed", "true")
    open_ticker(page, "?t=AAPL", "long")
    expect(candles(page)).to_have_count(7)
    expect(page.locator(".ranges")).to_have_count(0)


def test_candles_are_walked_by_keys_and_told_in_words(page: Page) -> None:
    open_ticker(page, "?t=TSLA")
    expect(candles(page)).to_have_count(63)
    assert page.locator('#chart [tabindex="0"]').count() == 1
    candles(page).last.focus()
    latest = sessions("TSLA")[0]
    told = ", ".join(f"{name.lower()} {price(latest[name])}" for name in NUMBERS)
    caption = page.locator("#chart figcaption")
    volume = f"volume {words.volume(latest['Volume'])} ({relative(sessions('TSLA', 252), 0)})"
    expect(caption).to_have_text(
        f"Mon, Nov 23, 2026: {words.percent(latest['PercentChange'])}, {told}, {volume}"
    )
    heard = [caption.inner_text()]
    for key in ("ArrowLeft", "ArrowLeft", "ArrowRight", "PageUp", "PageDown", "Home", "End"):
        page.keyboard.press(key)
        heard.append(caption.inner_text())
    assert heard == [labels(page)[i] for i in (62, 61, 60, 61, 40, 61, 0, 62)]
    candles(page).nth(30).focus()  # as a click does
    page.keyboard.press("ArrowRight")
    expect(caption).to_have_text(labels(page)[31])
    page.keyboard.press("Shift+Tab")
    expect(caption).to_have_text(HINT)
    expect(page.get_by_role("button", name="1Y")).to_be_focused()  # the drawing itself is no stop
    page.keyboard.press("Tab")
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    page.wait_for_url("**/days/2026-11-23.html")


def test_the_mouse_moves_the_caption_and_leaves_it_as_it_was(page: Page) -> None:
    open_ticker(page, "?t=TSLA")
    caption = page.locator("#chart figcaption")
    candles(page).locator(".hit").nth(3).hover()
    expect(caption).to_have_text(labels(page)[3])
    page.locator("h1").hover()
    expect(caption).to_have_text(HINT)


def test_a_finger_that_cannot_choose_a_thin_candle_is_told_which_one_it_has(visit: Visit) -> None:
    page = visit(viewport={"width": 390, "height": 844}, has_touch=True)
    open_ticker(page, "?t=TSLA&range=1Y")
    expect(candles(page)).to_have_count(252)
    chosen = candles(page).nth(100)
    chosen.locator(".hit").tap()
    expect(page.locator("#chart figcaption")).to_have_text(labels(page)[100])
    assert page.url.endswith("?t=TSLA&range=1Y")
    chosen.locator(".hit").tap()
    page.wait_for_url(f"**/days/{sessions('TSLA', 252)[151]['Date']}.html")


@pytest.mark.parametrize("forced", [None, "active"])
def test_a_candle_that_rose_is_hollow_and_one_that_fell_is_filled(forced: Any, visit: Visit) -> None:
    page = visit(forced_colors=forced)
    open_ticker(page, "?t=TSLA")
    expect(candles(page)).to_have_count(63)
    fills = page.locator("#chart .body").evaluate_all("all => all.map(body => getComputedStyle(body).fill)")
    rose = [bar["Close"] > bar["Open"] for bar in reversed(sessions("TSLA"))]
    assert [fill == "none" for fill in fills] == rose


def on_axis(page: Page) -> Iterator[float]:
    """The highest price of each candle, as its place on the axis tells it."""
    axis = page.locator("#chart .grid ~ .price").evaluate_all(
        "all => all.filter(({ textContent }) => textContent.startsWith('$'))"
        ".map(each => [Number(each.textContent.slice(1)), each.y.baseVal[0].value - 4])"
    )
    (low, y_low), (high, y_high) = axis[0], axis[-1]
    for y in page.locator("#chart .body").evaluate_all("all => all.map(each => each.getBBox().y)"):
        yield low + (y_low - y) / (y_low - y_high) * (high - low)


def test_a_candle_stands_where_its_prices_are_on_the_axis(page: Page) -> None:
    open_ticker(page, "?t=TSLA")
    expect(candles(page)).to_have_count(63)
    for bar, shown in zip(reversed(sessions("TSLA")), on_axis(page), strict=True):
        assert shown == pytest.approx(float(bar["High"]), rel=1e-4)


@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize("shown", ["1M", "1Y"])
def test_axis_and_dates_can_be_read_at_any_width(width: int, shown: str, visit: Visit) -> None:
    page = visit(viewport={"width": width, "height": 800})
    open_ticker(page, f"?t=TSLA&range={shown}")
    expect(rows(page).first).to_be_visible()
    boxes = [
        box for text in page.locator("#chart svg > text").all() if (box := text.bounding_box()) is not None
    ]
    assert len(boxes) >= 6
    assert all(box["x"] >= 0 and box["x"] + box["width"] <= width for box in boxes)
    for i, box in enumerate(boxes):
        for other in boxes[i + 1 :]:
            apart = box["x"] + box["width"] <= other["x"] or other["x"] + other["width"] <= box["x"]
            above = box["y"] + box["height"] <= other["y"] or other["y"] + other["height"] <= box["y"]
            assert apart or above
    assert page.locator("#chart .date").last.text_content() == "Nov 23"


@pytest.mark.parametrize(
    ("ticker", "told", "share"), [("TSLA", "20:1 split", 20), ("NVDA", "1:10 reverse split", Decimal("0.1"))]
)
def test_prices_before_a_split_are_shown_in_todays_shares(
    ticker: str, told: str, share: Decimal, page: Page
) -> None:
    open_ticker(page, f"?t={ticker}", "split")
    found = document(ticker, "split")
    (split,) = (each["Date"] for each in found["Splits"])
    expect(rows(page)).to_have_count(63)
    expect(page.locator("#chart text", has_text=told)).to_have_count(1)
    expect(page.locator("#chart .split")).to_have_count(1)
    day = words.full_day(date.fromisoformat(split)).split(", ", 1)[1]
    expect(page.locator(".chart .note")).to_have_text(
        f"Prices before {day} are shown adjusted for the {told}."
    )
    assert [label for label in labels(page) if told in label] == [
        label for label in labels(page) if label.startswith(words.full_day(date.fromisoformat(split)))
    ]
    shown = page.locator("#sessions tbody td:nth-child(7)").all_text_contents()
    for bar, close in zip(found["Sessions"], shown, strict=False):
        basis = share if bar["Date"] < split else 1
        assert close == price(bar["Close"] / basis)
    assert min(on_axis(page)) * 3 > max(on_axis(page))
    within = split > found["Sessions"][29]["Date"]
    assert (f"adjusted for the {told}" in page.locator(".facts").inner_text()) == within


def test_a_stray_print_is_told_and_shrinks_nothing(page: Page) -> None:
    open_ticker(page, "?t=TSLA", "stray")
    bars = sessions("TSLA", shown="stray")
    stray = max(bars, key=lambda bar: bar["High"])
    expect(rows(page)).to_have_count(63)
    others = max(float(bar["High"]) for bar in bars if bar is not stray)
    assert max(on_axis(page)) == pytest.approx(others, rel=1e-3)
    expect(page.locator("#chart .sign", has_text="▴")).to_have_count(1)
    expect(page.locator(".chart .note")).to_have_text(
        f"▴ Off the chart: the high of Tue, Nov 10, {price(stray['High'])}."
    )
    (label,) = (each for each in labels(page) if "off the chart" in each)
    assert f"high {price(stray['High'])} (off the chart)" in label


def test_rows_are_sorted_among_all_of_the_range_and_the_first_of_them_shown(page: Page) -> None:
    open_ticker(page, "?t=TSLA&range=1Y")
    expect(rows(page)).to_have_count(252)
    expect(rows(page).filter(visible=True)).to_have_count(20)
    everything = sessions("TSLA", 252)
    for button, key in (("Move", "PercentChange"), ("Volume", "Volume")):
        page.locator("#sessions").get_by_role("button", name=button, exact=True).click()
        sizes = {bar["Date"]: round(abs(bar[key]), 2) for bar in everything}
        shown = [sizes[date] for date in dates(page)]
        assert shown == sorted(sizes.values(), reverse=True)
        expect(rows(page).filter(visible=True)).to_have_count(20)
    assert page.url.endswith("range=1Y&sort=-Volume")
    page.locator("#sessions").get_by_role("button", name="vs. previous close").click()
    assert dates(page)[-1] == everything[-1]["Date"]  # whose previous close is not known
    page.get_by_role("button", name="Show 232 more").click()
    expect(rows(page).filter(visible=True)).to_have_count(252)
    expect(rows(page).nth(20).locator("a")).to_be_focused()
    page.reload()
    expect(page.locator("[aria-sort=descending]")).to_have_text("vs. previous close")


def test_a_phone_shows_date_move_and_close_and_the_rest_if_asked(visit: Visit) -> None:
    page = visit(viewport={"width": 320, "height": 640})
    open_ticker(page, "?t=TSLA")
    row = rows(page).nth(2)
    cells = row.locator("th, td").filter(visible=True)
    expect(cells).to_have_text(["Thu, Nov 19", re.compile(r"%$"), re.compile(r"^\$"), "★"])
    box, link = row.bounding_box(), row.locator("a").bounding_box()
    assert box
    assert link
    assert link["height"] >= 24
    assert box["height"] < 44
    page.get_by_role("button", name="Details").click()
    expect(page.get_by_role("button", name="Details")).to_have_attribute("aria-pressed", "true")
    expect(cells).to_have_count(10)
    assert_no_sideways_scroll(page)
    row.locator("td").nth(1).click()  # anywhere
    page.wait_for_url("**/days/2026-11-19.html")


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("", "Choose a ticker from the watchlist."),
        ("?t=1234", "“1234” isn’t a ticker."),
        ("?t=x%20y", "“x y” isn’t a ticker."),
        ("?t=<img src=x onerror=alert(1)>", "“<img src=x onerror=alert(1)>” isn’t a ticker."),
        ("?t=A" + "B" * 999, "“A" + "B" * 39 + "” isn’t a ticker."),
    ],
)
def test_without_a_ticker_the_watchlist_is_offered(query: str, said: str, page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    open_ticker(page, query)
    expect(page.locator("h1")).to_have_text(said)
    expect(page.locator("#watchlist a")).to_contain_text(WATCHLIST)
    assert page.locator("main img").count() == 0
    assert not [url for url in asked if "/tickers/" in url]
    page.get_by_role("link", name="MSFT").click()
    expect(candles(page)).to_have_count(63)


def test_a_ticker_written_small_is_the_one_that_is_meant(page: Page) -> None:
    open_ticker(page, "?t=tsla&range=1M")
    expect(candles(page)).to_have_count(21)
    expect(page).to_have_title(re.compile("^TSLA "))
    assert page.url.endswith("?t=TSLA&range=1M")


def test_an_unknown_ticker_says_so_and_offers_the_watchlist(page: Page, watch: Watch) -> None:
    watch.allow("404")
    open_ticker(page, "?t=ball")
    expect(page.locator("h1")).to_have_text("BALL isn’t on the watchlist.")
    expect(page.locator("#sessions")).to_have_count(0)
    page.get_by_role("link", name="TSLA").click()
    expect(candles(page)).to_have_count(63)


def test_a_ticker_that_has_just_joined_the_watchlist_is_known(page: Page, watch: Watch) -> None:
    watch.allow("404")
    body = state("fresh").answers["/status.json"].body.replace(b'"AAPL"', b'"AAPL","NEWX"', 1)

    def answer(route: Route) -> None:
        route.fulfill(body=body, content_type=routes.JSON)

    apply(page, state("fresh"))
    page.route("**/status.json", answer)
    page.goto("/ticker.html?t=NEWX")
    expect(page.locator("h1")).to_have_text("No data for NEWX yet")


@pytest.fixture
def indian(page: Page) -> Page:
    """A page of a stage that is Indian by its status, and on whose watchlist others stand for TSLA and MSFT."""
    status = state("fresh").answers["/status.json"].body.decode().replace('"USD"', '"INR"')
    for ours, theirs in ((US.mic, INDIA.mic), (US.zone, INDIA.zone), ("TSLA", "M&M"), ("MSFT", "20MICRONS")):
        status = status.replace(f'"{ours}"', f'"{theirs}"')
    twin = state("fresh").answers[DOCUMENT].body.replace(b'"TSLA"', b'"M&M"')
    apply(page, state("fresh"))
    for path, body in (("/status.json", status), ("/tickers/M%26M.json", twin)):
        page.route(
            f"**{path}", lambda route, _, body=body: route.fulfill(body=body, content_type=routes.JSON)
        )
    return page


def test_a_ticker_with_a_sign_is_read_from_its_twin_and_shown_as_its_exchange_has_it(indian: Page) -> None:
    asked: list[str] = []
    indian.on("request", lambda request: asked.append(urlsplit(request.url).path))
    indian.goto("/ticker.html?t=m%26m")
    expect(candles(indian)).to_have_count(63)
    expect(indian).to_have_title(re.compile("^M&M "))
    expect(indian.locator(".measure")).to_contain_text(price(sessions("TSLA")[0]["Close"]).replace("$", "₹"))
    expect(indian.locator("#refreshed")).to_have_text(re.compile(r"ET · .* IST$"))
    links = indian.locator("#watchlist a").evaluate_all("links => links.map(link => link.search)")
    assert {"?t=M%26M", "?t=20MICRONS"} < set(links)
    (twin,) = {path for path in asked if path.startswith("/tickers/")}
    assert unquote(twin) == f"/{routes.TICKER.key('M&M')}"


def test_what_is_no_ticker_there_is_refused(indian: Page) -> None:
    indian.goto("/ticker.html?t=a.b")
    expect(indian.locator("h1")).to_have_text("“a.b” isn’t a ticker.")
    indian.locator("#watchlist").get_by_role("link", name="M&M").click()
    expect(candles(indian)).to_have_count(63)


def test_the_watchlist_is_below_and_its_neighbours_a_key_away(page: Page) -> None:
    open_ticker(page, "?t=MSFT")
    expect(page.locator("#watchlist h2")).to_have_text("Watchlist (6)")
    expect(page.locator("#watchlist a")).to_contain_text(WATCHLIST)
    expect(page.locator("#watchlist [aria-current=page]")).to_contain_text("MSFT")
    expect(page.get_by_role("link", name="Previous ticker, GOOGL")).to_be_visible()
    page.keyboard.press("ArrowRight")
    page.wait_for_url("**/ticker.html?t=NVDA")
    open_ticker(page, "?t=AAPL")
    expect(page.locator("[rel=next]")).to_have_text("AMZN")
    expect(page.locator("[rel=prev]")).to_have_count(0)


def test_of_a_long_watchlist_the_first_hundred_are_linked(page: Page) -> None:
    open_ticker(page, "?t=TSLA", "long")
    expect(page.locator("#watchlist h2")).to_have_text("Watchlist (600)")
    expect(page.locator("#watchlist a")).to_have_count(100)
    expect(page.locator("#watchlist li").last).to_have_text("and 500 more")


def test_without_any_answer_the_page_names_the_ticker_and_can_be_retried(page: Page, watch: Watch) -> None:
    watch.allow("Failed to load resource")
    open_ticker(page, "?t=TSLA", "down")
    expect(page.locator("h1")).to_have_text("TSLA")
    expect(page.locator("main")).to_contain_text("Can’t load the data right now.")
    expect(page.locator("#sessions")).to_have_count(0)
    apply(page, state("fresh"))
    page.get_by_role("button", name="Retry").click()
    expect(candles(page)).to_have_count(63)


def test_a_ticker_that_never_moves_still_has_an_axis(page: Page) -> None:
    body = state("fresh").answers[DOCUMENT].body
    still = re.sub(rb'"(Open|High|Low|Close)":[\d.]+', rb'"\1":25', body)
    still = re.sub(rb'"(PercentChange|Volume)":[-\d.]+', rb'"\1":0', still)

    def answer(route: Route) -> None:
        route.fulfill(body=still, content_type=routes.JSON)

    apply(page, state("fresh"))
    page.route(f"**{DOCUMENT}", answer)
    page.goto("/ticker.html?t=TSLA")
    expect(page.locator("#chart a.flat")).to_have_count(63)
    assert page.locator("#chart .price").count() >= 2
    drawn = page.locator("#chart path").evaluate_all(
        "all => all.map(each => each.getAttribute('d')).join('')"
    )
    assert "N" not in drawn  # no NaN


@pytest.mark.usefixtures("chromium")
@pytest.mark.parametrize("query", ["?t=TSLA", "?t=TSLA&range=1Y&sort=Close", ""])
def test_nothing_moves_while_the_page_fills(query: str, visit: Visit) -> None:
    page = visit(viewport={"width": 390, "height": 844})
    page.add_init_script(
        """window.shift = 0;
        new PerformanceObserver((list) => list.getEntries().forEach(({ value }) => (window.shift += value)))
          .observe({ type: "layout-shift", buffered: true });"""
    )
    open_ticker(page, query)
    expect(page.locator("#watchlist a").first).to_be_visible()
    assert page.evaluate("shift") <= 0.01


@pytest.mark.usefixtures("chromium")
def test_on_paper_the_columns_keep_their_names(page: Page) -> None:
    open_ticker(page, "?t=TSLA")
    expect(rows(page)).to_have_count(63)
    page.emulate_media(media="print", color_scheme="dark")
    expect(page.locator("#sessions th", has_text="Close").first).to_be_visible()
    expect(page.locator(".ranges button").first).to_be_hidden()


@pytest.mark.parametrize(
    ("shown", "query", "settled"),
    [
        ("split", "?t=TSLA", "#watchlist a"),
        ("fresh", "?t=ZZZZ", "#watchlist a"),
        ("long", "", "#watchlist a"),
        ("empty", "?t=TSLA", "h1"),
    ],
)
def test_axe_finds_nothing_on_a_small_phone(
    shown: str, query: str, settled: str, visit: Visit, watch: Watch
) -> None:
    watch.allow("404")
    page = visit(viewport={"width": 320, "height": 640})
    open_ticker(page, query, shown)
    expect(page.locator(settled).first).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert [each["id"] for each in Axe().run(page).response["violations"]] == []
    assert_no_sideways_scroll(page)
