/** How the pages write numbers and sentences: as `ingest/daily/words.py`. US English. No DOM. */

import { dated, format, fullDay, monthDay } from "./dates.js";

export * from "./dates.js";

const SYMBOLS = { USD: "$", INR: "₹" };
const ARROWS = { up: "▲", down: "▼", flat: "■" };

/** Numbers are given as text, which is rounded exactly. */
const digits = (value, least, most, options) =>
  format("NumberFormat", { minimumFractionDigits: least, maximumFractionDigits: most, ...options }).format(
    plain(value),
  );

/** Without an exponent, which tiny numbers have. */
const plain = (value) => (Math.abs(value) < 1e-6 ? value.toFixed(6) : String(value));

export const direction = (change) => (change > 0 ? "up" : change < 0 ? "down" : "flat");

/** With a real minus sign: screen readers skip a hyphen. */
export const percent = (change) => `${digits(change, 2, 2, { signDisplay: "exceptZero" }).replace("-", "−")}%`;

/** A near tie must not look like a tie. */
export function points(lead) {
  const usual = digits(lead, 2, 2);
  return `${usual === "0.00" ? digits(lead, 0, 6) : usual} pts`;
}

export function price(amount, currency) {
  const places = amount >= 1 ? 2 : 4;
  return `${SYMBOLS[currency] ?? currency}${digits(amount, places, places)}`;
}

export const volume = (shares) => digits(shares, 0, 1, { notation: "compact" });
export const number = (value) => digits(value, 0, 0);

/** A part of a whole: `36%`. */
export const share = (part, whole) => (part && part / whole < 0.005 ? "<1%" : `${number((100 * part) / whole)}%`);

export const times = (ratio) => `${digits(ratio, 1, 1)}×`;

/** `20` is a `20:1 split`, `1/10` a `1:10 reverse split`. */
export function split(ratio) {
  const [after, before = 1] = ratio.split("/").map(Number);
  return `${after}:${before} ${after < before ? "reverse split" : "split"}`;
}

/** `1 win`, `2 wins`. */
export const count = (many, one, others = `${one}s`) => `${number(many)} ${many === 1 ? one : others}`;

export const yearDay = dated({ year: "numeric" });
export const month = (date, year) => (year ? monthYear : monthOnly)(date);
const monthOnly = dated({ day: undefined });
const monthYear = dated({ day: undefined, year: "numeric" });
export const initial = dated({ weekday: "narrow", month: undefined, day: undefined });

/** From a day to another: `Jun 5, 2025 – May 29, 2026`, `Sep 11–18, 2026`. Without `year`, one that both share is left out. */
export function span(from, to, { year = true } = {}) {
  const [first, last] = [from, to].map((date) => date.slice(0, 4));
  if (first !== last) return `${yearDay(from)} – ${yearDay(to)}`;
  const end = from.slice(0, 7) === to.slice(0, 7) ? `–${Number(to.slice(8))}` : ` – ${monthDay(to)}`;
  return `${monthDay(from)}${from === to ? "" : end}${year ? `, ${last}` : ""}`;
}

/** The answer in a word: `AMZN ▼ 3.56%`. */
export const headline = ({ Ticker, PercentChange: change }) =>
  `${Ticker} ${ARROWS[direction(change)]} ${percent(Math.abs(change)).replace("+", "")}`;

/** What is worth a word about a session's winner: `[class, text]`. */
export function facts(session) {
  const [{ Volume }] = session.Bars;
  const said = (session.Facts ?? []).map((fact) => [
    fact.Kind === "Biggest" ? "best" : "",
    SAID[fact.Kind]?.(fact, session),
  ]);
  if (session.Margin) said.push(["", `${points(session.Margin)} ahead of ${session.RunnerUp}`]);
  if (Volume) said.push(["", `Volume ${volume(Volume)}`]);
  return said.filter(([, text]) => text);
}

const SAID = {
  Unmoved: () => "Nothing moved",
  Tie: ({ Tickers }, { Ticker }) => `Tied with ${listed(Tickers)}; ${Ticker} is listed first`,
  Biggest: ({ Sessions }) => (Sessions > 250 ? "Biggest in a year" : `Biggest of ${Sessions} sessions`),
  Streak: ({ Wins }) => `${Wins} wins in a row`,
  FirstWinSince: ({ Date }) => `First win since ${fullDay(Date)}`,
  CloseRace: () => "Close race",
  LeftOut: ({ Tickers }) => `${listed(Tickers)} left out`,
};

/** `AAPL, MSFT and NVDA`; of many, the first and how many more. */
export function listed(tickers) {
  if (tickers.length > 4) return `${tickers.slice(0, 3).join(", ")} and ${tickers.length - 3} more`;
  return [tickers.slice(0, -1).join(", "), tickers.at(-1)].filter(Boolean).join(" and ");
}
