/** Lookups and words for one session or ticker. No DOM. */

import { day, intl, isBar, isList, percent, price } from "./market.js";

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
  next: dates.findLast((other) => other > date),
});

/** Why nothing is stored for a date, if known. `dates` are newest first, `today` may be unknown. */
export function absence(date, dates, status, today, locale) {
  if ([0, 6].includes(new Date(date).getUTCDay())) return "It is a weekend.";
  if (status?.Missing.includes(date)) return "It should be there, but is missing.";
  if (date > today) return "It is still to come.";
  if (date > dates[0]) return "It is not recorded yet, or the exchange is closed.";
  if (date < dates.at(-1)) return `The record begins on ${day(dates.at(-1), locale)}.`;
  return "The exchange was closed, or the day was not recorded.";
}

export const whole = (number, locale) => intl("NumberFormat", locale, { maximumFractionDigits: 0 }).format(number);

/** Open, high, low, close, and volume in whole shares. */
export const figures = ({ Open, High, Low, Close, Volume }, place) => [
  ...[Open, High, Low, Close].map((amount) => price(amount, place)),
  whole(Volume, place.locale),
];

export function words(bar, place) {
  const [open, high, low, close] = figures(bar, place);
  return `open ${open}, high ${high}, low ${low}, close ${close}, ${percent(bar.PercentChange, place.locale)}`;
}
