/** What the history shows, computed from the winners, which are newest first. No DOM. */

import { isList } from "./market.js";

const DAY = 86_400_000; // milliseconds
const [NARROWEST, WIDEST] = [24, 32]; // a calendar's cell in pixels; a finger needs the former
const MARGIN = { left: 18, top: 20 };
const WORD = 72; // pixels for a month and its year
const LANES = 12;

/** What can be chosen, in months. */
export const RANGES = new Map([
  ["1m", 1],
  ["3m", 3],
  ["1y", 12],
]);

/** The winners by previous close, of the sessions for which they are known. */
export const BY_PREVIOUS_CLOSE = {
  name: "by-previous-close",
  path: "/by-previous-close",
  fits: (body) =>
    isList(body, ({ Ticker, PercentChange }) => typeof Ticker === "string" && Number.isFinite(PercentChange)),
};

// Days since a Monday, January 5, 1970.
const count = (date) => Date.parse(date) / DAY - 4;
const dated = (days) => new Date((days + 4) * DAY).toISOString().slice(0, 10);
const weekday = (date) => count(date) % 7;
const week = (date) => Math.floor(count(date) / 7);
const month = (date) => date.slice(0, 7);
const isJanuary = (date) => date.slice(5, 7) === "01";

/** The winners of the latest months, counted back from the newest; all, if no number is given. */
export function within(movers, months) {
  if (!months || !movers.length) return movers;
  const [year, last, day] = movers[0].Date.split("-").map(Number);
  const longest = new Date(Date.UTC(year, last - months, 0)).getUTCDate();
  const since = new Date(Date.UTC(year, last - 1 - months, Math.min(day, longest))).toISOString();
  return movers.filter((each) => each.Date > since.slice(0, 10));
}

const size = ({ PercentChange }) => Math.abs(PercentChange);

/** The largest move, up or down; the first of equal ones. */
export const biggest = (movers) => movers.reduce((a, b) => (size(b) > size(a) ? b : a));

/** Wins by ticker, most first; of equally many, the latest winner first. */
export function wins(movers) {
  const by = new Map();
  for (const each of movers) {
    if (!by.has(each.Ticker)) by.set(each.Ticker, []);
    by.get(each.Ticker).push(each);
  }
  const rows = [...by].map(([Ticker, won]) => {
    const best = biggest(won);
    const Up = won.filter(({ PercentChange }) => PercentChange > 0).length;
    const Down = won.filter(({ PercentChange }) => PercentChange < 0).length;
    return { Ticker, Wins: won.length, Up, Down, best, Biggest: size(best), Last: won[0].Date };
  });
  return rows.sort((a, b) => b.Wins - a.Wins);
}

/** The most wins in a row by one ticker; the latest of equally long ones. A missing session ends a streak. */
export function streak(movers, missing = []) {
  let [longest, run] = [[], []];
  for (const each of movers) {
    const after = run.at(-1);
    const goesOn = after?.Ticker === each.Ticker && !missing.some((date) => each.Date < date && date < after.Date);
    run = goesOn ? [...run, each] : [each];
    if (run.length > longest.length) longest = run;
  }
  return longest;
}

/** In how many sessions the winner is the one by previous close too, and of how many that is known. */
export function agreement(movers, others) {
  const known = movers.filter((each) => others.has(each.Date));
  return { same: known.filter((each) => others.get(each.Date).Ticker === each.Ticker).length, known: known.length };
}

/** The lanes: the tickers with most wins, and one of all others. */
export function lanesOf(won) {
  const first = won.length > LANES + 1 ? won.slice(0, LANES) : won;
  const others = won.slice(first.length);
  const lanes = first.map(({ Ticker, Wins }) => ({ name: Ticker, tickers: [Ticker], wins: Wins }));
  if (!others.length) return lanes;
  const tickers = others.map(({ Ticker }) => Ticker);
  return [...lanes, { name: "others", tickers, wins: others.reduce((sum, { Wins }) => sum + Wins, 0) }];
}

/** Every weekday from the oldest winner on, oldest first: `{date, kind}`; `session`, `missing`, or `closed`. */
export function days(movers, missing) {
  const known = new Map([...missing.map((date) => [date, "missing"]), ...movers.map((each) => [each.Date, "session"])]);
  const first = movers.at(-1).Date;
  const last = [...known.keys()].reduce((a, b) => (a > b ? a : b));
  const all = Array.from({ length: count(last) - count(first) + 1 }, (_, i) => dated(count(first) + i));
  const kind = (date) => known.get(date) ?? (weekday(date) < 5 ? "closed" : "");
  return all.map((date) => ({ date, kind: kind(date) })).filter((day) => day.kind);
}

/**
 * The months that begin among dates drawn `step` pixels apart: `{i, date, line, named, year}`. As many are named as fit:
 * each, or those that begin a quarter, half a year or a year. The first date is named if there is room.
 */
export function monthsOf(dates, step) {
  const apart = 21.7 * step; // weekdays of a month
  const every = [1, 3, 6].find((months) => months * apart >= WORD - 14) ?? 12;
  const room = (i) => (dates.length - i) * step;
  const begins = dates
    .map((date, i) => ({ i, date, line: apart >= 12 || isJanuary(date), year: isJanuary(date) }))
    .filter(({ i, date }) => i && month(date) !== month(dates[i - 1]));
  const found = begins.map((each) => {
    const fits = (Number(each.date.slice(5, 7)) - 1) % every === 0 && room(each.i) >= (each.year ? WORD : WORD / 2);
    return { ...each, named: fits };
  });
  const next = found.find(({ named }) => named)?.i ?? dates.length;
  return [{ i: 0, date: dates[0], line: false, named: next * step >= WORD, year: true }, ...found];
}

/**
 * A calendar's cells, days being oldest first: a week is a column from Monday to Friday, with as many weeks in a row as
 * fit. `at(date)` is a cell's corner; `initials` label rows, `months` columns. There are weekends if one has a session.
 */
export function layout(dates, width) {
  const [first, last] = [dates[0], dates.at(-1)];
  const long = dates.some((date) => weekday(date) > 4) ? 7 : 5;
  const weeks = week(last) - week(first) + 1;
  const most = Math.max(1, Math.floor((width - MARGIN.left) / NARROWEST));
  const bands = Math.ceil(weeks / most);
  const columns = Math.ceil(weeks / bands);
  const side = Math.min(WIDEST, Math.max(4, (width - MARGIN.left) / columns));
  const band = MARGIN.top + long * side;
  const at = (date) => {
    const i = week(date) - week(first);
    const top = Math.floor(i / columns) * band + MARGIN.top;
    return { date, x: MARGIN.left + (i % columns) * side, y: top + weekday(date) * side };
  };
  const all = Array.from({ length: weeks * 7 }, (_, i) => dated(week(first) * 7 + i)).map(at);
  const initials = all.filter(({ date, x }) => weekday(date) < long && x === MARGIN.left);
  return { size: side, height: bands * band, at, initials, months: columnsOf(all, width) };
}

/** The weeks that start a month or a row of weeks, if there is room. A row's first label and January get the year. */
function columnsOf(days, width) {
  const tops = days.filter(({ date }) => !weekday(date));
  const fridays = days.filter(({ date }) => weekday(date) === 4);
  const weeks = tops.map(({ x, y }, i) => ({ x, y, date: fridays[i].date }));
  const isFirst = ({ y }, i, row) => row[i - 1]?.y !== y;
  const begins = (each, i) => isFirst(each, i, weeks) || month(each.date) !== month(weeks[i - 1].date);
  const fits = ({ x, y }, i, row) => x + WORD <= width && (row[i + 1]?.y !== y || row[i + 1].x >= x + WORD);
  const withYear = (each, i, row) => isFirst(each, i, row) || isJanuary(each.date);
  return weeks
    .filter(begins)
    .filter(fits)
    .map((each, i, row) => ({ ...each, year: withYear(each, i, row) }));
}

/** The index of the date some weeks away; if that day has none, of the next one beyond (-1 if there is none). */
export function weeksAway(dates, i, weeks) {
  const wanted = dated(count(dates[i]) + 7 * weeks);
  if (weeks < 0) return dates.filter((date) => date <= wanted).length - 1;
  return Math.min(dates.length - 1, dates.filter((date) => date < wanted).length);
}
