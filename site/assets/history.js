/** The history: who won when, how often, and every session, of the range that is chosen. */

import { element } from "./chart.js";
import { bar, company, move, row, step, time, toDay, toTicker } from "./draw.js";
import { lanes } from "./lanes.js";
import { also, HISTORY } from "./market.js";
import { at, keepFresh, linked, pause, place } from "./page.js";
import * as past from "./past.js";
import { sortable } from "./sorting.js";
import * as words from "./words.js";

const [FIRST, MORE] = [20, 100]; // rows
const only = at("only");
const [record, retry] = [at("record"), at("retry")];

let movers = []; // newest first
let missing = []; // dates of sessions
let others = new Map(); // the winners by previous close, by date
let drawn = "";
let turn = 0;

/** What the address asks for; it keeps what is chosen. */
const asked = (name) => new URL(location).searchParams.get(name) ?? "";
function keep(name, value) {
  const address = new URL(location);
  if (value) address.searchParams.set(name, value);
  else address.searchParams.delete(name);
  history.replaceState(null, "", address);
}
const range = () => past.within(movers, past.RANGES.get(asked("range")));

async function show({ body, online, status }) {
  retry.firstElementChild.disabled = false;
  if (!body?.length) {
    if (!drawn) absent(body, online); // else what was drawn is better than nothing
    return;
  }
  const { NextSession, Missing = [] } = status ?? {};
  missing = Missing.filter((date) => date < NextSession);
  const shown = JSON.stringify([body, missing, place.Currency, place.names]);
  if (shown === drawn) return;
  [movers, drawn] = [body, shown];
  retry.hidden = true;
  record.hidden = false;
  choices();
  const known = also(window, past.BY_PREVIOUS_CLOSE);
  await showRange();
  const list = await known;
  if (body !== movers) return; // newer ones are shown
  at("agreement").hidden = !list?.length;
  others = new Map((list ?? []).map((each) => [each.Date, each]));
  showList();
}

/** Nothing to show: says why, and hides the rest. */
function absent(body, online) {
  const [title, text] = body
    ? ["No data yet", "The first result appears after the first market close."]
    : online
      ? ["Can’t load the data right now", ""]
      : ["You’re offline", "This device has no saved copy."];
  record.hidden = true;
  record.classList.remove("loading");
  retry.hidden = Boolean(body);
  at("span").textContent = title;
  at("story").replaceChildren(...(text ? [text, " "] : []), element("a", { href: "/status.html" }, "Status"));
}

/** Offers the ranges that are shorter than the record, and the tickers. */
function choices() {
  for (const input of document.querySelectorAll("fieldset input")) input.checked = input.value === asked(input.name);
  const ranges = [...at("ranges").querySelectorAll("input")];
  for (const input of ranges) {
    const months = past.RANGES.get(input.value);
    input.parentElement.hidden = Boolean(months) && past.within(movers, months).length === movers.length;
  }
  const shorter = ranges.filter((input) => !input.parentElement.hidden);
  at("ranges").hidden = shorter.length < 2;
  if (!shorter.some(({ checked }) => checked)) ranges.at(-1).checked = true;

  const tickers = past.wins(movers).map(({ Ticker }) => Ticker);
  only.replaceChildren(only.options[0], ...tickers.sort().map((ticker) => new Option(ticker)));
  only.value = tickers.includes(asked("t")) ? asked("t") : "";
}

/** Everything of the chosen range, in several tasks, because each is slow on a slow device. */
async function showRange() {
  turn += 1;
  const mine = turn;
  for (const part of [showStory, showPicture, showWins, showList]) {
    if (mine !== turn) return; // another range was chosen
    await part();
    await pause();
  }
}

function showStory() {
  const some = range();
  const [first, second] = past.wins(some);
  const best = past.biggest(some);
  const run = past.streak(some, missing);
  const span = words.span(some.at(-1).Date, some[0].Date).replace(/ (?=\d)/g, "\u00a0"); // no date is broken
  at("span").textContent = `${words.count(some.length, "session")}, ${span}`;
  const won = second
    ? `${first.Ticker} won ${words.number(first.Wins)} of them, ${second.Ticker} ${words.number(second.Wins)}.`
    : `${first.Ticker} won every one.`;
  // A day without its year would be unclear in a record of several.
  const year = some[0].Date.slice(0, 4) !== some.at(-1).Date.slice(0, 4) && past.within(some, 12).length < some.length;
  const days = run.length > 1 && words.span(run.at(-1).Date, run[0].Date, { year });
  const story = [
    ...(some.length > 1 ? [won, " "] : []),
    `Biggest: ${best.Ticker} ${words.percent(best.PercentChange)} on `,
    toDay(best.Date, time(best.Date, words.yearDay)),
    ...(days
      ? [
          `. Longest streak: ${run[0].Ticker}, ${words.count(run.length, "session")} (`,
          element("span", { class: "whole" }, days),
          ").",
        ]
      : ["."]),
  ];
  at("story").replaceChildren(...story);
}

function showPicture() {
  const isCalendar = asked("view") === "calendar";
  at("lanes").hidden = isCalendar;
  at("calendar").hidden = !isCalendar;
  return isCalendar ? showCalendar() : showLanes();
}

/** The days of the range, with what a mark needs. */
function daysOf(some) {
  const winner = new Map(some.map((each) => [each.Date, each]));
  const says = { closed: "market closed", missing: "missing" };
  return past.days(some, missing).map(({ date, kind }) => {
    if (kind !== "session") return { date, kind, text: `${words.fullDay(date)}: ${says[kind]}` };
    const { Ticker: ticker, PercentChange: change } = winner.get(date);
    const text = `${words.fullDay(date)}: ${ticker} ${words.percent(change)}`;
    return {
      date,
      kind,
      text,
      ticker,
      change,
      look: words.direction(change),
      href: `/days/${date}.html`,
      step: step(change),
    };
  });
}

function showLanes() {
  const some = range();
  const shown = past.lanesOf(past.wins(some));
  const lane = new Map(shown.flatMap(({ tickers }, i) => tickers.map((ticker) => [ticker, i])));
  const rows = shown.map(({ name, wins }) => ({
    name,
    note: `${words.count(wins, "win")} · ${words.share(wins, some.length)}`,
  }));
  const days = daysOf(some).map((day) => ({ ...day, lane: lane.get(day.ticker) }));
  lanes(at("lanes"), "Who won when", rows, days, words.month);
  const key = [[null, "One line a session: up = rose, down = fell; height = size of the move."]];
  for (const [kind, text] of [
    ["closed", "market closed"],
    ["missing", "session missing"],
  ])
    if (days.some((day) => day.kind === kind)) key.push([element("i", { class: kind }), text]);
  legend(key);
}

async function showCalendar() {
  const { calendar, gapSwatch, swatch } = await import("./calendar.js");
  if (at("calendar").hidden) return;
  const days = daysOf(range());
  calendar(at("calendar"), "Top movers by day", days, { month: words.month, weekday: words.initial });
  const sizes = ["under 1%", "1–2%", "2–3%", "over 3%"];
  const key = sizes.map((text, i) => [element("span", {}, swatch("up", i), swatch("down", i)), text]);
  for (const [kind, text] of [
    ["closed", "market closed"],
    ["missing", "session missing"],
  ])
    if (days.some((day) => day.kind === kind)) key.push([gapSwatch(kind), text]);
  legend(key);
}

const legend = (entries) =>
  at("legend").replaceChildren(...entries.map(([sign, text]) => element("li", {}, ...(sign ? [sign] : []), text)));

function showWins() {
  const some = range();
  const worth = Object.fromEntries(
    ["Ticker", "Wins", "Up", "Down", "Biggest", "Last"].map((name) => [name, (each) => each[name]]),
  );
  long(at("wins"), past.wins(some), worth, ({ Ticker, Wins, Up, Down, best, Last }) => {
    const made = row([
      toTicker(Ticker),
      [words.number(Wins), " ", element("small", {}, words.share(Wins, some.length))],
      words.number(Up),
      words.number(Down),
      toDay(best.Date, move(best.PercentChange)),
      toDay(Last, time(Last, words.yearDay)),
    ]);
    made.cells[0].append(...company(Ticker));
    return made;
  });
  at("by-ticker").hidden = false;
}

function showList() {
  const some = range();
  const chosen = some.filter(({ Ticker }) => !only.value || Ticker === only.value);
  const unknown = asked("t") && !only.value;
  at("none").hidden = chosen.length > 0 && !unknown;
  at("none").textContent = unknown
    ? `“${asked("t").slice(0, 20)}” has not been the top mover. All are shown.`
    : "None in this range.";
  showAgreement(some);
  const table = at("movers");
  table.hidden = !chosen.length;
  table.classList.toggle("alone", !others.size);
  const best = past.biggest(some);
  const other = ({ Date, Ticker }) => (others.get(Date)?.Ticker !== Ticker && others.get(Date)) || null;
  const worth = {
    Date: (each) => each.Date,
    Ticker: (each) => each.Ticker,
    PercentChange: (each) => Math.abs(each.PercentChange),
    Other: (each) => Math.abs(other(each)?.PercentChange ?? 0),
    ClosingPrice: (each) => each.ClosingPrice,
  };
  long(table, chosen, worth, (each) => {
    const theirs = other(each);
    const same = element("span", { class: "muted" }, others.has(each.Date) ? "same" : "–");
    const cells = [
      toDay(each.Date, time(each.Date, words.fullDay)),
      [toTicker(each.Ticker), ...company(each.Ticker)],
      bar(each.PercentChange, Math.abs(best.PercentChange)),
      move(each.PercentChange),
      theirs ? [toTicker(theirs.Ticker), " ", move(theirs.PercentChange)] : same,
      words.price(each.ClosingPrice, place.Currency),
    ];
    const made = row(cells, each === best ? { class: "best" } : {});
    made.cells[4].dataset.value = worth.Other(each);
    return made;
  });
  linked(table);
  at("list").hidden = false;
  record.classList.remove("loading");
}

function showAgreement(some) {
  const { same, known } = past.agreement(some, others);
  at("agreement").textContent = known
    ? `Same top mover by both measures on ${words.number(same)} of ${words.count(known, "session")}.`
    : "";
}

/** A table of the first rows of a list; a button adds more. `worth` has what each column is sorted by. */
function long(table, list, worth, draw) {
  const more = table.nextElementSibling;
  const [button, count] = more.children;
  const body = table.tBodies[0];
  let sorted = list;
  const tell = () => {
    more.hidden = body.rows.length === list.length;
    count.textContent = `${words.number(body.rows.length)} of ${words.number(list.length)}`;
  };
  sortable(table, (name, sign) => {
    const by = worth[name];
    sorted = [...list].sort((a, b) => sign * ((by(a) > by(b)) - (by(a) < by(b))));
    body.replaceChildren(...sorted.slice(0, table.dataset.shown ?? FIRST).map(draw));
    tell();
  });
  button.onclick = () => {
    const from = body.rows.length;
    body.append(...sorted.slice(from, from + MORE).map(draw));
    table.dataset.shown = body.rows.length; // another order or range keeps as many
    tell();
    body.rows[from].querySelector("a").focus();
  };
}

for (const input of document.querySelectorAll("fieldset input"))
  input.onchange = () => {
    keep(input.name, input.value);
    if (input.name === "range") showRange();
    else showPicture();
  };
only.onchange = () => {
  keep("t", only.value);
  showList();
};
retry.onclick = () => {
  retry.firstElementChild.disabled = true;
  dispatchEvent(new Event("online")); // reads again
};

keepFresh(HISTORY, show, { always: true });
