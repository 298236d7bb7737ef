/** The history: every stored winner as a calendar, by ticker, and in a table. */

import { calendar, swatch } from "./calendar.js";
import { element, svg } from "./chart.js";
import { day, direction, HISTORY } from "./market.js";
import { at, chip, keepFresh, locale, pause, showWinners, sortable, toDay, told, toTicker, trading } from "./page.js";
import { biggest, fell, quartiles, rose, step, wins } from "./past.js";

const only = at("only");
let movers = [];

function show({ body }) {
  movers = body ?? [];
  if (!movers.length) at("span").textContent = body ? "No session is on record yet." : "The list could not be read.";
  else showAll();
}

function showAll() {
  const tickers = wins(movers).map(({ Ticker }) => Ticker);
  const asked = new URLSearchParams(location.search).get("t") ?? "";
  only.replaceChildren(new Option("All tickers", ""), ...tickers.sort().map((ticker) => new Option(ticker)));
  only.value = tickers.includes(asked) ? asked : "";
  at("unknown").hidden = only.value === asked;
  showLegend();
  showChosen();
}

/** Shows the chosen ticker's part of everything, in several tasks, because each is slow on a slow device. */
async function showChosen() {
  const chosen = movers.filter(({ Ticker }) => !only.value || Ticker === only.value);
  showSums(chosen);
  await pause();
  showWins();
  await pause();
  showTable(chosen);
  await pause();
  showCalendar();
}

function showSums(chosen) {
  const best = biggest(chosen);
  at("whose").textContent = only.value ? `Wins of ${only.value}` : "Winners on record";
  at("count").textContent = chosen.length.toLocaleString(locale);
  at("span").replaceChildren(trading(chosen.at(-1).Date), " to ", trading(chosen[0].Date));
  at("rose").textContent = rose(chosen);
  at("fell").textContent = fell(chosen);
  at("biggest").replaceChildren(toDay(best.Date, best.Ticker), " ", chip(best.PercentChange));
}

const parts = () => quartiles(movers.map(({ PercentChange }) => PercentChange));

function showLegend() {
  const size = { style: "unit", unit: "percent", maximumFractionDigits: 2 };
  const sizes = parts().map((part) => part.toLocaleString(locale, size));
  const names = [`under ${sizes[0]}`, ...sizes.map((size) => `from ${size}`)];
  const entry = (name, i) => element("li", {}, swatch("up", i), swatch("down", i), name);
  at("legend").replaceChildren(...names.map(entry));
}

function showCalendar() {
  const limits = parts();
  const days = movers.toReversed().map((mover) => ({
    date: mover.Date,
    href: `/day.html?date=${mover.Date}`,
    text: told(mover),
    kind: direction(mover.PercentChange),
    step: step(mover.PercentChange, limits),
    faded: only.value && mover.Ticker !== only.value,
  }));
  calendar(at("calendar"), "Winners by day", days, locale);
}

function showWins() {
  const rows = wins(movers);
  const most = Math.max(...rows.map(({ Wins }) => Wins));
  sortable(at("wins"), rows, ({ Ticker, Wins, Up, Down, best, Last }) => [
    toTicker(Ticker),
    Wins,
    Up,
    Down,
    toDay(best.Date, chip(best.PercentChange)),
    toDay(Last, trading(Last)),
    share(Up / most, Down / most),
  ]);
}

/** A bar of wins: first the rises, then the falls. */
function share(up, down) {
  const [width, height] = [96, 12];
  const part = (kind, x, share) =>
    svg("g", { class: kind }, svg("rect", { x: x * width, width: share * width, height }));
  return svg("svg", { width, height, "aria-hidden": "true" }, part("up", 0, up), part("down", up, down));
}

function showTable(chosen) {
  const table = at("movers");
  const shown = Math.min(chosen.length, table.dataset.rows ?? Infinity);
  at("shown").textContent = shown < chosen.length ? `${shown} of ${chosen.length}` : shown;
  at("all").hidden = shown === chosen.length;
  at("all").onclick = () => {
    delete table.dataset.rows;
    showTable(chosen);
    table.rows[shown + 1].querySelector("a").focus();
  };
  showWinners(table, chosen, day);
}

only.onchange = () => {
  const url = new URL(location);
  if (only.value) url.searchParams.set("t", only.value);
  else url.searchParams.delete("t");
  history.replaceState(null, "", url);
  at("unknown").hidden = true;
  showChosen();
};

keepFresh(HISTORY, show);
