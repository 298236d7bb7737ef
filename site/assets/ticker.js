/** The page of one ticker. */

import { candles } from "./candles.js";
import { element } from "./chart.js";
import * as market from "./market.js";
import * as page from "./page.js";
import { figures, ticker, words } from "./sessions.js";

const { day, direction, price, shortDay } = market;
const { at, locale, place } = page;
const SHOWN = 30; // of the sessions that the document has
const asked = new URLSearchParams(location.search).get("t") ?? "";

function show({ body, origin, status }) {
  if (body?.Sessions.length) showSessions(body.Sessions.slice(0, SHOWN));
  else if (origin === "nowhere") return;
  else say(unknown(status?.Watchlist ?? []));
  showWatchlist(status?.Watchlist ?? [], !body);
}

function say(text) {
  at("story").textContent = text;
  for (const part of document.querySelectorAll(".found")) part.hidden = true;
}

function unknown(watchlist) {
  if (watchlist.includes(asked)) return `${asked} is on the watchlist, but no session of it is stored yet.`;
  const near = watchlist.find((symbol) => symbol.toUpperCase() === asked.toUpperCase());
  return `No session is stored for ${asked}. ${near ? `Did you mean ${near}?` : "Choose one of the watchlist."}`;
}

const refusal = () =>
  asked ? `“${asked.slice(0, 40)}” is no ticker. A ticker is ${place.spelling}.` : "Choose a ticker of the watchlist.";

function showSessions(sessions) {
  const won = sessions.filter(({ Won }) => Won);
  const [latest, count] = [sessions[0], sessions.length];
  document.title = `${asked} · Daily mover`;
  at("session").replaceChildren("of ", page.toDay(latest.Date, page.trading(latest.Date)));
  at("ticker").textContent = asked;
  at("move").replaceChildren(page.chip(latest.PercentChange));
  at("story").textContent = `It was the top mover in ${won.length} of its latest ${count} sessions.`;
  at("close").textContent = price(latest.Close, place);
  const low = Math.min(...sessions.map(({ Low }) => Low));
  const high = Math.max(...sessions.map(({ High }) => High));
  at("range").textContent = `${price(low, place)} to ${price(high, place)}`;
  showCandles(sessions.toReversed());
  const days = won.map(({ Date, PercentChange }) =>
    element("li", {}, page.toDay(Date, page.trading(Date, shortDay), " ", page.chip(PercentChange))),
  );
  at("won").replaceChildren(...(days.length ? days : [element("li", {}, "None of these sessions.")]));
  showRows(sessions);
}

function showCandles(sessions) {
  const rows = sessions.map((bar) => ({
    href: page.toDay(bar.Date).href,
    text: `${day(bar.Date, locale)}: ${words(bar, place)}${bar.Won ? ", top mover" : ""}`,
    kind: direction(bar.PercentChange),
    open: bar.Open,
    high: bar.High,
    low: bar.Low,
    close: bar.Close,
    sign: bar.Won ? "★" : "",
    label: shortDay(bar.Date, locale).split(", ").at(-1),
  }));
  candles(at("chart"), `Prices of ${asked}`, rows, (amount) => price(amount, place));
}

function showRows(sessions) {
  page.sortable(at("sessions"), sessions, (bar) => [
    page.toDay(bar.Date, page.trading(bar.Date, shortDay)),
    page.chip(bar.PercentChange),
    ...figures(bar, place),
    bar.Won ? "★ won" : "",
  ]);
}

/** Collapsed, unless needed to choose from. */
function showWatchlist(watchlist, needed) {
  const entry = (symbol) => {
    const link = page.toTicker(symbol);
    if (symbol === asked) link.ariaCurrent = "page";
    return element("li", {}, link);
  };
  at("watchlist").replaceChildren(...watchlist.toSorted().map(entry));
  at("count").textContent = `The watchlist: ${watchlist.length} tickers`;
  at("others").open ||= needed;
}

const spells = (exchange) => exchange.ticker.test(asked);

/** Whether it fits the exchange's spelling. If it only fits another's, reads the status to find out which it is. */
async function isTicker() {
  if (spells(place)) return true;
  if (!Object.values(market.EXCHANGES).some(spells)) return false;
  const status = await market.also(window, market.STATUS);
  return spells(market.EXCHANGES[status?.Exchange.Mic] ?? place);
}

if (await isTicker()) page.keepFresh(ticker(asked), show);
else {
  say(refusal());
  page.keepFresh(market.MOVERS, ({ status }) => {
    say(refusal());
    showWatchlist(status?.Watchlist ?? [], true);
  });
}
