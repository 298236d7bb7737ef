/** Computes a calendar's layout, size groups and win counts from winners. No DOM. */

const DAY = 86_400_000; // milliseconds
const [NARROWEST, WIDEST] = [24, 32]; // a cell in pixels; a finger needs the former
const MARGIN = { left: 18, top: 20 };
const WORD = 72; // pixels for a month and its year

// Days since a Monday, January 5, 1970.
const count = (date) => Date.parse(date) / DAY - 4;
const dated = (days) => new Date((days + 4) * DAY).toISOString().slice(0, 10);
const weekday = (date) => count(date) % 7;
const week = (date) => Math.floor(count(date) / 7);
const month = (date) => date.slice(0, 7);

/**
 * The positions of days, oldest first: a week is a column from Monday to Friday, with as many weeks in a row as fit.
 * `at(date)` is a cell's corner; `gaps` are weekdays between without a date; `initials` label rows, `months` columns.
 */
export function layout(dates, width) {
  const [first, last, stored] = [dates[0], dates.at(-1), new Set(dates)];
  const weeks = week(last) - week(first) + 1;
  const most = Math.max(1, Math.floor((width - MARGIN.left) / NARROWEST));
  const bands = Math.ceil(weeks / most);
  const columns = Math.ceil(weeks / bands);
  const size = Math.min(WIDEST, Math.max(4, (width - MARGIN.left) / columns));
  const band = MARGIN.top + 5 * size;
  const at = (date) => {
    const i = week(date) - week(first);
    const top = Math.floor(i / columns) * band + MARGIN.top;
    return { date, x: MARGIN.left + (i % columns) * size, y: top + weekday(date) * size };
  };
  const all = Array.from({ length: weeks * 7 }, (_, i) => dated(week(first) * 7 + i)).map(at);
  const days = all.filter(({ date }) => weekday(date) < 5);
  return {
    size,
    height: bands * band,
    at,
    gaps: days.filter(({ date }) => date > first && date < last && !stored.has(date)),
    initials: days.filter(({ x }) => x === MARGIN.left),
    months: months(days, width),
  };
}

/** The weeks that start a month or a row of weeks, if there is room. A row's first label and January get the year. */
function months(days, width) {
  const tops = days.filter(({ date }) => !weekday(date));
  const fridays = days.filter(({ date }) => weekday(date) === 4);
  const weeks = tops.map(({ x, y }, i) => ({ x, y, date: fridays[i].date }));
  const isFirst = ({ y }, i, row) => row[i - 1]?.y !== y;
  const begins = (each, i) => isFirst(each, i, weeks) || month(each.date) !== month(weeks[i - 1].date);
  const fits = ({ x, y }, i, row) => x + WORD <= width && (row[i + 1]?.y !== y || row[i + 1].x >= x + WORD);
  const withYear = (each, i, row) => isFirst(each, i, row) || month(each.date).endsWith("-01");
  return weeks
    .filter(begins)
    .filter(fits)
    .map((each, i, row) => ({ ...each, year: withYear(each, i, row) }));
}

/** The index of the date some weeks away; if that day has none, of the next one beyond. */
export function weeksAway(dates, i, weeks) {
  const wanted = dated(count(dates[i]) + 7 * weeks);
  if (weeks < 0) return dates.findLastIndex((date) => date <= wanted);
  const found = dates.findIndex((date) => date >= wanted);
  return found < 0 ? dates.length - 1 : found;
}

/** Three sizes that split moves, up or down, into four groups of about equal count. */
export function quartiles(moves) {
  const sizes = moves.map(Math.abs).toSorted((a, b) => a - b);
  return [1, 2, 3].map((quarter) => sizes[Math.floor((sizes.length * quarter) / 4)]);
}

/** A move's group; 0 has the smallest. */
export const step = (move, parts) => parts.filter((part) => Math.abs(move) >= part).length;

/** The largest move, up or down; the first of equal ones. */
export const biggest = (movers) =>
  movers.reduce((a, b) => (Math.abs(b.PercentChange) > Math.abs(a.PercentChange) ? b : a));
export const rose = (movers) => movers.filter(({ PercentChange }) => PercentChange > 0).length;
export const fell = (movers) => movers.filter(({ PercentChange }) => PercentChange < 0).length;

/** Wins by ticker, from winners listed newest first. */
export const wins = (movers) =>
  [...Map.groupBy(movers, ({ Ticker }) => Ticker)].map(([Ticker, won]) => {
    const best = biggest(won);
    const counts = { Wins: won.length, Up: rose(won), Down: fell(won) };
    return { Ticker, ...counts, best, Biggest: Math.abs(best.PercentChange), Last: won[0].Date };
  });
