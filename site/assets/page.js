/** What all pages share: the header, the state of the data; and the pages that come with their answer. */

import { moment } from "./dates.js";
import * as market from "./market.js";

const root = document.documentElement;
export const at = (id) => document.getElementById(id);
export const place = { ...market.EXCHANGES.XNYS, names: {} }; // until the status says

/** Between slow tasks, so that phones respond. */
export const pause = () => new Promise((done) => setTimeout(done));

/** Reads regularly, and draws what differs from what was drawn; anything if `always`. `draw` says false if it can't. */
export function keepFresh(resource, draw, { always } = {}) {
  let [turn, drawn] = [0, ""];
  const refresh = async () => {
    if (document.hidden) return;
    turn += 1;
    const mine = turn;
    const view = await market.load(window, new Date(), resource);
    if (mine !== turn) return; // a later one is under way
    const { Exchange, Names } = view.status ?? {};
    Object.assign(place, Exchange, market.EXCHANGES[Exchange?.Mic], { names: Names ?? {} });
    tell(view);
    const shown = JSON.stringify([view.origin, view.body, place.Currency, place.names]);
    if (!always && shown === drawn) return;
    if ((await draw(view, () => mine === turn)) !== false) drawn = shown;
  };
  for (const event of ["online", "offline", "visibilitychange"]) addEventListener(event, refresh);
  setInterval(refresh, 300_000);
  return refresh();
}

let told = "";

/** The state of the data in a line; warnings in a box. Only a change is announced. */
function tell(view) {
  const { status, now } = view;
  const said = market.notices(view, now, place);
  const state = at("state");
  const text = said.map(([, title, words]) => `${title} ${words}`.trim()).join(" ");
  state.hidden = false;
  state.dataset.tone = said[0]?.[0] ?? "calm";
  if (told !== text) {
    told = text;
    const parts = said.flatMap(([, title, words]) => [
      Object.assign(document.createElement("b"), { textContent: title }),
      ` ${words} `,
    ]);
    state.replaceChildren(...parts);
  }
  places(status);
  const checked = at("refreshed");
  if (checked && status?.CheckedAt) {
    checked.dateTime = status.CheckedAt;
    checked.textContent = moment(status.CheckedAt, place.clocks);
  }
}

/** What can be chosen in the header. */
function places(status) {
  const options = (status?.Watchlist ?? [])
    .slice(0, 200)
    .map((ticker) => new Option(place.names[ticker] ?? "", ticker));
  at("places").replaceChildren(...options);
}

/** A row leads where its first link does. */
export function linked(table) {
  table.onclick = ({ target }) => {
    if (!target.closest("a, button")) target.closest("tbody tr")?.querySelector("a").click();
  };
}

function header() {
  const [form, settings, choices] = [at("go"), at("settings"), at("choices")];
  form.hidden = settings.hidden = false;
  settings.onclick = () => {
    choices.hidden = !choices.hidden;
    settings.ariaExpanded = String(!choices.hidden);
  };
  for (const choice of choices.querySelectorAll("select")) {
    choice.value = root.dataset[choice.name] ?? "";
    choice.onchange = () => {
      root.dataset[choice.name] = choice.value;
      try {
        localStorage[choice.name] = choice.value;
      } catch {
        // refused: for this page only
      }
    };
  }
  form.onsubmit = (event) => {
    event.preventDefault();
    const to = form.to.value.trim();
    if (to)
      location.href = /^\d{4}-/.test(to)
        ? `/day.html?date=${encodeURIComponent(to)}`
        : `/ticker.html?t=${encodeURIComponent(to)}`;
  };
  addEventListener("keydown", ({ key, target, altKey, ctrlKey, metaKey }) => {
    if (altKey || ctrlKey || metaKey || target.closest("a, input, select, svg")) return;
    const rel = { ArrowLeft: "prev", ArrowRight: "next" }[key];
    document.querySelector(`a[rel="${rel}"]`)?.click();
  });
}

// biome-ignore lint/suspicious/noImportCycles: only long after this module has been evaluated
const drawing = () => import("./draw.js");

/** Latest and the days' pages come with their answer. A newer one is drawn over it, and nothing else. */
async function refreshed({ body, made, origin }, isLatest) {
  const newest = Array.isArray(body) ? body[0] : body;
  if (!newest || made === root.dataset.made || newest.Date < (root.dataset.date ?? "")) return;
  if (origin === "memory" && newest.Date === root.dataset.date) return;
  const { draw } = await drawing();
  const done = await draw(body, isLatest);
  if (done) Object.assign(root.dataset, { made, date: newest.Date });
  return done;
}

/** A long ranking comes with its beginning. */
function whole() {
  const all = at("all");
  if (!all) return;
  all.hidden = false;
  all.onclick = async () => (await drawing()).drawAll(root.dataset.date);
}

/** A document's tables are sorted already; another order is fetched when it is asked for. */
function tables() {
  for (const table of document.querySelectorAll("table[data-sort]")) {
    if (table.classList.contains("linked")) linked(table);
    if (!table.tBodies[0].rows.length) continue; // its module fills and sorts it
    const sort = async (button) => {
      const { sortable } = await import("./sorting.js");
      table.tHead.onclick = null;
      sortable(table);
      button?.click();
    };
    if (new URL(location).searchParams.has("sort")) sort();
    else table.tHead.onclick = ({ target }) => target.closest("button") && sort(target.closest("button"));
  }
}

header();
tables();
whole();
const isDay = location.pathname.startsWith("/days/") && root.dataset.date; // else this is the error page
if (isDay) keepFresh(market.session(root.dataset.date), refreshed);
else if (["/", "/index.html"].includes(location.pathname)) keepFresh(market.MOVERS, refreshed);
