/** The status: how fresh the data is, what is missing, and whether both sources respond. */

import { element } from "./chart.js";
import { ask, clock, compared, said, sessions, verdict } from "./health.js";
import { MOVERS, moment, STATUS, shortDay } from "./market.js";
import { at, keepFresh, locale, place, row, toDay, toTicker, trading } from "./page.js";

function show(view) {
  const [title, text] = at(verdict(view, new Date())).children;
  at("verdict").textContent = title.textContent;
  at("story").textContent = text.textContent;
  if (view.status) showStatus(view.status);
}

function showStatus(status) {
  const { AsOf, NextSession, StaleAfter, Source, Watchlist, Formula } = status;
  if (AsOf) at("newest").replaceChildren(toDay(AsOf, trading(AsOf)));
  if (NextSession) at("next").replaceChildren(trading(NextSession));
  if (StaleAfter) at("due").textContent = moment(StaleAfter, place);
  if (Source) at("provider").textContent = `${Source.Provider}, ${Source.Kind}`;
  at("clock").textContent = Source?.ClockOffsetSeconds ? clock(Source.ClockOffsetSeconds, locale) : "real time";
  at("formula").textContent = Formula.replace("-", "−").replace("*", "×");
  at("watchlist").replaceChildren(...Watchlist.map((ticker) => element("li", {}, toTicker(ticker))));
  showSessions(sessions(status));
}

function showSessions(rows) {
  const cells = ({ date, stored }) => [toDay(date, trading(date, shortDay)), stored ? "✓ stored" : "✗ missing"];
  at("sessions").tBodies[0].replaceChildren(...rows.map((each) => row(cells(each))));
  const missing = rows.filter(({ stored }) => !stored).length;
  at("stored").textContent = `${rows.length - missing} of ${rows.length} stored`;
}

async function check() {
  at("outcome").textContent = "Asking…";
  const rows = await Promise.all([MOVERS, STATUS].map(checked));
  at("check").tBodies[0].replaceChildren(...rows.map(({ cells }) => row(cells)));
  at("outcome").textContent = outcome(rows.map(({ verdict }) => verdict));
}

async function checked({ path }) {
  const answers = await Promise.all([ask(window, `${path}.json`), ask(window, path)]);
  const verdict = compared(...answers);
  return { verdict, cells: [path, ...answers.map(said), verdict] };
}

function outcome(verdicts) {
  if (verdicts.includes("not compared")) return "Not every way answers.";
  if (verdicts.includes("different bytes"))
    return "The answers differ, as they may for some minutes after a new session.";
  return "Both ways answer, and say the same.";
}

at("again").onclick = check;
check();
keepFresh(MOVERS, show, { always: true });
