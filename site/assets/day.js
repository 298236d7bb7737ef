/** The page of one session. */

import { bars, candle, element } from "./chart.js";
import * as market from "./market.js";
import * as page from "./page.js";
import { absence, figures, isDate, neighbours, whole, words } from "./sessions.js";

const { direction, percent } = market;
const { at, locale, place } = page;
const asked = new URLSearchParams(location.search).get("date");
const narrow = matchMedia("(max-width: 40rem)");
const story = at("story").textContent;

function say(...content) {
  at("story").replaceChildren(...content);
  for (const part of document.querySelectorAll(".found")) part.hidden = true;
}

/** `dates` are the stored sessions, newest first. */
function showDate(date, dates, { body, origin, status }) {
  document.title = `${market.day(date, locale)} · Daily mover`;
  at("session").replaceChildren(page.trading(date));
  const { previous, next } = neighbours(dates, date);
  at("turn").replaceChildren(...turn("prev", "Previous session", previous), ...turn("next", "Next session", next));
  if (body) showSession(body);
  else if (origin === "missing") say(...absent(date, dates, status));
  else at("story").textContent = "This session could not be read. Try again in a minute.";
}

function turn(rel, name, date) {
  if (!date) return [];
  const label = `${name}, ${market.day(date, locale)}`;
  return [element("a", { rel, href: page.toDay(date).href, "aria-label": label }, page.trading(date))];
}

function absent(date, dates, status) {
  const today = status && market.marketDate(status, new Date());
  const { previous, next } = neighbours(dates, date);
  const near = [previous, next].filter(Boolean).map((other) => page.toDay(other, page.trading(other)));
  return [
    `No session is stored for ${market.day(date, locale)}. ${absence(date, dates, status, today, locale)}`,
    ...near.flatMap((other, i) => [i ? " and " : " See ", other]),
    near.length ? "." : "",
  ];
}

async function showSession(session) {
  for (const part of document.querySelectorAll(".found")) part.hidden = false;
  at("story").textContent = story;
  const { Bars, Revision, Excused = {} } = session;
  page.showWinner(session);
  page.showSecond(session);
  at("revision").textContent = Revision > 1 ? `${Revision}, corrected since it was first recorded` : "1";
  const draw = () => showBars(Bars.slice(0, narrow.matches ? 5 : 12));
  narrow.onchange = draw;
  draw();
  await page.pause();
  showRows(Bars.map((bar, i) => ({ Rank: i + 1, ...bar })));
  const excused = Object.entries(Excused).map(([ticker, reason]) =>
    element("li", {}, page.toTicker(ticker), `: ${reason}`),
  );
  at("excused").replaceChildren(...excused);
  at("excused").parentElement.hidden = !excused.length;
}

function showBars(some) {
  const rows = some.map((bar, i) => ({
    href: page.toTicker(bar.Ticker).href,
    text: `${bar.Ticker}: ${words(bar, place)}`,
    kind: direction(bar.PercentChange),
    value: bar.PercentChange,
    shown: percent(bar.PercentChange, locale),
    name: bar.Ticker,
    label: i + 1,
  }));
  bars(at("chart"), "The biggest moves", rows);
}

function showRows(ranked) {
  const over = ({ Open }, amount) => (amount / Open - 1) * 100;
  const reach = Math.max(...ranked.map((bar) => Math.max(over(bar, bar.High), -over(bar, bar.Low))));
  const cells = (bar) => [
    whole(bar.Rank, locale),
    page.toTicker(bar.Ticker),
    page.chip(bar.PercentChange),
    ...figures(bar, place),
    candle(direction(bar.PercentChange), over(bar, bar.Low), over(bar, bar.High), bar.PercentChange, reach),
  ];
  const table = at("bars");
  page.sortable(table, ranked, cells);
  const more = at("more");
  const first = table.dataset.rows ?? Infinity;
  more.hidden = ranked.length <= first;
  more.textContent = `Show all ${whole(ranked.length, locale)} tickers`;
  more.onclick = () => {
    delete table.dataset.rows;
    page.sortable(table, ranked, cells);
    more.hidden = true;
    table.tBodies[0].rows[first].querySelector("a").focus();
  };
}

const datesOf = (winners) => (winners ?? []).map(({ Date }) => Date);

async function showNewest({ body: winners, origin, status }) {
  const date = winners?.[0]?.Date;
  if (!date) return winners && say("No session is stored yet.");
  const body = await market.also(window, market.session(date));
  showDate(date, datesOf(winners), { body, origin, status });
}

async function showAsked(view) {
  showDate(asked, datesOf(await market.also(window, market.HISTORY)), view);
}

function refuse() {
  const text = `“${asked.slice(0, 40)}” is no date. A date is written like 2026-11-20. `;
  say(text, page.link("/day.html", "Show the newest session"));
  page.keepFresh(market.MOVERS, () => {}); // for the banner
}

if (!asked) page.keepFresh(market.MOVERS, showNewest);
else if (isDate(asked)) page.keepFresh(market.session(asked), showAsked);
else refuse();
