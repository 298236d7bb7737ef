/** What a long list of winners adds up to: weeks of a calendar, steps of size, wins. No DOM. */

const DAY = 86_400_000; // milliseconds
const [NARROWEST, WIDEST] = [24, 32]; // pixels of a cell; a finger needs the former
const MARGIN = { left: 18, top: 20 };
const WORD = 72; // pixels that a month with its year takes

// Days since a Monday, January 5, 1970.
const count = (date) => Date.parse(date) / DAY - 4;
const dated = (days) => new Date((days + 4) * DAY).toISOString().slice(0, 10);
const weekday = (date) => count(date) % 7;
const week = (date) => Math.floor(count(date) / 7);
const month = (date) => date.slice(0, 7);

/**
 * Where days stand, oldest first: a week is a column from Monday to Friday, and as many weeks stand side by side as fit.
 * `at(date)` is a cell's corner, `gaps` are the days between that have none, `initials` stand before the rows, `months`
 * above the columns.
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

/** The weeks that begin a month or a band, as far as there is room; the year stands at a band's first and in January. */
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

/** The place of the date some weeks away from another; where that day has none, of the next beyond. */
export function weeksAway(dates, i, weeks) {
  const wanted = dated(count(dates[i]) + 7 * weeks);
  if (weeks < 0) return dates.findLastIndex((date) => date <= wanted);
  const found = dates.findIndex((date) => date >= wanted);
  return found < 0 ? dates.length - 1 : found;
}

/** The three sizes that part moves, up or down, into four groups of about equal number. */
export function quartiles(moves) {
  const sizes = moves.map(Math.abs).toSorted((a, b) => a - b);
  return [1, 2, 3].map((quarter) => sizes[Math.floor((sizes.length * quarter) / 4)]);
}

/** The group of a move, from 0 for the smallest. */
export const step = (move, parts) => parts.filter((part) => Math.abs(move) >= part).length;

/** The largest move, up or down; of equal ones the first. */
export const biggest = (movers) =>
  movers.reduce((a, b) => (Math.abs(b.PercentChange) > Math.abs(a.PercentChange) ? b : a));
export const rose = (movers) => movers.filter(({ PercentChange }) => PercentChange > 0).length;
export const fell = (movers) => movers.filter(({ PercentChange }) => PercentChange < 0).length;

/** What each ticker has won, from winners that stand newest first. */
export const wins = (movers) =>
  [...Map.groupBy(movers, ({ Ticker }) => Ticker)].map(([Ticker, won]) => {
    const best = biggest(won);
    const counts = { Wins: won.length, Up: rose(won), Down: fell(won) };
    return { Ticker, ...counts, best, Biggest: Math.abs(best.PercentChange), Last: won[0].Date };
  });
