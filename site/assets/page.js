/** What the pages share, and the front page, which is nothing else. */

import { bars, candle, element } from "./chart.js";
import {
  also,
  day,
  direction,
  intl,
  load,
  MOVERS,
  moment,
  notices,
  percent,
  points,
  price,
  session,
  shortDay,
  usableLocale,
} from "./market.js";

const ORIGINS = { snapshot: "the snapshot", api: "the API", memory: "this browser" };

export const locale = usableLocale(navigator.language);
export const at = (id) => document.getElementById(id);
export const link = (href, ...content) => element("a", { href }, ...content);
export const toDay = (date, ...content) => link(`/day.html?date=${date}`, ...content);
export const toTicker = (symbol) => link(`/ticker.html?t=${symbol}`, symbol);
export const trading = (date, words = day) => element("time", { datetime: date }, words(date, locale));

export const chip = (change) => element("span", { class: `move ${direction(change)}` }, percent(change, locale));

/** Between slow tasks, so that a phone answers. */
export const pause = () => new Promise((done) => setTimeout(done));

// The first format takes a phone 0.1 s: in pieces, the first before the style is there (theme.js).
for (const type of ["NumberFormat", "DateTimeFormat"]) setTimeout(intl, 0, type, locale);

/** Reads and draws: now, on line again, looked at again, and every five minutes. */
export function keepFresh(resource, draw, content = ({ origin, body }) => [origin, body]) {
  let drawn;
  const refresh = async () => {
    if (document.hidden) return;
    const now = new Date();
    const view = await load(window, now, resource);
    tell(view, now);
    const shown = JSON.stringify(content(view));
    if (shown !== drawn) draw(view);
    drawn = shown;
  };
  for (const event of ["online", "offline", "visibilitychange"]) addEventListener(event, refresh);
  setInterval(refresh, 300_000);
  refresh();
}

function tell(view, now) {
  const { status, origin } = view;
  const place = { locale, exchangeZone: status?.Exchange.TimeZone };
  const said = notices(view, now, place);
  const words = element("p", {}, ...said.flatMap(([, title, text]) => [element("b", {}, `${title}.`), ` ${text} `]));
  const banner = at("banner");
  banner.dataset.tone = said[0][0];
  // The same words would be read out again.
  if (banner.textContent !== words.textContent) banner.replaceChildren(...words.childNodes);
  if (!status?.AsOf) return;
  if (ORIGINS[origin]) at("updated").textContent = `${moment(status.GeneratedAt, place)}, from ${ORIGINS[origin]}`;
  at("source").textContent = `${status.Source.Provider} (${status.Source.Kind})`;
}

export function showWinner({ Date, Ticker, PercentChange, ClosingPrice }) {
  at("session").replaceChildren(trading(Date));
  at("ticker").replaceChildren(toTicker(Ticker));
  at("move").replaceChildren(chip(PercentChange));
  at("close").textContent = price(ClosingPrice, locale);
}

export function showSecond({ Bars: [, second], Margin }) {
  if (!second) return;
  at("second").replaceChildren(toTicker(second.Ticker), " ", chip(second.PercentChange));
  at("margin").textContent = `by ${points(Margin, locale)}`;
}

export function showWinners(table, movers, words = shortDay) {
  const reach = Math.max(...movers.map(({ PercentChange }) => Math.abs(PercentChange)));
  sortable(table, movers, ({ Date, Ticker, PercentChange: move, ClosingPrice }) => [
    toDay(Date, trading(Date, words)),
    toTicker(Ticker),
    chip(move),
    price(ClosingPrice, locale),
    candle(direction(move), Math.min(move, 0), Math.max(move, 0), move, reach),
  ]);
}

export const row = ([first, ...others]) =>
  element("tr", {}, element("th", { scope: "row" }, first), ...others.map((cell) => element("td", {}, cell)));

/** Rows sorted by the head's buttons, whose values are names in a row; the address keeps `sort=-Name`. */
export function sortable(table, rows, cells) {
  const address = new URL(location);
  const sort = (order) => {
    const name = order.replace("-", "");
    const sign = name === order ? 1 : -1;
    const by = (a, b) => sign * ((a[name] > b[name]) - (a[name] < b[name]));
    table.tBodies[0].replaceChildren(
      ...rows
        .toSorted(by)
        .slice(0, table.dataset.rows)
        .map((each) => row(cells(each))),
    );
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
  `${day(Date, locale)}: ${Ticker} ${percent(PercentChange, locale)}, closed at ${price(ClosingPrice, locale)}`;

async function showToday({ body: movers }) {
  if (!movers?.length) return;
  showWinner(movers[0]);
  await pause();
  showWinners(at("movers"), movers);
  await pause();
  const bar = (mover) => {
    const { Date, Ticker: name, PercentChange: value } = mover;
    const [kind, shown] = [direction(value), percent(value, locale)];
    const label = shortDay(Date, locale).split(", ").at(-1);
    return { href: toDay(Date).href, text: told(mover), kind, value, shown, name, label };
  };
  bars(at("seven"), "The last seven winners", movers.toReversed().map(bar));
  const found = await also(window, session(movers[0].Date));
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

if (at("seven")) keepFresh(MOVERS, showToday);
