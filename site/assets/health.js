/** How well the site does: a verdict on freshness, and whether both ways to a resource answer. No DOM. */

import { freshness } from "./market.js";

const PATIENCE = 10_000; // milliseconds

/** The state that matters most: `nowhere`, `incomplete`, or what `freshness` says. */
export function verdict({ origin, behind, status }, now) {
  if (origin === "nowhere") return "nowhere";
  const state = freshness(status, now);
  const closed = ["weekend", "holiday", "current"].includes(state);
  return closed && (behind || status.Missing.length) ? "incomplete" : state;
}

/** What should be on record, newest first: the latest sessions, and older ones that are missing. */
export function sessions({ Expected, Missing }) {
  const dates = [...new Set([...Expected, ...Missing])].sort().reverse();
  return dates.map((date) => ({ date, stored: !Missing.includes(date) }));
}

/** How far the clock of the data is from the real one. */
export function clock(seconds, locale) {
  const [unit, size] = Object.entries({ day: 86_400, hour: 3600, minute: 60, second: 1 }).find(
    ([, size]) => Math.abs(seconds) >= size,
  ) ?? ["second", 1];
  const format = new Intl.NumberFormat(locale, {
    style: "unit",
    unit,
    unitDisplay: "long",
    maximumFractionDigits: 0,
  });
  return `${format.format(Math.abs(seconds) / size)} ${seconds < 0 ? "behind" : "ahead of"} real time`;
}

/** Reads a resource as it lies on the server now. */
export async function ask(browser, path) {
  const start = browser.performance.now();
  const since = () => Math.round(browser.performance.now() - start);
  try {
    const answer = await browser.fetch(path, { cache: "no-cache", signal: AbortSignal.timeout(PATIENCE) });
    const text = await answer.text();
    return { ok: answer.ok, code: answer.status, text, milliseconds: since() };
  } catch {
    return { ok: false, milliseconds: since() };
  }
}

export const said = ({ ok, code, milliseconds }) =>
  ok ? `${milliseconds} ms` : `${code ? `failed (${code})` : "no answer"}, ${milliseconds} ms`;

/** What two answers for one resource are to each other. */
export function compared(snapshot, api) {
  if (!snapshot.ok || !api.ok) return "not compared";
  return snapshot.text === api.text ? "same bytes" : "different bytes";
}
