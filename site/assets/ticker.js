/** The page of one ticker. */

import { candles, scale } from "./candles.js";
import { element } from "./chart.js";
import { heads, move, row, time, toDay, toTicker } from "./draw.js";
import * as market from "./market.js";
import { at, keepFresh, linked, pause, place } from "./page.js";
import * as past from "./sessions.js";
import { sortable } from "./sorting.js";
import * as words from "./words.js";

const RANGES = { "1M": 21, "3M": 63, "1Y": 252 }; // sessions
const USUAL = "3M";
const [RECENT, ROWS, DAYS, FEW, LISTED, SLICE] = [30, 20, 12, 5, 100, 50];
const asked = (new URLSearchParams(location.search).get("t") ?? "").trim();
const { fullDay, monthDay, percent, shortDay } = words;
const price = (amount) => words.price(amount, place.Currency);
let symbol = asked;
let turn = 0; // the latest drawing's
let drawn = "";

const fill = (...content) => at("content").replaceChildren(...content);
const done = () => at("content").removeAttribute("aria-busy");

async function show({ body, origin, status }) {
  const watchlist = [...(status?.Watchlist ?? [])].sort();
  const same = JSON.stringify([body, watchlist, status?.AsOf, place.names, place.Currency]);
  if (body && same === drawn) return; // from another source, as when the reader goes offline
  drawn = same;
  at("json").href = `${past.ticker(symbol).path}.json`;
  at("dated").hidden = true;
  if (!body?.Sessions.length) {
    fill(...neighbours(watchlist), missing(origin, watchlist), ...others(watchlist));
    return done();
  }
  const sessions = past.adjusted(body.Sessions, body.Splits);
  for (const [i, ratio] of past.relative(sessions, RECENT).entries()) sessions[i].Relative = ratio;
  document.title = `${words.headline({ Ticker: symbol, ...sessions[0] })} · Daily mover`;
  const parts = element("div", { id: "parts" });
  fill(...neighbours(watchlist), hero(sessions, status), parts);
  await pause(); // the answer is to be seen first
  await showRange(parts, sessions, chosen(sessions.length));
  if (!parts.isConnected) return;
  parts.after(...others(watchlist));
  at("dated").hidden = false;
  done();
}

/** The neighbours in the watchlist; the range stays. */
function neighbours(watchlist) {
  const { previous, next } = past.neighbours([...watchlist].reverse(), symbol);
  const range = new URLSearchParams(location.search).get("range");
  const links = Object.entries({ prev: previous, next }).filter(([, other]) => other);
  const made = links.map(([rel, other]) => {
    const link = toTicker(other);
    if (range) link.search += `&range=${encodeURIComponent(range)}`;
    link.rel = rel;
    link.setAttribute("aria-label", `${rel === "prev" ? "Previous" : "Next"} ticker, ${other}`);
    return link;
  });
  return made.length ? [element("nav", { class: "turn", "aria-label": "Tickers" }, ...made)] : [];
}

/** Why there is nothing to show. */
function missing(origin, watchlist) {
  if (origin === "nowhere") return alone(symbol, "Can’t load the data right now.", retry());
  if (!watchlist.length || watchlist.includes(symbol))
    return alone(`No data for ${symbol} yet`, "The first result appears after its first session.");
  return alone(`${symbol} isn’t on the watchlist.`, "Choose a ticker from the watchlist.");
}

const alone = (heading, ...said) =>
  element("section", { class: "alone" }, element("h1", {}, heading), ...said.map((each) => element("p", {}, each)));

function retry() {
  const button = element("button", {}, "Retry");
  button.onclick = () => location.reload();
  return button;
}

function hero(sessions, status) {
  const [latest] = sessions;
  const { Date, PercentChange, Open, Close, ChangeFromPreviousClose: change } = latest;
  const recent = sessions.slice(0, RECENT);
  const won = recent.filter(({ Won }) => Won).length;
  const name = place.names[symbol];
  const measure = [`Opened ${price(Open)}, closed ${price(Close)}`];
  if (Number.isFinite(change)) measure.push(`${percent(change)} vs. the day before`);
  const when = element("span", { class: "when" }, name ? `${name} on ` : "On ", toDay(Date, time(Date, words.longDay)));
  const said = [
    element("h1", {}, when, " ", element("span", { class: "figure" }, symbol, " ", move(PercentChange))),
    element("p", { class: "measure" }, measure.join(" · ")),
    element("p", { id: "wins" }, `Top mover on ${won || "none"} of its last ${words.count(recent.length, "session")}.`),
    ...(status?.AsOf > Date ? [element("p", { class: "note" }, absence(status))] : []),
    element("ul", { class: "facts" }, ...facts(recent).map((fact) => element("li", {}, fact))),
  ];
  return element("section", { id: "hero", class: "hero" }, element("div", {}, ...said));
}

const absence = ({ AsOf, Watchlist }) =>
  Watchlist.includes(symbol)
    ? `No result for ${symbol} on ${fullDay(AsOf)}.`
    : `${symbol} is no longer on the watchlist.`;

function facts(recent) {
  const [{ Volume, Relative }] = recent;
  const low = Math.min(...recent.map(({ Low }) => Low));
  const high = Math.max(...recent.map(({ High }) => High));
  const basis = splitsIn(recent).map(({ Split }) => `, adjusted for the ${words.split(Split)}`);
  const usual = Relative ? `, ${words.times(Relative)} its ${RECENT}-session average` : "";
  return [
    `${recent.length}-session range ${price(low)} – ${price(high)}${basis.join("")}`,
    `Volume ${words.volume(Volume)}${usual}`,
  ];
}

/** The sessions that began with a split and have sessions before them. */
const splitsIn = (shown) => shown.slice(0, -1).filter(({ Split }) => Split);

/** The range that the address asks for, or the usual one, if there are sessions for it. */
function chosen(count) {
  const names = past.offered(RANGES, count);
  const wanted = new URLSearchParams(location.search).get("range")?.toUpperCase();
  return [wanted, USUAL].find((name) => names.includes(name)) ?? names.at(-1);
}

/** The parts that show a range, in slices that phones can respond between. Nothing that is seen is moved by a later one. */
async function showRange(parts, sessions, range) {
  turn += 1;
  const mine = turn;
  const shown = sessions.slice(0, RANGES[range]);
  const [section, figure] = chartSection(
    shown,
    ranges(sessions, range, (other) => showRange(parts, sessions, other)),
  );
  const within = parts.contains(document.activeElement);
  parts.replaceChildren(section);
  if (within) section.querySelector("[aria-pressed=true]").focus();
  drawChart(figure, shown);
  await pause();
  if (mine !== turn) return;
  parts.append(won(shown));
  const table = tableOf();
  for (let i = 0; i < shown.length; i += SLICE) {
    await pause();
    if (mine !== turn) return;
    table.tBodies[0].append(...shown.slice(i, i + SLICE).map((bar) => line(bar, dated(shown))));
  }
  sortable(table);
  parts.append(daily(table, shown.length, details(parts)));
}

const daily = (table, count, button) =>
  element(
    "section",
    { id: "daily" },
    element("div", { class: "head" }, element("h2", {}, "Daily prices"), button),
    table,
    ...short(table, count, ROWS),
  );

function ranges(sessions, range, choose) {
  const names = past.offered(RANGES, sessions.length);
  if (names.length < 2) return [];
  const buttons = Object.keys(RANGES).map((name) => {
    const button = element("button", { "aria-pressed": name === range }, name);
    button.disabled = !names.includes(name);
    button.onclick = () => {
      const address = new URL(location);
      address.searchParams.set("range", name);
      history.replaceState(null, "", address);
      choose(name);
    };
    return button;
  });
  return [element("div", { class: "ranges", role: "group", "aria-label": "Range" }, ...buttons)];
}

function chartSection(shown, buttons) {
  const count = words.count(shown.length, "session");
  const hint = "Select a candle to see that day. Hollow: up on the day. Filled: down. ★ top mover.";
  const figure = element("figure", { id: "chart", class: "candles" }, element("figcaption", {}, hint));
  const span = `${dateOf(shown.at(-1).Date)} – ${dateOf(shown[0].Date)}`;
  const heading = element("h2", {}, `Last ${count} `, element("small", {}, span));
  const notes = [...splitsIn(shown).map(basis), ...strays(shown)].map((text) => element("p", { class: "note" }, text));
  return [
    element("section", { class: "chart" }, element("div", { class: "head" }, heading, ...buttons), figure, ...notes),
    figure,
  ];
}

const basis = ({ Date, Split }) => `Prices before ${dateOf(Date)} are shown adjusted for the ${words.split(Split)}.`;
const dateOf = (date) => fullDay(date).replace(/^\w+, /, "");

const bars = (shown) => shown.map(({ Open: open, High: high, Low: low, Close: close }) => ({ open, high, low, close }));

/** What lies beyond the chart. */
function strays(shown) {
  const { low, high } = scale(bars(shown));
  const beyond = shown.flatMap(({ Date, High, Low }) => [
    ...(High > high ? [`▴ Off the chart: the high of ${shortDay(Date)}, ${price(High)}.`] : []),
    ...(Low < low ? [`▾ Off the chart: the low of ${shortDay(Date)}, ${price(Low)}.`] : []),
  ]);
  return beyond;
}

function drawChart(figure, shown) {
  const oldest = [...shown].reverse();
  const edges = scale(bars(oldest));
  const off = (beyond) => (beyond ? " (off the chart)" : "");
  const told = ({ Date, PercentChange, Open, High, Low, Close, Volume, Relative, Won, Split }) =>
    [
      `${fullDay(Date)}: ${percent(PercentChange)}`,
      `open ${price(Open)}`,
      `high ${price(High)}${off(High > edges.high)}`,
      `low ${price(Low)}${off(Low < edges.low)}`,
      `close ${price(Close)}`,
      `volume ${words.volume(Volume)}${Relative ? ` (${words.times(Relative)})` : ""}`,
      ...(Split ? [words.split(Split)] : []),
      ...(Won ? ["top mover"] : []),
    ].join(", ");
  const rows = oldest.map((bar) => ({
    ...bars([bar])[0],
    href: `/days/${bar.Date}.html`,
    text: told(bar),
    kind: words.direction(bar.PercentChange),
    volume: bar.Volume,
    sign: bar.Won ? "★" : "",
    split: bar.Split && words.split(bar.Split),
    label: monthDay(bar.Date),
  }));
  candles(figure, `Prices and volume of ${symbol}`, rows, { price, volume: words.volume });
}

function won(shown) {
  const days = shown.filter(({ Won }) => Won);
  const day = dated(shown);
  const entries = days.map(({ Date, PercentChange }) =>
    element("li", {}, toDay(Date, time(Date, day), " ", move(PercentChange))),
  );
  const list = element("ul", { class: "strip moves" }, ...entries);
  const heading = element(
    "h2",
    {},
    "Days as top mover ",
    element("small", {}, days.length ? `${days.length} of ${shown.length}` : ""),
  );
  const all = element("a", { href: `/history.html?t=${encodeURIComponent(symbol)}` }, "All on record");
  const none = days.length ? [] : [`None in the last ${words.count(shown.length, "session")}. `];
  const below = element("p", {}, ...none, ...short(list, days.length, DAYS), all);
  return element("section", { id: "days" }, heading, ...(days.length ? [list] : []), below);
}

/** Shows the first of many entries until more are asked for. */
function short(list, count, first) {
  if (count < first + FEW) return [];
  list.classList.add("short");
  const more = element("button", { class: "more" }, `Show ${count - first} more`);
  more.onclick = () => {
    list.classList.remove("short");
    more.remove();
    list.querySelectorAll("li, tbody tr")[first].querySelector("a").focus();
  };
  return [more];
}

/** On a phone a row has the date, move and close until more is asked for. */
function details(parts) {
  const button = element("button", { id: "details", "aria-pressed": parts.classList.contains("detailed") }, "Details");
  button.onclick = () => button.setAttribute("aria-pressed", parts.classList.toggle("detailed"));
  return button;
}

/** With the year where a range reaches into another one. */
const dated = (shown) => (date) => (date.slice(0, 4) === shown[0].Date.slice(0, 4) ? shortDay(date) : dateOf(date));

function tableOf() {
  const formula = `Move = (Close − Open) / Open × 100. Rel. volume: against the ${RECENT} sessions before. Select a row to see that day.`;
  const head = heads([
    ["Date", "Date"],
    ["PercentChange", "Move"],
    ["ChangeFromPreviousClose", "vs. previous close"],
    ...["Open", "High", "Low", "Close", "Volume"].map((name) => [name, name]),
    ["Relative", "Rel. volume"],
    ["Won", "★"],
  ]);
  head.querySelector("[value=Won]").setAttribute("aria-label", "Top mover");
  const look = { id: "sessions", class: "linked", "data-sort": "-Date" };
  const table = element("table", look, element("caption", {}, formula), head, element("tbody"));
  linked(table);
  return table;
}

const UNKNOWN = -1; // sorts after all that is known

function line(bar, day) {
  const { Date, PercentChange, ChangeFromPreviousClose: change, Open, High, Low, Close, Volume, Relative, Won } = bar;
  const known = Number.isFinite(change);
  const made = row(
    [
      toDay(Date, time(Date, day)),
      move(PercentChange),
      known ? move(change) : "–",
      ...[Open, High, Low, Close].map(price),
      words.volume(Volume),
      Relative ? words.times(Relative) : "–",
      Won ? "★" : "",
    ],
    Won ? { class: "won" } : {},
  );
  const [, , previous, , , , , volume, relative, star] = made.cells;
  if (!known) previous.dataset.value = UNKNOWN;
  volume.dataset.value = Volume;
  volume.title = words.number(Volume);
  relative.dataset.value = Relative ?? UNKNOWN;
  star.dataset.value = Number(Won);
  if (Won) star.title = "Top mover";
  return made;
}

/** The watchlist, or the first of a long one. */
function others(watchlist) {
  if (!watchlist.length) return [];
  const entries = watchlist.slice(0, LISTED).map((each) => {
    const link = toTicker(each);
    if (place.names[each]) link.append(" ", element("small", {}, place.names[each]));
    if (each === symbol) link.setAttribute("aria-current", "page");
    return element("li", {}, link);
  });
  const more = watchlist.length - LISTED;
  if (more > 0) entries.push(element("li", { class: "muted" }, `and ${words.count(more, "more", "more")}`));
  const heading = element("h2", {}, `Watchlist (${words.number(watchlist.length)})`);
  return [element("section", { id: "watchlist" }, heading, element("ul", { class: "strip" }, ...entries))];
}

/** Without a ticker: the watchlist to choose from. */
function refuse() {
  const heading = asked ? `“${asked.slice(0, 40)}” isn’t a ticker.` : "Choose a ticker from the watchlist.";
  return keepFresh(market.MOVERS, ({ status }) => {
    const watchlist = [...(status?.Watchlist ?? [])].sort();
    const said = asked && watchlist.length ? ["Choose a ticker from the watchlist."] : [];
    fill(alone(heading, ...said, ...(status ? [] : [retry()])), ...others(watchlist));
    done();
  });
}

const spelled = ({ ticker }) => ticker.test(symbol);

/** Reads the status first only if it can tell another ticker than the address. */
async function open() {
  const exchanges = Object.values(market.EXCHANGES);
  if (!/^[^a-z]+$/.test(asked) || !spelled(place)) {
    const status =
      exchanges.some(({ ticker }) => ticker.test(asked.toUpperCase())) && (await market.also(window, market.STATUS));
    symbol = past.meant(asked, status?.Watchlist ?? []);
    if (!spelled(market.EXCHANGES[status?.Exchange?.Mic] ?? place)) return refuse();
    const address = new URL(location);
    address.searchParams.set("t", symbol);
    history.replaceState(null, "", address);
  }
  document.title = `${symbol} · Daily mover`;
  at("who").textContent = symbol;
  return keepFresh(past.ticker(symbol), show);
}

open();
