/** Draws what the templates of Latest and of a day write, from newer data. */

import { element, svg } from "./chart.js";
import * as market from "./market.js";
// biome-ignore lint/suspicious/noImportCycles: it imports this one only long after both are evaluated
import { at, linked, pause, place } from "./page.js";
import { adjusted, ticker } from "./sessions.js";
import { sortable } from "./sorting.js";
import * as words from "./words.js";

const [SPARK, TILES, ROWS] = [30, 12, 100];
const { direction, percent, price } = words;

export const move = (change) => element("span", { class: `move ${direction(change)}` }, percent(change));
export const toTicker = (symbol) => element("a", { href: `/ticker.html?t=${encodeURIComponent(symbol)}` }, symbol);
export const toDay = (date, ...content) => element("a", { href: `/days/${date}.html` }, ...content);
export const time = (date, form) => element("time", { datetime: date }, form(date));
export const company = (symbol) => (place.names[symbol] ? [" ", element("small", {}, place.names[symbol])] : []);

export const row = ([first, ...others], look = {}) =>
  element(
    "tr",
    look,
    element("th", { scope: "row" }, first),
    ...others.map((cell) => element("td", {}, ...[cell].flat())),
  );

/** Draws the newest of a list of winners, or a session; false if it could not be read, or if a newer view is on its way. */
export async function draw(body, isLatest) {
  const list = Array.isArray(body);
  const session = list ? await market.also(window, market.session(body[0].Date)) : body;
  if (!session) return false;
  const parts = list
    ? await latest(session, body)
    : [hero(session, notes(session)), ranking(session), recorded(session)];
  if (!isLatest()) return false;
  if (list) document.title = `${words.headline(session)} · Top mover, last 7 full trading days`;
  const main = at("main");
  const kept = (selector) => main.querySelectorAll(selector);
  main.replaceChildren(...kept(".turn, #state"), ...parts, ...kept("noscript"));
  for (const table of main.querySelectorAll("table")) {
    sortable(table);
    if (table.classList.contains("linked")) linked(table);
  }
  return true;
}

/** All of a long ranking, in place of its beginning. */
export async function drawAll(date) {
  const session = await market.also(window, market.session(date));
  if (!session) return;
  at("ranking").replaceWith(ranking(session, session.Bars.length));
  sortable(at("bars"));
  at("bars").tBodies[0].rows[ROWS].querySelector("a").focus();
}

async function latest(session, movers) {
  const past = await market.also(window, ticker(session.Ticker));
  await pause();
  return [hero(session, [], past && spark(past)), watchlist(session), seven(movers), refreshed(session)];
}

const instant = (at, look = {}) => element("time", { ...look, datetime: at }, words.moment(at, place.clocks));
const refreshed = ({ CheckedAt, RecordedAt }) =>
  element("p", { class: "refreshed" }, "Last refreshed ", instant(CheckedAt ?? RecordedAt, { id: "refreshed" }));
const recorded = ({ Date, RecordedAt }) =>
  element("p", { class: "refreshed" }, "Recorded ", instant(RecordedAt), " · ", toTwin(Date, "JSON"));
const toTwin = (date, text) => element("a", { href: `/movers/${date}.json` }, text);

function hero(session, notes, beside) {
  const { Date, Ticker, PercentChange, Bars, MoverByPreviousClose: other } = session;
  const [{ Open, Close, ChangeFromPreviousClose: change }] = Bars;
  const name = place.names[Ticker];
  const { Currency } = place;
  const heading = element(
    "h1",
    {},
    element("span", { class: "when" }, "Top mover of ", time(Date, words.longDay)),
    " ",
    element("span", { class: "figure" }, toTicker(Ticker), " ", move(PercentChange)),
  );
  const measure = element(
    "p",
    { class: "measure" },
    ...(name ? [element("b", {}, name), " · "] : []),
    `opened ${price(Open, Currency)}, closed ${price(Close, Currency)}`,
    ...(Number.isFinite(change) ? [" · ", element("span", {}, `${percent(change)} vs. the day before`)] : []),
  );
  const differs = other && other.Ticker !== Ticker;
  const leader =
    differs &&
    element(
      "p",
      { class: "other" },
      "By previous close, ",
      toTicker(other.Ticker),
      ` would lead with ${percent(other.PercentChange)}.`,
    );
  const chips = words.facts(session).map(([look, text]) => element("li", look ? { class: look } : {}, text));
  const said = [heading, measure, leader, element("ul", { class: "facts" }, ...chips), ...notes].filter(Boolean);
  return element("section", { id: "hero", class: "hero" }, element("div", {}, ...said), ...(beside ? [beside] : []));
}

function notes({ Revision, Excused }) {
  const note = (...content) => element("p", { class: "note" }, ...content);
  return [
    ...(Revision > 1 ? [note(`Corrected after publication (version ${Revision}).`)] : []),
    ...Object.entries(Excused ?? {}).map(([symbol, reason]) =>
      note("Left out of this session: ", toTicker(symbol), `, ${reason}.`),
    ),
  ];
}

const tenth = (value) => Number(value.toFixed(1));

/** The latest closes, on today's basis. */
function spark({ Ticker, Sessions, Splits }) {
  const closes = adjusted(Sessions.slice(0, SPARK), Splits).map(({ Close, Won }) => ({ close: Close, won: Won }));
  if (closes.length < 2) return null;
  closes.reverse();
  const values = closes.map(({ close }) => close);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const spot = ({ close }, i) =>
    [4 + (312 * i) / (closes.length - 1), 80 - (72 * (close - low)) / (high - low || 1)].map((value) => tenth(value));
  const dots = closes.map((each, i) => [each.won, spot(each, i)]).filter(([won]) => won);
  const label = `${Ticker} closed between ${price(low, place.Currency)} and ${price(high, place.Currency)} in the last ${closes.length} sessions`;
  const line = svg("path", {
    d: `M${closes
      .map(spot)
      .map((each) => each.join(" "))
      .join("L")}`,
  });
  const circles = dots.map(([, [cx, cy]]) => svg("circle", { cx, cy, r: 3 }));
  return element(
    "figure",
    { id: "spark", class: "spark" },
    svg("svg", { viewBox: "0 0 320 88", role: "img", "aria-label": label }, line, ...circles),
    element(
      "figcaption",
      {},
      `Close, last ${closes.length} sessions · `,
      element("b", {}, "●"),
      ` top mover on ${dots.length} of them`,
    ),
  );
}

function watchlist({ Date, Bars }) {
  const tile = ({ Ticker, PercentChange }) => {
    const link = toTicker(Ticker);
    link.replaceChildren(element("b", {}, Ticker), " ", move(PercentChange));
    if (place.names[Ticker]) link.title = place.names[Ticker];
    return element("li", { class: `${direction(PercentChange)} s${step(PercentChange)}` }, link);
  };
  const more = Bars.length - TILES;
  const link = element("a", { href: `/days/${Date}.html#ranking` }, words.count(more, "more", "more"));
  const tiles = Bars.slice(0, TILES).map(tile);
  if (more > 0) tiles.push(element("li", { class: "more" }, link));
  return element(
    "section",
    { id: "watchlist" },
    element(
      "h2",
      {},
      "Watchlist ",
      element("small", {}, `${words.count(Bars.length, "stock")}, by size of move, open to close`),
    ),
    element("ul", { class: "tiles" }, ...tiles),
  );
}

/** How strongly a move is tinted: under 1 %, 1 to 2 %, 2 to 3 %, more. */
export const step = (change) => Math.min(3, Math.floor(Math.abs(change)));

/** A bar in a table's row; the biggest move fills its side. */
export function bar(change, reach) {
  const width = tenth((change / (reach || 1)) * 50);
  const size = { viewBox: "-50 0 100 10", preserveAspectRatio: "none", "aria-hidden": "true" };
  return svg(
    "svg",
    { class: `bar ${direction(change)}`, ...size },
    svg("rect", { x: Math.min(width, 0), width: Math.abs(width), height: 10 }),
  );
}

export const heads = (names) =>
  element(
    "thead",
    {},
    element(
      "tr",
      {},
      ...names.map(([value, text]) =>
        value ? element("th", { scope: "col" }, element("button", { value }, text)) : element("td"),
      ),
    ),
  );

const size = ({ PercentChange }) => Math.abs(PercentChange);

function seven(movers) {
  const biggest = movers.reduce((a, b) => (size(b) > size(a) ? b : a));
  const cells = (each) => [
    toDay(each.Date, time(each.Date, words.shortDay)),
    [toTicker(each.Ticker), ...company(each.Ticker)],
    bar(each.PercentChange, size(biggest)),
    each === biggest && movers.length > 1
      ? [move(each.PercentChange), element("small", { class: "note" }, ` biggest of ${movers.length}`)]
      : move(each.PercentChange),
    price(each.ClosingPrice, place.Currency),
  ];
  const head = heads([
    ["Date", "Session"],
    ["Ticker", "Top mover"],
    [],
    ["PercentChange", "Move"],
    ["ClosingPrice", "Close"],
  ]);
  return element(
    "section",
    { id: "seven" },
    element("h2", {}, "Last 7 full trading days"),
    element(
      "table",
      { id: "movers", class: "linked", "data-sort": "-Date" },
      element("caption", {}, "Move = (Close − Open) / Open × 100. Select a row to see that day."),
      head,
      element("tbody", {}, ...movers.map((each) => row(cells(each), each === biggest ? { class: "best" } : {}))),
    ),
  );
}

const UNKNOWN = -1; // sorts after all that is known

function ranking({ Date, Bars }, count = ROWS) {
  const { Currency } = place;
  const ranked = (each, i) => {
    const made = row(cells(each, i), i ? {} : { class: "best" });
    if (!Number.isFinite(each.ChangeFromPreviousClose)) made.cells[4].dataset.value = UNKNOWN;
    made.cells[9].dataset.value = each.Volume;
    return made;
  };
  const cells = (each, i) => [
    words.number(i + 1),
    [toTicker(each.Ticker), ...company(each.Ticker)],
    bar(each.PercentChange, size(Bars[0])),
    move(each.PercentChange),
    Number.isFinite(each.ChangeFromPreviousClose) ? move(each.ChangeFromPreviousClose) : "–",
    ...[each.Open, each.High, each.Low, each.Close].map((amount) => price(amount, Currency)),
    words.volume(each.Volume),
  ];
  const head = heads([
    ["Rank", "Rank"],
    ["Ticker", "Ticker"],
    [],
    ["PercentChange", "Move"],
    ["ChangeFromPreviousClose", "vs. previous close"],
    ...["Open", "High", "Low", "Close", "Volume"].map((name) => [name, name]),
  ]);
  return element(
    "section",
    { id: "ranking" },
    element(
      "h2",
      {},
      "Full ranking ",
      element("small", {}, `${words.count(Bars.length, "stock")}, by size of move, open to close`),
    ),
    element(
      "table",
      { id: "bars", class: "rows", "data-sort": "Rank" },
      element("caption", {}, "Move = (Close − Open) / Open × 100"),
      head,
      element("tbody", {}, ...Bars.slice(0, count).map(ranked)),
    ),
    ...(Bars.length > count ? [more(Date, Bars.length)] : []),
  );
}

function more(date, count) {
  const button = element("button", { id: "all" }, `Show all ${words.number(count)}`);
  button.onclick = () => drawAll(date);
  return element("p", {}, button, " ", toTwin(date, "All as JSON"));
}
