/** Lookups for one session or ticker. No DOM. */

import { isBar, isList } from "./market.js";

export const ticker = (symbol) => ({
  name: "ticker",
  path: `/tickers/${encodeURIComponent(symbol)}`,
  fits: (body) => body?.Ticker === symbol && isList(body.Sessions, isBar),
});

/** A calendar date, unlike February 30. */
export const isDate = (text) =>
  /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text)) && new Date(text).toISOString().startsWith(text);

/** The nearest dates before and after one that may not be among them. `dates` are newest first. */
export const neighbours = (dates, date) => ({
  previous: dates.find((other) => other < date),
  next: [...dates].reverse().find((other) => other > date),
});

/** `20`, or `1/10` where ten shares became one. */
export function ratioOf(text) {
  const [after, before = 1] = text.split("/").map(Number);
  return after / before;
}

/** Sessions, newest first, in today's shares; `Split` is the ratio of one that took effect with a session. */
export function adjusted(sessions, splits) {
  const ratios = Object.fromEntries((splits ?? []).map(({ Date, Ratio }) => [Date, Ratio]));
  let basis = 1;
  return sessions.map((session) => {
    const [Open, High, Low, Close] = [session.Open, session.High, session.Low, session.Close].map(
      (price) => price / basis,
    );
    const same = { ...session, Open, High, Low, Close, Volume: session.Volume * basis, Split: ratios[session.Date] };
    basis *= same.Split ? ratioOf(same.Split) : 1;
    return same;
  });
}

/** Each volume as a multiple of the mean of `count` sessions before it; null where there are fewer. */
export const relative = (sessions, count) =>
  sessions.map(({ Volume }, i) => {
    const before = sessions.slice(i + 1, i + 1 + count);
    const mean = before.reduce((sum, each) => sum + each.Volume, 0) / count;
    return before.length === count && mean > 0 ? Volume / mean : null;
  });

/** The ticker that a reader means who may write it small. */
export function meant(asked, watchlist) {
  if (watchlist.includes(asked)) return asked;
  const large = asked.toUpperCase();
  return watchlist.find((symbol) => symbol.toUpperCase() === large) ?? large;
}

/** The sizes of `ranges` that show something more than the size before. */
export const offered = (ranges, count) => {
  const sizes = Object.values(ranges);
  return Object.keys(ranges).filter((_, i) => count > (sizes[i - 1] ?? 0));
};
