/** The status: how fresh the data is, what comes next, and whether both sources respond. */

import { chart, element, svg } from "./chart.js";
import { time, toDay, toTicker } from "./draw.js";
import * as health from "./health.js";
import { dateIn, expectedAt, MOVERS, marketDate, marketTime, STATUS } from "./market.js";
import { at, keepFresh, place } from "./page.js";
import * as words from "./words.js";

const LISTED = 100; // tickers
const HINT = "Hover, touch or arrow keys show the day.";
const [NAMES, LINE, PAST] = [["close", "data in", "close", "data due", "alarm"], 32, 22]; // PAST: pixels beyond the alarm
const KINDS = {
  good: "on time",
  late: "late by more than 2 hours",
  in: "added afterwards",
  missing: "missing",
  closed: "market closed",
};
const PRICES = {
  live: "Real end-of-day prices",
  simulated: "Demo data, made up",
  recorded: "Real past prices, replayed",
};

/** Not broken but between the clocks. */
const moment = (instant) => words.moment(instant, place.clocks).replace(/ /g, "\u00a0").replace("·\u00a0", "· ");

function show(view) {
  const { origin, status, now, seenAt } = view;
  const state = health.verdict(view);
  at("story").textContent = at(`is-${state}`).lastElementChild.textContent;
  at("backup").hidden = origin !== "api";
  const isSaved = state === "saved";
  const some = Boolean(status?.AsOf);
  for (const id of ["facts", "way", "days", "source", "watched"]) at(id).hidden = !some;
  at("parts").classList.remove("loading");
  if (!some) return;
  showFacts(status, now);
  at("way").hidden = isSaved; // what has come since is unknown
  if (!isSaved) showWay(status, now);
  showDays(health.strip(status, isSaved ? new Date(seenAt) : now));
  showSource(status, now);
}

function showFacts(status, now) {
  const { AsOf, NextSession, StaleAfter, GeneratedAt, CheckedAt } = status;
  const isToday = marketDate(status, now) === NextSession;
  at("latest").replaceChildren(toDay(AsOf, time(AsOf, words.fullDay)));
  at("next").replaceChildren(time(NextSession, words.fullDay), isToday ? " (today)" : "");
  const instants = { expected: expectedAt(status), alarm: StaleAfter, changed: GeneratedAt, checked: CheckedAt };
  for (const [id, instant] of Object.entries(instants)) at(id).textContent = instant ? moment(instant) : "–";
}

function showWay(status, now) {
  const [zone, timeZone] = Object.entries(place.clocks).at(-1);
  const day = (instant) => words.weekday(dateIn(timeZone, instant)).slice(0, 3);
  const clock = (instant) => words.time(instant, timeZone);
  const when = (instant) => `${day(instant)} ${clock(instant)}`;
  const way = health.way(status, now, place.close);
  const [, came, , , alarm] = way.instants;
  const isLate = way.now > 4;
  const next = words.shortDay(status.NextSession);
  const said = [
    `Now it is ${when(way.time)}.`,
    `${words.shortDay(status.AsOf)} came in ${when(came)}.`,
    way.now > 3
      ? `${next} was expected about ${when(expectedAt(status))}.`
      : `${next} closes ${when(way.instants[2])} and is expected about ${when(expectedAt(status))}.`,
    isLate ? `The alarm went off ${when(alarm)}.` : `If it isn’t in by ${when(alarm)}, an alarm goes off.`,
    `Times in ${zone}.`,
  ].join(" ");

  const x = (step) => `${(25 * step).toFixed(2)}%`;
  const line = (look, from, to) => svg("line", { class: look, x1: x(from), x2: x(to), y1: LINE, y2: LINE });
  const lines = [0, 1, 2, 3].flatMap((i) => {
    const done = Math.min(Math.max(way.now, i), i + 1);
    return [
      ...(done < i + 1 ? [line("todo", done, i + 1)] : []),
      ...(done > i ? [line(i === 3 ? "slow" : "done", i, done)] : []),
    ];
  });
  const look = (i) => (i > way.now ? "todo" : ["done", "done", "done", "slow", "past"][i]);
  const stations = way.instants.map((instant, i) =>
    svg(
      "g",
      {},
      svg("circle", { class: look(i), cx: x(i), cy: LINE, r: 6 }),
      ...[NAMES[i], clock(instant), day(instant)].map((text, row) =>
        svg("text", { class: row ? "" : "name", x: x(i), y: LINE + 26 + 16 * row, "text-anchor": "middle" }, text),
      ),
    ),
  );
  // What is beyond the alarm stands beside the scale.
  const beyond = svg(
    "svg",
    { x: "100%" },
    svg("line", { class: "past", x1: 6, x2: PAST, y1: LINE, y2: LINE }),
    nowMark(PAST, PAST, "end", clock(way.time)),
  );
  const spot = x(Math.min(way.now, 4));
  const anchor = way.now < 0.4 ? "start" : way.now > 3.6 ? "end" : "middle";
  const mark = isLate ? beyond : nowMark(spot, spot, anchor, clock(way.time));
  const drawing = svg(
    "svg",
    { width: "100%", height: LINE + 64, role: "img", "aria-label": said },
    ...lines,
    ...stations,
    mark,
  );
  const figure = at("way").lastElementChild;
  figure.replaceChildren(element("div", {}, drawing), figure.lastElementChild);
  at("zone").textContent = zone;
}

const nowMark = (cx, x, anchor, clock) =>
  svg(
    "g",
    { class: "now" },
    svg("circle", { cx, cy: LINE, r: 5 }),
    svg("text", { x, y: LINE - 16, "text-anchor": anchor }, `now ${clock}`),
  );

/** A session's sign, in a square of 16 pixels around the origin. */
const sign = (kind) =>
  svg(
    "g",
    { class: kind },
    kind === "closed" ? svg("path", { d: "M-5 0h10" }) : svg("circle", { r: 7 }),
    ...(kind === "late" ? [svg("path", { d: "M0-7a7 7 0 0 0 0 14z" })] : []),
    ...(kind === "in" ? [svg("circle", { class: "core", r: 3 })] : []),
  );

function told({ date, kind, hours, name }) {
  const day = words.fullDay(date);
  if (kind === "closed") return `${day}: market closed${name ? ` (${name})` : ""}`;
  if (kind !== "late") return `${day}: ${KINDS[kind]}`;
  return `${day}: late by ${hours < 48 ? words.count(hours, "hour") : words.count(Math.round(hours / 24), "day")}`;
}

function showDays(entries) {
  const figure = at("strip");
  const known = new Set(["good", "late", "missing", "closed", ...entries.map(({ kind }) => kind)]);
  const many = (kind) => entries.filter((each) => each.kind === kind).length;
  const sessions = entries.length - many("closed");
  const parts = ["missing", "late"].filter(many).map((kind) => `${many(kind)} ${kind}`);
  at("score").textContent = [`${sessions - many("missing")} of ${sessions} in`, ...parts].join(" · ");
  const text = entries.map(told);
  const drawn = JSON.stringify(text);
  if (figure.dataset.drawn !== drawn) drawStrip(figure, entries, text);
  figure.dataset.drawn = drawn;
  const kinds = Object.keys(KINDS).filter((kind) => known.has(kind));
  const key = (kind) =>
    svg("svg", { viewBox: "-8 -8 16 16", width: 16, height: 16, "aria-hidden": "true" }, sign(kind));
  at("legend").replaceChildren(...kinds.map((kind) => element("li", {}, key(kind), KINDS[kind])));
}

function drawStrip(figure, entries, text) {
  figure.querySelector("figcaption").textContent = HINT;
  chart(figure, "Last sessions, oldest first", (width) => {
    const { size, height, weeks, days } = health.layout(entries, width);
    const marks = days.map(({ date, kind, x, y }, i) => {
      const isStored = !["missing", "closed"].includes(kind);
      const href = isStored ? `/days/${date}.html` : `/day.html?date=${date}`; // which says why there is none
      const dot = sign(kind);
      dot.setAttribute("transform", `translate(${(x + size / 2).toFixed(1)} ${y + 34})`);
      const hit = svg("rect", { class: "hit", x, y: y + 20, width: size, height: 28 });
      return svg("a", { href, "aria-label": text[i] }, hit, dot);
    });
    const names = weeks.map(({ date, x, y }) => svg("text", { x: x + size / 2 - 7, y: y + 12 }, words.monthDay(date)));
    return { height, back: names, marks };
  });
  // A finger is told first; the caption has the link.
  figure.onclick = (event) => {
    if (event.pointerType === "touch" && event.target.closest("svg")) event.preventDefault();
  };
}

function showSource(status, now) {
  const { AsOf, Source, Watchlist, Formula, Exchange } = status;
  const { Provider, Kind, ClockOffsetSeconds: offset } = Source;
  at("vendor").textContent = Provider.slice(0, 1).toUpperCase() + Provider.slice(1);
  at("kind").textContent = PRICES[Kind];
  at("clock").parentElement.hidden = !offset;
  at("clock").textContent = `${health.clock(offset)}: ${moment(marketTime(status, now))}`;
  at("exchange").textContent = [Exchange.Mic, ...(place.Currency ? [`prices in ${place.Currency}`] : [])].join(", ");
  at("formula").textContent = Formula.replace("-", "−").replace("*", "×");
  at("stocks").textContent = words.count(Watchlist.length, "stock");
  const items = Watchlist.slice(0, LISTED).map((ticker) =>
    element("li", {}, toTicker(ticker), ...(place.names[ticker] ? [` ${place.names[ticker]}`] : [])),
  );
  const more = Watchlist.length - LISTED;
  const rest = element("a", { href: `/days/${AsOf}.html#ranking` }, `${words.number(more)} more`);
  if (more > 0) items.push(element("li", {}, rest));
  at("watchlist").replaceChildren(...items);
}

let running = false;

/** Asks both sources for each resource, and tells each answer as it comes. */
async function check() {
  if (running) return;
  running = true;
  const rows = [...at("check").querySelector("tbody").rows];
  at("outcome").textContent = "Checking…";
  const answers = await Promise.all([MOVERS, STATUS].map(({ path }, i) => checked(path, rows[i].cells)));
  at("outcome").textContent = health.outcome(answers);
  running = false;
}

async function checked(path, [, ...cells]) {
  for (const cell of cells) cell.textContent = "…";
  const answers = await Promise.all(
    [`${path}.json`, path].map(async (address, i) => {
      const answer = await health.ask(window, address);
      cells[i].textContent = health.said(answer);
      return answer;
    }),
  );
  cells[2].textContent = health.compared(...answers);
  return answers;
}

at("retry").onclick = () => {
  check();
  dispatchEvent(new Event("online")); // reads again
};

check();
keepFresh(MOVERS, show, { always: true });
