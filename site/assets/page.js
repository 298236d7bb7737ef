/** What the pages share, and the front page. */

import { bars, candle, element } from "./chart.js";
import * as market from "./market.js";

const ORIGINS = { snapshot: "the snapshot", api: "the API", memory: "this browser" };

export const locale = market.usableLocale(navigator.language);
export const place = { locale, ...market.EXCHANGES.XNYS }; // until the status says
export const at = (id) => document.getElementById(id);
export const link = (href, ...content) => element("a", { href }, ...content);
export const toDay = (date, ...content) => link(`/day.html?date=${date}`, ...content);
export const toTicker = (symbol) => link(`/ticker.html?t=${encodeURIComponent(symbol)}`, symbol);
export const trading = (date, words = market.day) => element("time", { datetime: date }, words(date, locale));

export const chip = (change) =>
  element("span", { class: `move ${market.direction(change)}` }, market.percent(change, locale));

/** Between slow tasks, so that phones respond. */
export const pause = () => new Promise((done) => setTimeout(done));

// The first is slow: each in its own task.
for (const type of ["NumberFormat", "DateTimeFormat"]) setTimeout(() => market.intl(type, locale));

/** Reads regularly; draws on change, or `always`. */
export function keepFresh(resource, draw, { always } = {}) {
  let drawn;
  const refresh = async () => {
    if (document.hidden) return;
    const now = new Date();
    const view = await market.load(window, now, resource);
    const { Exchange } = view.status ?? {};
    Object.assign(place, Exchange, market.EXCHANGES[Exchange?.Mic]);
    tell(view, now);
    const shown = JSON.stringify([view.origin, view.body, place.Currency]);
    if (always || shown !== drawn) draw(view);
    drawn = shown;
  };
  for (const event of ["online", "offline", "visibilitychange"]) addEventListener(event, refresh);
  setInterval(refresh, 300_000);
  refresh();
}

function tell(view, now) {
  const { status, origin } = view;
  const said = market.notices(view, now, place);
  const words = element("p", {}, ...said.flatMap(([, title, text]) => [element("b", {}, `${title}.`), ` ${text} `]));
  const banner = at("banner");
  banner.dataset.tone = said[0][0];
  // Don't announce twice.
  if (banner.textContent !== words.textContent) banner.replaceChildren(...words.childNodes);
  if (!status?.AsOf) return;
  if (ORIGINS[origin])
    at("updated").textContent = `${market.moment(status.GeneratedAt, place)}, from ${ORIGINS[origin]}`;
  at("source").textContent = `${status.Source.Provider} (${status.Source.Kind})`;
}

export function showWinner({ Date, Ticker, PercentChange, ClosingPrice }) {
  at("session").replaceChildren(trading(Date));
  at("ticker").replaceChildren(toTicker(Ticker));
  at("move").replaceChildren(chip(PercentChange));
  at("close").textContent = market.price(ClosingPrice, place);
}

export function showSecond({ Bars: [, second], Margin }) {
  if (!second) return;
  at("second").replaceChildren(toTicker(second.Ticker), " ", chip(second.PercentChange));
  at("margin").textContent = `by ${market.points(Margin, locale)}`;
}

export function showWinners(table, movers, words = market.shortDay) {
  const reach = Math.max(...movers.map(({ PercentChange }) => Math.abs(PercentChange)));
  sortable(table, movers, ({ Date, Ticker, PercentChange: move, ClosingPrice }) => [
    toDay(Date, trading(Date, words)),
    toTicker(Ticker),
    chip(move),
    market.price(ClosingPrice, place),
    candle(market.direction(move), Math.min(move, 0), Math.max(move, 0), move, reach),
  ]);
}

export const row = ([first, ...others]) =>
  element("tr", {}, element("th", { scope: "row" }, first), ...others.map((cell) => element("td", {}, cell)));

/** Sorts rows by header buttons; the URL has `sort=-Name`. */
export function sortable(table, rows, cells) {
  const address = new URL(location);
  const sort = (order) => {
    const name = order.replace("-", "");
    const sign = name === order ? 1 : -1;
    const by = (a, b) => sign * ((a[name] > b[name]) - (a[name] < b[name]));
    const shown = rows.toSorted(by).slice(0, table.dataset.rows);
    table.tBodies[0].replaceChildren(...shown.map(cells).map(row));
    for (const button of table.querySelectorAll("th button")) {
      const active = button.value === name;
      button.parentElement.ariaSort = active ? (sign > 0 ? "ascending" : "descending") : null;
      button.onclick = () => {
        const next = active && sign < 0 ? name : `-${button.value}`;
        address.searchParams.set("sort", next);
        history.replaceState(null, "", address);
        sort(next);
      };
    }
  };
  const asked = address.searchParams.get("sort") ?? "";
  sort(table.querySelector(`th [value="${CSS.escape(asked.replace("-", ""))}"]`) ? asked : table.dataset.sort);
}

export const told = ({ Date, Ticker, PercentChange, ClosingPrice }) =>
  `${market.day(Date, locale)}: ${Ticker} ${market.percent(PercentChange, locale)}, closed at ${market.price(ClosingPrice, place)}`;

async function showToday({ body: movers }) {
  if (!movers?.length) return;
  showWinner(movers[0]);
  await pause();
  showWinners(at("movers"), movers);
  await pause();
  const rows = movers.toReversed().map((mover) => ({
    href: toDay(mover.Date).href,
    text: told(mover),
    kind: market.direction(mover.PercentChange),
    value: mover.PercentChange,
    shown: market.percent(mover.PercentChange, locale),
    name: mover.Ticker,
    label: market.shortDay(mover.Date, locale).split(", ").at(-1),
  }));
  bars(at("seven"), "The last seven winners", rows);
  const found = await market.also(window, market.session(movers[0].Date));
  if (found) showSecond(found);
}

for (const name of ["theme", "rise"]) {
  const [choice, { dataset }] = [at(name), document.documentElement];
  choice.value = dataset[name] ?? "";
  choice.onchange = () => {
    dataset[name] = choice.value;
    localStorage[name] = choice.value;
  };
}

if (at("seven")) keepFresh(market.MOVERS, showToday);
