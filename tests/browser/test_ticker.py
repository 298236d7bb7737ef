"""The page of one ticker: its latest sessions as candles and as rows, and the way to the other tickers."""

import json
import re
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, Route, expect

from api import routes
from api.markets import INDIA, US
from tests.browser.conftest import Visit, assert_no_sideways_scroll
from tests.browser.watch import Watch
from tests.states import apply, state

NUMBERS = ("Open", "High", "Low", "Close")
SPELT_IN_INDIA = "at most 20 capital letters, digits, & or -"
WATCHLIST = ["AAPL", "AMZN", "GOOGL", "MSFT", "NVDA", "TSLA"]


def sessions(ticker: str, shown: str = "fresh") -> list[dict[str, Any]]:
    """Those of the document that the page shows: the latest thirty."""
    return json.loads(state(shown).answers[f"/tickers/{ticker}.json"].body)["Sessions"][:30]


def open_ticker(page: Page, query: str, shown: str = "fresh") -> None:
    apply(page, state(shown))
    page.goto(f"/ticker.html{query}")


def rows(page: Page) -> Locator:
    return page.locator("#sessions tbody tr")


def column(page: Page, place: int) -> list[str]:
    return page.locator(f"#sessions tbody tr > :nth-child({place})").all_inner_texts()


def dates(page: Page) -> list[str]:
    return rows(page).locator("time").evaluate_all("times => times.map(time => time.dateTime)")


def percent(change: float) -> str:
    return f"+{change:.2f}%" if change > 0 else f"−{-change:.2f}%"


def price(amount: float) -> str:
    """In dollars, with the third and fourth digit where the exchange has them."""
    whole, digits = f"{amount:,.4f}".split(".")
    return f"${whole}.{digits[:2]}{digits[2:].rstrip('0')}"


def prices(bar: dict[str, Any]) -> list[str]:
    return [price(bar[name]) for name in NUMBERS]


def test_all_that_is_shown_is_what_the_tickers_document_says(page: Page) -> None:
    open_ticker(page, "?t=NVDA")
    found = sessions("NVDA")
    expect(rows(page)).to_have_count(30)
    expect(page).to_have_title("NVDA · Daily mover")
    expect(page.locator("#ticker")).to_have_text("NVDA")
    expect(page.locator("#move")).to_contain_text(percent(found[0]["PercentChange"]))
    expect(page.locator("#close")).to_have_text(prices(found[0])[3])
    low, high = min(bar["Low"] for bar in found), max(bar["High"] for bar in found)
    expect(page.locator("#range")).to_have_text(f"{price(low)} to {price(high)}")
    assert dates(page) == [bar["Date"] for bar in found]
    for place, bar in enumerate(found):
        volume, won = f"{bar['Volume']:,.0f}", "★ won" if bar["Won"] else ""
        expected = [percent(bar["PercentChange"]), *prices(bar), volume, won]
        assert rows(page).nth(place).locator("td").all_inner_texts() == expected


def test_the_days_it_won_are_counted_and_linked(page: Page) -> None:
    open_ticker(page, "?t=TSLA")
    won = [bar["Date"] for bar in sessions("TSLA") if bar["Won"]]
    assert won
    expect(page.locator("#story")).to_have_text(
        f"It was the top mover in {len(won)} of its latest 30 sessions."
    )
    links = page.locator("#won a")
    expect(links).to_have_count(len(won))
    assert links.evaluate_all("links => links.map(link => link.search)") == [f"?date={date}" for date in won]
    expect(page.locator("#chart .sign", has_text="★")).to_have_count(len(won))
    said = page.locator("#chart a").evaluate_all(
        "all => all.map(({ ariaLabel }) => ariaLabel.includes('top mover'))"
    )
    assert said == [bar["Won"] for bar in reversed(sessions("TSLA"))]


def test_a_ticker_that_has_not_won_says_so(page: Page) -> None:
    loser = next(ticker for ticker in WATCHLIST if not any(bar["Won"] for bar in sessions(ticker, "long")))
    open_ticker(page, f"?t={loser}", "long")
    expect(page.locator("#story")).to_have_text("It was the top mover in 0 of its latest 7 sessions.")
    expect(page.locator("#won")).to_have_text("None of these sessions.")


def test_candles_are_walked_by_arrow_keys_and_told_in_words(page: Page) -> None:
    open_ticker(page, "?t=TSLA")
    candles = page.locator("#chart a")
    expect(candles).to_have_count(30)
    assert page.locator('#chart a[tabindex="0"]').count() == 1
    candles.last.focus()
    latest = sessions("TSLA")[0]
    words = ", ".join(
        f"{name.lower()} {amount}" for name, amount in zip(NUMBERS, prices(latest), strict=True)
    )
    caption = page.locator("#chart figcaption")
    expect(caption).to_contain_text(f"Mon, Nov 23, 2026: {words}, {percent(latest['PercentChange'])}")
    told = [caption.inner_text()]
    for key in ("ArrowLeft", "ArrowLeft", "ArrowRight", "Home", "End"):
        page.keyboard.press(key)
        told.append(caption.inner_text())
    labels = candles.evaluate_all("candles => candles.map(candle => candle.ariaLabel)")
    assert told == [labels[i] for i in (29, 28, 27, 28, 0, 29)]
    page.keyboard.press("Enter")
    page.wait_for_url("**/day.html?date=2026-11-23")


def test_the_mouse_moves_the_caption_and_leaves_it_as_it_was(page: Page) -> None:
    open_ticker(page, "?t=TSLA")
    caption = page.locator("#chart figcaption")
    expect(page.locator("#chart a")).to_have_count(30)
    page.locator("#chart a .hit").nth(3).hover()
    expect(caption).to_have_text(page.locator("#chart a").nth(3).get_attribute("aria-label") or "")
    page.mouse.move(0, 0)
    page.locator("#chart .price").first.hover()
    expect(caption).to_have_text("Each candle is a session and opens that day.")


@pytest.mark.parametrize("forced", [None, "active"])
def test_a_candle_that_rose_is_hollow_and_one_that_fell_is_filled(forced: str | None, visit: Visit) -> None:
    page = visit(forced_colors=forced)
    open_ticker(page, "?t=TSLA")
    expect(page.locator("#chart a")).to_have_count(30)
    fills = page.locator("#chart .body").evaluate_all("all => all.map(body => getComputedStyle(body).fill)")
    rose = [bar["Close"] > bar["Open"] for bar in reversed(sessions("TSLA"))]
    assert [fill == "none" for fill in fills] == rose


def test_a_candle_stands_where_its_prices_are_on_the_axis(page: Page) -> None:
    open_ticker(page, "?t=TSLA")
    expect(page.locator("#chart a")).to_have_count(30)
    axis = page.locator("#chart .price").evaluate_all(
        "all => all.map(each => [Number(each.textContent.slice(1)), each.y.baseVal[0].value - 4])"
    )
    (low, y_low), (high, y_high) = axis[0], axis[-1]
    tops = page.locator("#chart .body").evaluate_all("all => all.map(each => each.getBBox().y)")
    for bar, y in zip(reversed(sessions("TSLA")), tops, strict=True):
        shown = low + (y_low - y) / (y_low - y_high) * (high - low)
        assert shown == pytest.approx(bar["High"], rel=1e-4)


@pytest.mark.parametrize("width", [320, 1280])
def test_axis_and_dates_can_be_read_at_any_width(width: int, visit: Visit) -> None:
    page = visit(viewport={"width": width, "height": 800})
    open_ticker(page, "?t=TSLA")
    expect(page.locator("#chart a")).to_have_count(30)
    texts = page.locator("#chart svg > text")
    boxes = [box for text in texts.all() if (box := text.bounding_box())]
    assert len(boxes) >= 6
    assert all(box["x"] >= 0 and box["x"] + box["width"] <= width for box in boxes)
    for i, box in enumerate(boxes):
        for other in boxes[i + 1 :]:
            apart = box["x"] + box["width"] <= other["x"] or other["x"] + other["width"] <= box["x"]
            above = box["y"] + box["height"] <= other["y"] or other["y"] + other["height"] <= box["y"]
            assert apart or above
    assert texts.last.text_content() == "Nov 23"


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("", "Choose a ticker of the watchlist."),
        (
            "?t=1234",
            "“1234” is no ticker. A ticker is a letter and at most 14 more letters, digits or points.",
        ),
        ("?t=<img src=x onerror=alert(1)>", "“<img src=x onerror=alert(1)>” is no ticker."),
        ("?t=A" + "B" * 999, "“A" + "B" * 39 + "” is no ticker."),
    ],
)
def test_without_a_ticker_the_watchlist_is_offered(query: str, said: str, page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    open_ticker(page, query)
    expect(page.locator("#story")).to_contain_text(said)
    expect(page.locator("#watchlist a")).to_have_text(WATCHLIST)
    expect(page.locator("#sessions")).to_be_hidden()
    assert page.locator("main img").count() == 0
    assert not [url for url in asked if "/tickers/" in url]
    page.get_by_role("link", name="MSFT").click()
    expect(rows(page)).to_have_count(30)


@pytest.mark.parametrize(
    ("ticker", "said"),
    [
        ("ZZZZ", "No session is stored for ZZZZ. Choose one of the watchlist."),
        ("tsla", "No session is stored for tsla. Did you mean TSLA?"),
    ],
)
def test_an_unknown_ticker_says_so_and_offers_the_watchlist(
    ticker: str, said: str, page: Page, watch: Watch
) -> None:
    watch.allow("404")
    open_ticker(page, f"?t={ticker}")
    expect(page.locator("#story")).to_have_text(said)
    expect(page.locator("#sessions")).to_be_hidden()
    page.get_by_role("link", name="TSLA").click()
    expect(rows(page)).to_have_count(30)


def test_a_ticker_that_has_just_joined_the_watchlist_is_known(page: Page, watch: Watch) -> None:
    watch.allow("404")
    body = state("fresh").answers["/status.json"].body.replace(b'"AAPL"', b'"AAPL","NEWX"')

    def answer(route: Route) -> None:
        route.fulfill(body=body, content_type="application/json")

    apply(page, state("fresh"))
    page.route("**/status.json", answer)
    page.goto("/ticker.html?t=NEWX")
    said = "NEWX is on the watchlist, but no session of it is stored yet."
    expect(page.locator("#story")).to_have_text(said)


@pytest.fixture
def indian(page: Page) -> Page:
    """A page of a stage that is Indian by its status, and on whose watchlist others stand for TSLA and MSFT."""
    status = state("fresh").answers["/status.json"].body.decode()
    for ours, theirs in ((US.mic, INDIA.mic), (US.zone, INDIA.zone), ("TSLA", "M&M"), ("MSFT", "20MICRONS")):
        status = status.replace(f'"{ours}"', f'"{theirs}"')
    twin = state("fresh").answers["/tickers/TSLA.json"].body.replace(b'"TSLA"', b'"M&M"')
    apply(page, state("fresh"))
    for path, body in (("/status.json", status), ("/tickers/M%26M.json", twin)):
        page.route(
            f"**{path}", lambda route, _, body=body: route.fulfill(body=body, content_type=routes.JSON)
        )
    return page


def test_a_ticker_with_a_sign_is_read_from_its_twin_and_shown_as_its_exchange_has_it(indian: Page) -> None:
    asked: list[str] = []
    indian.on("request", lambda request: asked.append(urlsplit(request.url).path))
    indian.goto("/ticker.html?t=M%26M")
    expect(rows(indian)).to_have_count(30)
    expect(indian).to_have_title("M&M · Daily mover")
    expect(indian.locator("#close")).to_have_text(prices(sessions("TSLA")[0])[3].replace("$", "₹"))
    expect(indian.locator("#updated")).to_have_text(re.compile(r"GMT\+5:30 .* from the snapshot"))
    links = indian.locator("#watchlist a").evaluate_all("links => links.map(link => link.search)")
    assert {"?t=M%26M", "?t=20MICRONS"} < set(links)
    (twin,) = {path for path in asked if path.startswith("/tickers/")}
    assert unquote(twin) == f"/{routes.TICKER.key('M&M')}"


def test_what_is_no_ticker_there_is_refused_with_the_spelling_of_that_exchange(indian: Page) -> None:
    indian.goto("/ticker.html?t=a%26b")
    expect(indian.locator("#story")).to_have_text(f"“a&b” is no ticker. A ticker is {SPELT_IN_INDIA}.")
    indian.locator("#watchlist").get_by_role("link", name="M&M").click()
    expect(rows(indian)).to_have_count(30)


def test_the_other_tickers_are_a_fold_away(page: Page) -> None:
    open_ticker(page, "?t=TSLA")
    expect(page.locator("#count")).to_have_text("The watchlist: 6 tickers")
    expect(page.locator("#watchlist")).to_be_hidden()
    page.locator("summary").press("Enter")
    expect(page.locator("#watchlist [aria-current=page]")).to_have_text("TSLA")
    page.get_by_role("link", name="AAPL").click()
    expect(page.locator("#ticker")).to_have_text("AAPL")


def test_without_any_answer_the_page_says_so_and_invents_nothing(page: Page, watch: Watch) -> None:
    watch.allow("Failed to load resource")
    open_ticker(page, "?t=TSLA", "down")
    expect(page.locator("#banner")).to_contain_text("No data")
    expect(page.locator("#ticker")).to_have_text("–")
    expect(rows(page)).to_have_count(0)


def test_a_ticker_that_never_moves_still_has_an_axis(page: Page) -> None:
    body = state("fresh").answers["/tickers/TSLA.json"].body
    still = re.sub(rb'"(Open|High|Low|Close)":[\d.]+', rb'"\1":25', body)
    still = re.sub(rb'"PercentChange":[-\d.]+', b'"PercentChange":0', still)

    def answer(route: Route) -> None:
        route.fulfill(body=still, content_type="application/json")

    apply(page, state("fresh"))
    page.route("**/tickers/TSLA.json", answer)
    page.goto("/ticker.html?t=TSLA")
    expect(page.locator("#chart a.flat")).to_have_count(30)
    assert page.locator("#chart .price").count() >= 2
    expect(page.locator("#chart .body").first).to_have_attribute("d", re.compile("^[^N]+$"))  # no NaN


@pytest.mark.parametrize(
    ("shown", "query", "settled"),
    [
        ("fresh", "?t=TSLA", "#chart a"),
        ("fresh", "?t=ZZZZ", "#watchlist a"),
    ],
)
def test_axe_finds_nothing_on_a_small_phone(
    shown: str, query: str, settled: str, visit: Visit, watch: Watch
) -> None:
    watch.allow("404")
    page = visit(viewport={"width": 320, "height": 640})
    open_ticker(page, query, shown)
    expect(page.locator(settled).first).to_be_visible()
    assert [each["id"] for each in Axe().run(page).response["violations"]] == []
    assert_no_sideways_scroll(page)
